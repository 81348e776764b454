//! Lists of projects with their filters.

use super::{Project, select};
use crate::ids::OrganizationId;
use crate::platform::db::pattern::containing;
use crate::platform::db::{DbError, Exec, Query, Value, sql};
use terrane_jsonapi::Page;

/// Which projects of an organization, and in which order.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Names that hold this text, whatever its case.
    pub search: Option<String>,
    /// Exactly these names; none names all.
    pub names: Vec<String>,
    /// By name the other way round.
    pub descending: bool,
}

const SELECT: &str = select!("WHERE p.organization_id = $1");
const BY_IDS: &str = select!("WHERE p.id IN");
const COUNT: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM projects p WHERE p.organization_id = $1";

impl Filter {
    fn query(&self, start: &str, organization: &str) -> (String, Vec<Value>) {
        let mut text = start.to_owned();
        let mut values: Vec<Value> = vec![organization.into()];
        if let Some(search) = &self.search {
            values.push(containing(search).into());
            text.push_str(&format!(" AND lower(p.name) LIKE ${} ESCAPE '\\'", values.len()));
        }
        if !self.names.is_empty() {
            let first = values.len() + 1;
            values.extend(self.names.iter().map(Value::from));
            let places: Vec<String> = (first..=values.len()).map(|place| format!("${place}")).collect();
            text.push_str(&format!(" AND p.name IN ({})", places.join(", ")));
        }
        (text, values)
    }

    fn page_query(&self, organization: &str, page: Page) -> (String, Vec<Value>) {
        let (mut text, mut values) = self.query(SELECT, organization);
        let order = if self.descending { "DESC" } else { "ASC" };
        let (limit, offset) = (values.len() + 1, values.len() + 2);
        text.push_str(&format!(" ORDER BY p.name {order} LIMIT ${limit} OFFSET ${offset}"));
        values.extend([page.limit().into(), page.offset().into()]);
        (text, values)
    }
}

fn bind_all((text, values): (String, Vec<Value>)) -> Query {
    values.into_iter().fold(sql(text), Query::bind)
}

/// One page, by name.
pub async fn list(
    exec: impl Exec,
    organization: &OrganizationId,
    filter: &Filter,
    page: Page,
) -> Result<Vec<Project>, DbError> {
    exec.all(bind_all(filter.page_query(organization.as_str(), page))).await
}

fn by_ids_query(ids: &[String]) -> (String, Vec<Value>) {
    let places: Vec<String> = (1..=ids.len()).map(|place| format!("${place}")).collect();
    let text = format!("{BY_IDS} ({}) ORDER BY p.created_at, p.id", places.join(", "));
    (text, ids.iter().map(Value::from).collect())
}

/// Those with these ids, oldest first. One query.
pub async fn by_ids(exec: impl Exec, ids: &[String]) -> Result<Vec<Project>, DbError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    exec.all(bind_all(by_ids_query(ids))).await
}

/// How many there are.
pub async fn count(exec: impl Exec, organization: &OrganizationId, filter: &Filter) -> Result<u64, DbError> {
    let (count,): (i64,) = exec.one(bind_all(filter.query(COUNT, organization.as_str()))).await?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// Every statement that a list can become, for the test that prepares them on both databases.
pub fn shapes() -> Vec<String> {
    let mut shapes = [1, 2].map(|count| by_ids_query(&vec!["a".to_owned(); count]).0).to_vec();
    for search in [None, Some("a".to_owned())] {
        for names in [0, 1, 3] {
            for descending in [false, true] {
                let filter =
                    Filter { search: search.clone(), names: vec!["a".to_owned(); names], descending };
                shapes.push(filter.query(COUNT, "").0);
                shapes.push(filter.page_query("", Page { number: 1, size: 1 }).0);
            }
        }
    }
    shapes
}
