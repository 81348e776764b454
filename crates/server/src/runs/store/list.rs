//! Lists of runs with their filters: built from constants, every shape prepared by a test.

use super::Run;
use super::select;
use crate::platform::db::{DbError, Exec, Query, Value, sql};
use terrane_jsonapi::Page;

/// Which runs of a workspace.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Also plan-only runs; without an operation filter they are left out (api-contract 4.3).
    pub with_plan_only: bool,
    /// Also the others.
    pub without_normal: bool,
    /// Any of these statuses.
    pub statuses: Vec<String>,
    /// Any of these sources.
    pub sources: Vec<String>,
}

const SELECT: &str = select!("WHERE r.workspace_id = $1");
const COUNT: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM runs r WHERE r.workspace_id = $1";
const NEWEST_FIRST: &str = " ORDER BY r.created_at DESC, r.id DESC LIMIT ";

impl Filter {
    /// The statement and its values.
    fn query(&self, start: &str, workspace: &str) -> (String, Vec<Value>) {
        let mut text = start.to_owned();
        let mut values: Vec<Value> = vec![workspace.into()];
        match (self.with_plan_only, self.without_normal) {
            (true, true) => text.push_str(" AND r.plan_only = TRUE"),
            (false, _) => text.push_str(" AND r.plan_only = FALSE"),
            (true, false) => {}
        }
        for (column, wanted) in [("r.status", &self.statuses), ("r.source", &self.sources)] {
            if wanted.is_empty() {
                continue;
            }
            let places: Vec<String> = wanted
                .iter()
                .map(|value| {
                    values.push(value.into());
                    format!("${}", values.len())
                })
                .collect();
            text.push_str(&format!(" AND {column} IN ({})", places.join(", ")));
        }
        (text, values)
    }
}

fn bind_all(text: String, values: Vec<Value>) -> Query {
    values.into_iter().fold(sql(text), Query::bind)
}

/// One page, newest first: the CLI counts older runs below its own.
pub async fn list(
    exec: impl Exec,
    workspace: &str,
    filter: &Filter,
    page: Page,
) -> Result<Vec<Run>, DbError> {
    let (text, values) = page_query(workspace, filter, page);
    exec.all(bind_all(text, values)).await
}

fn page_query(workspace: &str, filter: &Filter, page: Page) -> (String, Vec<Value>) {
    let (mut text, mut values) = filter.query(SELECT, workspace);
    text.push_str(NEWEST_FIRST);
    text.push_str(&format!("${} OFFSET ${}", values.len() + 1, values.len() + 2));
    values.extend([page.limit().into(), page.offset().into()]);
    (text, values)
}

/// Every statement that a list can become (with no, one and some values), for the test that prepares them on both
/// databases.
pub fn shapes() -> Vec<String> {
    let mut shapes = Vec::new();
    for (with_plan_only, without_normal) in [(false, false), (true, false), (true, true)] {
        for (statuses, sources) in [(0, 0), (1, 0), (3, 0), (0, 1), (0, 2), (2, 2)] {
            let some = |count| vec!["a".to_owned(); count];
            let filter =
                Filter { with_plan_only, without_normal, statuses: some(statuses), sources: some(sources) };
            shapes.push(page_query("", &filter, Page { number: 1, size: 1 }).0);
            shapes.push(filter.query(COUNT, "").0);
        }
    }
    shapes
}

/// How many there are.
pub async fn count(exec: impl Exec, workspace: &str, filter: &Filter) -> Result<u64, DbError> {
    let (text, values) = filter.query(COUNT, workspace);
    let (count,): (i64,) = exec.one(bind_all(text, values)).await?;
    Ok(u64::try_from(count).unwrap_or(0))
}
