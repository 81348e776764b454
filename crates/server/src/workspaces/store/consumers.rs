//! The `remote_state_consumers` table.

use super::{Workspace, select};
use crate::clock::Time;
use crate::ids::WorkspaceId;
use crate::platform::db::{DbError, Exec, Tx, sql};
use terrane_jsonapi::Page;

const LIST: &str = select!(
    "JOIN remote_state_consumers c ON c.consumer_id = w.id WHERE c.workspace_id = $1 \
     ORDER BY w.name LIMIT $2 OFFSET $3"
);
const COUNT: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM remote_state_consumers c WHERE c.workspace_id = $1";
const ADD: &str = "INSERT INTO remote_state_consumers (workspace_id, consumer_id, created_at) VALUES ($1, $2, $3) \
     ON CONFLICT (workspace_id, consumer_id) DO NOTHING";
const REMOVE: &str = "DELETE FROM remote_state_consumers WHERE workspace_id = $1 AND consumer_id = $2";
const CLEAR: &str = "DELETE FROM remote_state_consumers WHERE workspace_id = $1";

/// Every statement here.
pub const STATEMENTS: &[&str] = &[LIST, COUNT, ADD, REMOVE, CLEAR];

/// One page of the workspaces that may read a workspace's state, by name.
pub async fn consumers(exec: impl Exec, id: &WorkspaceId, page: Page) -> Result<Vec<Workspace>, DbError> {
    exec.all(sql(LIST).bind(id).bind(page.limit()).bind(page.offset())).await
}

/// How many there are.
pub async fn count_consumers(exec: impl Exec, id: &WorkspaceId) -> Result<u64, DbError> {
    let (count,): (i64,) = exec.one(sql(COUNT).bind(id)).await?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// Adds one; once is enough.
pub async fn add_consumer(
    tx: &mut Tx,
    id: &WorkspaceId,
    consumer: &WorkspaceId,
    now: Time,
) -> Result<(), DbError> {
    tx.run(sql(ADD).bind(id).bind(consumer).bind(now)).await.map(drop)
}

/// Takes one away.
pub async fn remove_consumer(tx: &mut Tx, id: &WorkspaceId, consumer: &WorkspaceId) -> Result<(), DbError> {
    tx.run(sql(REMOVE).bind(id).bind(consumer)).await.map(drop)
}

/// Takes all away.
pub async fn clear_consumers(tx: &mut Tx, id: &WorkspaceId) -> Result<(), DbError> {
    tx.run(sql(CLEAR).bind(id)).await.map(drop)
}
