//! `POST /state-versions/:id/actions/accept` `[OURS]`: a person says that a recovered state is the true one.

use super::promote::{is_older, make_current};
use super::store::{self, StateVersion};
use crate::app::App;
use crate::ids::{StateVersionId, UserId, WorkspaceId};
use crate::platform::db::Tx;
use crate::platform::http::{ApiError, ApiResult};
use crate::workspaces;
use crate::workspaces::model::LockKind;

/// Makes a recovered state version current. Accepting the current one again changes nothing.
///
/// # Errors
/// 409 when it is not a recovered one, is older than the current one, or when somebody else may be writing state: a
/// person who holds the lock, or another run than the one it was recovered from.
pub(super) async fn accept(
    app: &App,
    workspace: &WorkspaceId,
    id: &StateVersionId,
    caller: &UserId,
) -> ApiResult<StateVersion> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    if !workspaces::store::guard(&mut tx, workspace, now).await? {
        return Err(ApiError::not_found());
    }
    let version = store::find(&mut tx, id).await?.ok_or_else(ApiError::not_found)?;
    if !version.recovered {
        return Err(ApiError::conflict("Only a recovered state version can be accepted. This one is none."));
    }
    if let Some(current) = store::current(&mut tx, workspace).await? {
        if current.id == version.id {
            return Ok(version);
        }
        if is_older(&version, &current) {
            let detail = "The state version is older than the workspace's current one: accepting it would lose what \
                          was written since. Roll back to it, if that is what you want.";
            return Err(ApiError::conflict(detail));
        }
    }
    check_lock(&mut tx, &version, caller).await?;
    store::accept(&mut tx, id, caller, now).await?;
    make_current(&mut tx, &version, now).await?;
    let version = store::find(&mut tx, id).await?.ok_or_else(ApiError::not_found)?;
    tx.commit().await?;
    Ok(version)
}

async fn check_lock(tx: &mut Tx, version: &StateVersion, caller: &UserId) -> ApiResult<()> {
    let workspace = workspaces::store::find(&mut *tx, &version.workspace_id).await?;
    let workspace = workspace.ok_or_else(ApiError::not_found)?;
    let is_free = match workspace.lock() {
        None => true,
        Some((LockKind::User, holder)) => holder == caller.as_str(),
        Some((LockKind::Run, holder)) => version.run_id.as_deref() == Some(holder),
        Some((LockKind::Team, _)) => false,
    };
    if is_free {
        return Ok(());
    }
    Err(ApiError::conflict("The workspace is locked by somebody else, who may be writing its state."))
}
