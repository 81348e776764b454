//! Which state version of a workspace is the current one.

use super::model::StateVersionStatus;
use super::store::{self, StateVersion};
use crate::clock::Time;
use crate::ids::{StateVersionId, WorkspaceId};
use crate::platform::db::{DbError, Tx};
use crate::{runs, workspace_resources, workspaces};

/// Makes a finalized state version of a workspace its current one; it is not intermediate afterwards. Promoting the
/// current one again does nothing. False when it cannot be: there is no such one in this workspace, it has no bytes
/// yet, waits for acceptance, or is older than the current one: made before it, or behind it by its serial, as the
/// state of an apply that comes late after a person has written on.
///
/// Takes the workspace's row, then rows of state versions.
pub async fn promote(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    id: &StateVersionId,
    now: Time,
) -> Result<bool, DbError> {
    if !workspaces::store::guard(tx, workspace, now).await? {
        return Ok(false);
    }
    let Some(version) = store::find(&mut *tx, id).await? else { return Ok(false) };
    let is_ready = version.status == StateVersionStatus::Finalized && !version.waits_for_acceptance();
    if &version.workspace_id != workspace || !is_ready {
        return Ok(false);
    }
    match store::current(&mut *tx, workspace).await? {
        Some(current) if is_older(&version, &current) => Ok(false),
        _ => make_current(tx, &version, now).await.map(|()| true),
    }
}

/// Makes the newest snapshot current that no later state has taken over: what an unlock does (api-contract section 7).
/// The caller has the workspace's row.
pub async fn promote_newest(tx: &mut Tx, workspace: &WorkspaceId, now: Time) -> Result<(), DbError> {
    if let Some(newest) = store::newest_intermediate(&mut *tx, workspace).await? {
        promote(tx, workspace, &newest.id, now).await?;
    }
    Ok(())
}

/// Gives up a state version that waits for its bytes: nobody who might send them holds the lock any more. The caller
/// has the workspace's row.
pub async fn give_up_pending(tx: &mut Tx, workspace: &WorkspaceId) -> Result<(), DbError> {
    store::discard_pending(tx, workspace, "").await
}

/// Whether a state version must not take the current one's place.
pub(super) fn is_older(version: &StateVersion, current: &StateVersion) -> bool {
    let is_behind = current.lineage == version.lineage && current.serial > version.serial;
    current.ordinal > version.ordinal || is_behind
}

/// Without questions. Saved plans that were made against another state are overtaken by it. The caller has the
/// workspace's row.
pub(super) async fn make_current(tx: &mut Tx, version: &StateVersion, now: Time) -> Result<(), DbError> {
    let workspace = &version.workspace_id;
    store::discard_pending(tx, workspace, version.id.as_str()).await?;
    store::settle(tx, &version.id).await?;
    workspace_resources::follow(tx, version).await?;
    let count = version.resource_count.unwrap_or(0);
    workspaces::store::set_current_state_version(tx, workspace, version.id.as_str(), count).await?;
    runs::discard_overtaken(tx, workspace, now).await
}
