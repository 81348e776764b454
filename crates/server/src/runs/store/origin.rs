//! What a run was made from, beside what its creator asked for.

use crate::ids::{RunId, WorkspaceId};
use crate::platform::db::{DbError, Exec, Tx, sql};

const SET_VARIABLES_USED: &str = "UPDATE runs SET variables_used = $1 WHERE id = $2";
const SET_TRIGGERED: &str = "UPDATE runs SET trigger_reason = 'run_trigger', triggering_run_id = $1, \
     triggering_workspace_id = $2, triggering_workspace_name = $3 WHERE id = $4";
const VARIABLES_USED: &str = "SELECT r.variables_used FROM runs r WHERE r.id = $1";

/// Every statement here.
pub const STATEMENTS: &[&str] = &[SET_VARIABLES_USED, SET_TRIGGERED, VARIABLES_USED];

/// Keeps, as JSON, which variables a run was made from.
pub async fn set_variables_used(tx: &mut Tx, id: &RunId, used: &str) -> Result<(), DbError> {
    tx.run(sql(SET_VARIABLES_USED).bind(used).bind(id)).await.map(drop)
}

/// The apply elsewhere that asked for a run.
#[derive(Debug, Clone)]
pub struct Triggered {
    /// The run that was applied.
    pub run_id: RunId,
    /// Its workspace.
    pub workspace_id: WorkspaceId,
    /// That workspace's name.
    pub workspace_name: String,
}

/// Says that an apply elsewhere asked for a run.
pub async fn set_triggered(tx: &mut Tx, id: &RunId, by: &Triggered) -> Result<(), DbError> {
    let query = sql(SET_TRIGGERED).bind(&by.run_id).bind(&by.workspace_id).bind(&by.workspace_name).bind(id);
    tx.run(query).await.map(drop)
}

/// JSON: the variables a run was made from, without values; `None` for runs that were made before they were kept.
pub async fn variables_used(exec: impl Exec, id: &RunId) -> Result<Option<String>, DbError> {
    let row: Option<(Option<String>,)> = exec.optional(sql(VARIABLES_USED).bind(id)).await?;
    Ok(row.and_then(|(used,)| used))
}
