//! Who is in line, and which saved plans have been passed by.

use super::{Run, select};
use crate::clock::Time;
use crate::ids::{RunId, WorkspaceId};
use crate::platform::db::{DbError, Exec, sql};

const FIRST_PENDING: &str = "SELECT r.id FROM runs r WHERE r.workspace_id = $1 AND r.status = 'pending' \
     AND r.plan_only = FALSE AND r.save_plan = FALSE ORDER BY r.created_at, r.id LIMIT 1";
const PENDING_BEFORE: &str = select!(
    "WHERE r.workspace_id = $1 AND r.status = 'pending' AND (r.created_at < $2 OR (r.created_at = $2 AND r.id < $3)) \
     ORDER BY r.created_at, r.id"
);
const OVERTAKEN: &str = "SELECT r.id FROM runs r JOIN plans p ON p.run_id = r.id \
     JOIN workspaces w ON w.id = r.workspace_id WHERE r.workspace_id = $1 AND r.status = 'planned_and_saved' \
     AND p.state_version_id IS DISTINCT FROM w.current_state_version_id ORDER BY r.id";
const SAVED_BEFORE: &str = "SELECT id FROM runs WHERE status = 'planned_and_saved' AND updated_at < $1 ORDER BY updated_at LIMIT 100";

/// Every statement here.
pub const STATEMENTS: &[&str] = &[FIRST_PENDING, PENDING_BEFORE, OVERTAKEN, SAVED_BEFORE];

/// The normal run that is first in its workspace's line.
pub async fn first_pending(exec: impl Exec, workspace: &WorkspaceId) -> Result<Option<RunId>, DbError> {
    let row: Option<(String,)> = exec.optional(sql(FIRST_PENDING).bind(workspace)).await?;
    Ok(row.map(|(id,)| RunId::from(id)))
}

/// The runs that wait in line before another.
pub async fn pending_before(exec: impl Exec, run: &Run) -> Result<Vec<Run>, DbError> {
    exec.all(sql(PENDING_BEFORE).bind(&run.workspace_id).bind(run.created_at).bind(&run.id)).await
}

/// The saved plans of a workspace that were made against another state than its current one.
pub async fn overtaken(exec: impl Exec, workspace: &WorkspaceId) -> Result<Vec<RunId>, DbError> {
    let rows: Vec<(String,)> = exec.all(sql(OVERTAKEN).bind(workspace)).await?;
    Ok(rows.into_iter().map(|(id,)| RunId::from(id)).collect())
}

/// Plans that were saved before a time, of all workspaces, a hundred at the most.
pub async fn saved_before(exec: impl Exec, time: Time) -> Result<Vec<RunId>, DbError> {
    let rows: Vec<(String,)> = exec.all(sql(SAVED_BEFORE).bind(time)).await?;
    Ok(rows.into_iter().map(|(id,)| RunId::from(id)).collect())
}
