//! Lock, unlock, force-unlock (api-contract 8.3). The texts of the refusals are what clients look for.

use super::model::LockKind;
use super::store;
use crate::app::App;
use crate::clock::Time;
use crate::ids::WorkspaceId;
use crate::platform::access::{Granted, WorkspaceScope};
use crate::platform::db::Tx;
use crate::platform::http::{ApiError, ApiResult};
use crate::platform::scheduler::advance_workspace;
use crate::{runs, state_versions, users};

/// A reason longer than this is refused.
const REASON_CHARS_MAX: usize = 4096;

/// Takes the lock for the caller.
pub async fn lock(app: &App, granted: &Granted<WorkspaceScope>, reason: Option<String>) -> ApiResult<()> {
    if reason.as_ref().is_some_and(|reason| reason.chars().count() > REASON_CHARS_MAX) {
        let detail = format!("is longer than {REASON_CHARS_MAX} characters");
        return Err(ApiError::invalid_attribute("reason", detail));
    }
    let mut tx = app.db.begin().await?;
    let holder = granted.caller().user_id.as_str();
    let now = app.clock.now();
    if !store::lock(&mut tx, &granted.workspace_id, LockKind::User, holder, reason, now).await? {
        return Err(ApiError::conflict("Unable to lock workspace. The workspace is already locked."));
    }
    Ok(tx.commit().await?)
}

/// Gives the lock back: the caller's own, or any person's by force. A run's lock goes with the run, except that of an
/// apply whose state is uncertain: it stays until it is taken away by force.
pub async fn unlock(app: &App, granted: &Granted<WorkspaceScope>, by_force: bool) -> ApiResult<()> {
    let mut tx = app.db.begin().await?;
    let (id, now) = (&granted.workspace_id, app.clock.now());
    store::guard(&mut tx, id, now).await?;
    let workspace = store::find(&mut tx, id).await?.ok_or_else(ApiError::not_found)?;
    let Some((kind, holder)) = workspace.lock() else {
        return Err(ApiError::conflict("Unable to unlock workspace. The workspace is not locked."));
    };
    let is_own = kind == LockKind::User && holder == granted.caller().user_id.as_str();
    // What an apply that broke holds on to, a person lets go.
    let is_left = kind == LockKind::Run && by_force && has_ended(&mut tx, holder).await?;
    if !is_left && (kind == LockKind::Run || !(is_own || by_force)) {
        let name = match kind {
            LockKind::Run | LockKind::Team => holder.to_owned(),
            LockKind::User => {
                users::store::name_of(&mut tx, holder).await?.unwrap_or_else(|| holder.to_owned())
            }
        };
        return Err(ApiError::conflict(kind.unlock_refusal(&name)));
    }
    end_writing(&mut tx, id, by_force, now).await?;
    store::unlock(&mut tx, id, kind, holder).await?;
    let queued = advance_workspace(&mut tx, id, now).await?;
    tx.commit().await?;
    if queued {
        app.wake.wake_jobs();
    }
    Ok(())
}

async fn has_ended(tx: &mut Tx, run: &str) -> ApiResult<bool> {
    let run = runs::store::find(&mut *tx, &run.to_owned().into()).await?;
    Ok(run.is_none_or(|run| run.status.is_final()))
}

/// With the lock goes the right to write state. A state that was announced and has not come keeps the lock: its client
/// tries again by these words, and a 409 would be taken for "not locked" (api-contract 2.4). By force it is given up.
/// The newest snapshot becomes current (api-contract section 7).
async fn end_writing(tx: &mut Tx, id: &WorkspaceId, by_force: bool, now: Time) -> ApiResult<()> {
    if by_force {
        state_versions::give_up_pending(tx, id).await?;
    } else if state_versions::store::pending(&mut *tx, id).await?.is_some() {
        let detail = "Unable to unlock workspace. The latest state version is still pending: upload its state, or unlock by force.";
        return Err(ApiError::unprocessable("latest state version is still pending", detail));
    }
    Ok(state_versions::promote_newest(tx, id, now).await?)
}
