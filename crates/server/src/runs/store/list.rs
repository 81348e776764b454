//! Lists of runs with their filters: built from constants, every shape prepared by a test.

use super::Run;
use super::select;
use crate::ids::OrganizationId;
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
const QUEUE: &str = select!(
    "JOIN workspaces w ON w.id = r.workspace_id JOIN jobs j ON j.run_id = r.id \
     WHERE w.organization_id = $1 AND j.given_up_at IS NULL \
     ORDER BY CASE WHEN j.agent_id IS NULL THEN 1 ELSE 0 END, j.priority, j.created_at, j.id LIMIT $2 OFFSET $3"
);
const IN_QUEUE: &str = "SELECT CAST(COALESCE(SUM(CASE WHEN j.agent_id IS NULL THEN 1 ELSE 0 END), 0) AS BIGINT) AS pending, \
     CAST(COALESCE(SUM(CASE WHEN j.agent_id IS NULL THEN 0 ELSE 1 END), 0) AS BIGINT) AS running \
     FROM jobs j JOIN runs r ON r.id = j.run_id JOIN workspaces w ON w.id = r.workspace_id \
     WHERE w.organization_id = $1 AND j.given_up_at IS NULL";

/// Every statement here that is a constant.
pub const STATEMENTS: &[&str] = &[QUEUE, IN_QUEUE];

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

/// How much there is for agents to do in an organization.
#[derive(Debug, Clone, Copy, sqlx::FromRow)]
pub struct InQueue {
    /// Waits for an agent.
    pub pending: i64,
    /// Is worked on.
    pub running: i64,
}

/// One page of the runs that agents work on or have to work on, in the order of their turns.
pub async fn queue(exec: impl Exec, organization: &OrganizationId, page: Page) -> Result<Vec<Run>, DbError> {
    exec.all(sql(QUEUE).bind(organization).bind(page.limit()).bind(page.offset())).await
}

/// How many they are.
pub async fn in_queue(exec: impl Exec, organization: &OrganizationId) -> Result<InQueue, DbError> {
    exec.one(sql(IN_QUEUE).bind(organization)).await
}
