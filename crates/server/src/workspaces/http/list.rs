//! `GET /organizations/:org/workspaces` (api-contract 8.1).

use super::related;
use crate::app::App;
use crate::platform::access::{Granted, OrganizationScope};
use crate::platform::http::{ApiResult, Listing, searched};
use crate::workspaces::store::{self, Tagged};
use axum::extract::State;
use terrane_jsonapi::Query;

/// Keys of `filter[tagged]` beyond these are not read, nor tags.
const TAGS_MAX: usize = 20;

pub(super) async fn list(
    State(app): State<App>,
    granted: Granted<OrganizationScope>,
    listing: Listing,
) -> ApiResult {
    let (filter, page) = (filter(&listing.query)?, listing.page);
    let organization = granted.organization_id.as_str();
    let mut view = app.db.snapshot().await?;
    let workspaces = store::list(&mut view, organization, &filter, page).await?;
    let total = store::count(&mut view, organization, &filter).await?;
    let (resources, included) = related::with_related(&app, &mut view, &workspaces, &listing.query).await?;
    Ok(listing.answer_with(resources, total, included))
}

fn filter(query: &Query) -> ApiResult<store::Filter> {
    let sort = query.get("sort").unwrap_or_default();
    let names = |name: &str, most: usize| -> Vec<String> {
        query.list(name).into_iter().take(most).map(str::to_owned).collect()
    };
    Ok(store::Filter {
        search: searched(query, "search[name]")?,
        wildcard: searched(query, "search[wildcard-name]")?,
        project: searched(query, "filter[project][id]")?,
        run_statuses: names("filter[current-run][status]", usize::MAX),
        tags: names("search[tags]", TAGS_MAX),
        without_tags: names("search[exclude-tags]", TAGS_MAX),
        tagged: tagged(query),
        tag_union: query.get("filter[tag-union]") == Some("true"),
        order: store::Order::parse(sort.strip_prefix('-').unwrap_or(sort)),
        descending: sort.starts_with('-'),
    })
}

/// `filter[tagged][0][key]`, `filter[tagged][0][value]`, and so on. Without a value any will do, unless
/// `filter[tag-value-default-null]` says that there must be none.
fn tagged(query: &Query) -> Vec<Tagged> {
    let must_be_empty = query.get("filter[tag-value-default-null]") == Some("true");
    let one = |number: usize| {
        let key = query.get(&format!("filter[tagged][{number}][key]"))?.to_owned();
        let value = query.get(&format!("filter[tagged][{number}][value]")).map(str::to_owned);
        Some(Tagged { key, value: value.or_else(|| must_be_empty.then(String::new)) })
    };
    (0..TAGS_MAX).filter_map(one).collect()
}
