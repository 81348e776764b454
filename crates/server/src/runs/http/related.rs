//! What `include` shows beside runs: one query for each kind, however many runs there are.

use crate::app::App;
use crate::ids::UserId;
use crate::platform::db::Tx;
use crate::platform::http::ApiResult;
use crate::runs::store::Run;
use crate::{applies, configuration_versions, ingress_attributes, plans, users, workspaces};
use terrane_jsonapi::{Query, Resource};

/// The related resources that a query asks for, each once, in the order of the runs. Unknown values, and relations that
/// are empty, add nothing.
pub async fn related(app: &App, view: &mut Tx, runs: &[Run], query: &Query) -> ApiResult<Vec<Resource>> {
    let mut included = Vec::new();
    if runs.is_empty() {
        return Ok(included);
    }
    if query.includes("plan") {
        let ids = distinct(runs.iter().map(|run| &run.plan_id));
        let found = plans::store::of_ids(&mut *view, &ids).await?;
        included.extend(in_order(found, &ids, |plan| &plan.id).iter().map(|plan| plans::document(app, plan)));
    }
    if query.includes("apply") {
        let ids = distinct(runs.iter().map(|run| &run.apply_id));
        let found = applies::store::of_ids(&mut *view, &ids).await?;
        let found = in_order(found, &ids, |apply| &apply.id);
        included.extend(found.iter().map(|apply| applies::document(app, apply)));
    }
    if query.includes("workspace") {
        let ids = distinct(runs.iter().map(|run| &run.workspace_id));
        let found = workspaces::store::of_ids(&mut *view, &ids).await?;
        included.extend(in_order(found, &ids, |found| &found.id).iter().map(workspaces::resource));
    }
    if query.includes("configuration_version") || query.includes("configuration_version.ingress_attributes") {
        let ids = distinct(runs.iter().map(|run| &run.configuration_version_id));
        let found = configuration_versions::store::of_ids(&mut *view, &ids).await?;
        let found = in_order(found, &ids, |found| &found.id);
        included.extend(found.iter().map(configuration_versions::resource));
        included.extend(ingress_attributes::included(&mut *view, &found, query).await?);
    }
    if query.includes("created_by") {
        let creators: Vec<UserId> =
            runs.iter().filter_map(|run| run.created_by.clone()).map(Into::into).collect();
        let ids = distinct(creators.iter());
        if !ids.is_empty() {
            let found = users::store::of_ids(&mut *view, &ids).await?;
            included.extend(in_order(found, &ids, |user| &user.id).iter().map(users::public_resource));
        }
    }
    Ok(included)
}

/// Each id once.
fn distinct<'a, I: PartialEq>(all: impl Iterator<Item = &'a I>) -> Vec<&'a I> {
    let mut ids: Vec<&I> = Vec::new();
    for id in all {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids
}

fn in_order<T, I: PartialEq>(mut found: Vec<T>, ids: &[&I], id: impl Fn(&T) -> &I) -> Vec<T> {
    found.sort_by_key(|found| ids.iter().position(|wanted| *wanted == id(found)));
    found
}
