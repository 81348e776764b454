//! What agents work on and have to work on, in an organization.

use super::{Run, select};
use crate::ids::OrganizationId;
use crate::platform::db::{DbError, Exec, sql};
use terrane_jsonapi::Page;

const QUEUE: &str = select!(
    "JOIN workspaces w ON w.id = r.workspace_id JOIN jobs j ON j.run_id = r.id \
     WHERE w.organization_id = $1 AND j.given_up_at IS NULL \
     ORDER BY CASE WHEN j.agent_id IS NULL THEN 1 ELSE 0 END, j.priority, j.created_at, j.id LIMIT $2 OFFSET $3"
);
const IN_QUEUE: &str = "SELECT CAST(COALESCE(SUM(CASE WHEN j.agent_id IS NULL THEN 1 ELSE 0 END), 0) AS BIGINT) AS pending, \
     CAST(COALESCE(SUM(CASE WHEN j.agent_id IS NULL THEN 0 ELSE 1 END), 0) AS BIGINT) AS running \
     FROM jobs j JOIN runs r ON r.id = j.run_id JOIN workspaces w ON w.id = r.workspace_id \
     WHERE w.organization_id = $1 AND j.given_up_at IS NULL";

/// Every statement here.
pub const STATEMENTS: &[&str] = &[QUEUE, IN_QUEUE];

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
