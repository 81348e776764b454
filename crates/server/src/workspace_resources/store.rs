//! The `workspace_resources` table: one row for the current state of a workspace. It is replaced as a whole, because a
//! state is.

use super::model::WorkspaceResource;
use crate::ids::WorkspaceId;
use crate::platform::db::{DbError, Exec, Tx, sql};

const FIND: &str = "SELECT resources FROM workspace_resources WHERE workspace_id = $1";
const PUT: &str = "INSERT INTO workspace_resources (workspace_id, resources) VALUES ($1, $2) \
     ON CONFLICT (workspace_id) DO UPDATE SET resources = excluded.resources";

/// Every statement here.
pub const STATEMENTS: &[&str] = &[FIND, PUT];

/// All of a workspace, as its state has them.
pub async fn list(exec: impl Exec, workspace: &WorkspaceId) -> Result<Vec<WorkspaceResource>, DbError> {
    let row: Option<(String,)> = exec.optional(sql(FIND).bind(workspace)).await?;
    Ok(row.and_then(|(json,)| serde_json::from_str(&json).ok()).unwrap_or_default())
}

/// Replaces all of a workspace. The caller has its row.
pub async fn put(tx: &mut Tx, workspace: &WorkspaceId, all: &[WorkspaceResource]) -> Result<(), DbError> {
    let json = serde_json::to_string(all).unwrap_or_else(|_| "[]".to_owned());
    tx.run(sql(PUT).bind(workspace).bind(json)).await.map(drop)
}
