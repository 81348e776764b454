//! Lists of workspaces with their filters.

use super::{Workspace, select};
use crate::platform::db::{DbError, Exec, Query, Value, sql};
use terrane_jsonapi::Page;

/// Which workspaces of an organization, and in which order.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Names that hold this text, whatever its case.
    pub search: Option<String>,
    /// Names that fit this pattern with `*`.
    pub wildcard: Option<String>,
    /// Of this project.
    pub project: Option<String>,
    /// By name instead of by age; `true` for descending.
    pub by_name: Option<bool>,
}

const SELECT: &str = select!("WHERE w.organization_id = $1");
const COUNT: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM workspaces w WHERE w.organization_id = $1";

impl Filter {
    fn query(&self, start: &str, organization: &str) -> (String, Vec<Value>) {
        let mut text = start.to_owned();
        let mut values: Vec<Value> = vec![organization.into()];
        let mut also = |condition: &str, value: String| {
            values.push(value.into());
            text.push_str(&format!(" AND {condition} ${}", values.len()));
            if condition.ends_with("LIKE") {
                text.push_str(" ESCAPE '\\'");
            }
        };
        if let Some(search) = &self.search {
            also("lower(w.name) LIKE", format!("%{}%", escaped(&search.to_lowercase())));
        }
        if let Some(wildcard) = &self.wildcard {
            also("lower(w.name) LIKE", escaped(&wildcard.to_lowercase()).replace('*', "%"));
        }
        if let Some(project) = &self.project {
            also("w.project_id =", project.clone());
        }
        (text, values)
    }
}

/// Text in which `LIKE` finds nothing special.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

fn bind_all(text: String, values: Vec<Value>) -> Query {
    values.into_iter().fold(sql(text), Query::bind)
}

/// One page; as made, unless asked otherwise (api-contract section 20 row 8).
pub async fn list(
    exec: impl Exec,
    organization: &str,
    filter: &Filter,
    page: Page,
) -> Result<Vec<Workspace>, DbError> {
    let (text, values) = page_query(organization, filter, page);
    exec.all(bind_all(text, values)).await
}

fn page_query(organization: &str, filter: &Filter, page: Page) -> (String, Vec<Value>) {
    let (mut text, mut values) = filter.query(SELECT, organization);
    text.push_str(match filter.by_name {
        None => " ORDER BY w.created_at, w.id",
        Some(false) => " ORDER BY w.name",
        Some(true) => " ORDER BY w.name DESC",
    });
    text.push_str(&format!(" LIMIT ${} OFFSET ${}", values.len() + 1, values.len() + 2));
    values.extend([page.limit().into(), page.offset().into()]);
    (text, values)
}

/// Every statement that a list can become, for the test that prepares them on both databases.
pub fn shapes() -> Vec<String> {
    let some = |bit: u8| (bit == 1).then(|| "a".to_owned());
    let mut shapes = Vec::new();
    for bits in 0..8 {
        for by_name in [None, Some(false), Some(true)] {
            let (search, wildcard, project) = (some(bits & 1), some(bits >> 1 & 1), some(bits >> 2));
            let filter = Filter { search, wildcard, project, by_name };
            shapes.push(page_query("", &filter, Page { number: 1, size: 1 }).0);
            shapes.push(filter.query(COUNT, "").0);
        }
    }
    shapes
}

/// How many there are.
pub async fn count(exec: impl Exec, organization: &str, filter: &Filter) -> Result<u64, DbError> {
    let (text, values) = filter.query(COUNT, organization);
    let (count,): (i64,) = exec.one(bind_all(text, values)).await?;
    Ok(u64::try_from(count).unwrap_or(0))
}
