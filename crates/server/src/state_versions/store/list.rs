//! Lists of state versions: built from constants, every shape prepared by a test.

use super::{StateVersion, select};
use crate::platform::db::{DbError, Exec, Query, Value, sql};
use crate::state_versions::model::StateVersionStatus;
use terrane_jsonapi::Page;

/// Which state versions of a workspace.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Any of these; all when `None`.
    pub statuses: Option<Vec<StateVersionStatus>>,
}

const SELECT: &str = select!("WHERE s.workspace_id = $1");
const COUNT: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM state_versions s WHERE s.workspace_id = $1";

impl Filter {
    fn query(&self, start: &str, workspace: &str) -> (String, Vec<Value>) {
        let (mut text, mut values): (String, Vec<Value>) = (start.to_owned(), vec![workspace.into()]);
        let Some(statuses) = &self.statuses else { return (text, values) };
        let places: Vec<String> = statuses
            .iter()
            .map(|status| {
                values.push((*status).into());
                format!("${}", values.len())
            })
            .collect();
        text.push_str(&match places.as_slice() {
            [] => " AND s.status IS NULL".to_owned(),
            places => format!(" AND s.status IN ({})", places.join(", ")),
        });
        (text, values)
    }
}

fn bind_all(text: String, values: Vec<Value>) -> Query {
    values.into_iter().fold(sql(text), Query::bind)
}

fn page_query(filter: &Filter, workspace: &str, page: Page) -> (String, Vec<Value>) {
    let (mut text, mut values) = filter.query(SELECT, workspace);
    let (limit, offset) = (values.len() + 1, values.len() + 2);
    text.push_str(&format!(" ORDER BY s.ordinal DESC LIMIT ${limit} OFFSET ${offset}"));
    values.extend([page.limit().into(), page.offset().into()]);
    (text, values)
}

/// One page, newest first.
pub async fn list(
    exec: impl Exec,
    workspace: &str,
    filter: &Filter,
    page: Page,
) -> Result<Vec<StateVersion>, DbError> {
    let (text, values) = page_query(filter, workspace, page);
    exec.all(bind_all(text, values)).await
}

/// How many there are.
pub async fn count(exec: impl Exec, workspace: &str, filter: &Filter) -> Result<u64, DbError> {
    let (text, values) = filter.query(COUNT, workspace);
    let (count,): (i64,) = exec.one(bind_all(text, values)).await?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// Every statement that a list can become, for the test that prepares them on both databases.
pub fn shapes() -> Vec<String> {
    let all = StateVersionStatus::ALL;
    let lists = (0..=all.len()).map(|count| Some(all[..count].to_vec())).chain([None]);
    lists
        .flat_map(|statuses| {
            let filter = Filter { statuses };
            let page = Page { number: 1, size: 1 };
            [page_query(&filter, "", page).0, filter.query(COUNT, "").0]
        })
        .collect()
}
