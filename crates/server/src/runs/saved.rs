//! Saved plans (api-contract 4.8): they wait without the workspace's lock, and are discarded when the state they were made
//! against is not the current one any more, or when nobody has applied them for too long.

use super::model::RunStatus;
use super::store::{self, Run};
use crate::app::App;
use crate::clock::Time;
use crate::ids::{RunId, WorkspaceId};
use crate::platform::db::{DbError, Tx};
use crate::platform::http::{ApiError, ApiResult};
use crate::workspaces::model::LockKind;
use crate::{applies, workspaces};

/// What the history says of a plan that the state has left behind.
const OVERTAKEN: (&str, &str) = ("plan_overtaken", "The state has changed since the plan was saved");
/// What it says of one that nobody wanted.
const EXPIRED: (&str, &str) = ("plan_expired", "Nobody has applied the saved plan in time");

/// Discards a workspace's saved plans that were made against another state than its current one. The caller has the
/// workspace's row.
pub async fn discard_overtaken(tx: &mut Tx, workspace: &WorkspaceId, now: Time) -> Result<(), DbError> {
    for run in store::overtaken(&mut *tx, workspace).await? {
        discard(tx, &run, OVERTAKEN, now).await?;
    }
    Ok(())
}

/// Discards what was saved too long ago, in all workspaces.
pub async fn discard_expired(app: &App) -> ApiResult<()> {
    let now = app.clock.now();
    let kept = i64::try_from(app.config.limits.saved_plan_life.as_micros()).unwrap_or(i64::MAX);
    for id in store::saved_before(&app.db, Time(now.0.saturating_sub(kept))).await? {
        let mut tx = app.db.begin().await?;
        let Some(run) = store::find(&mut tx, &id).await? else { continue };
        workspaces::store::guard(&mut tx, &run.workspace_id, now).await?;
        // Somebody may have applied it just now.
        if store::find(&mut tx, &id).await?.is_some_and(|run| run.status == RunStatus::PlannedAndSaved) {
            discard(&mut tx, &id, EXPIRED, now).await?;
            tx.commit().await?;
        }
    }
    Ok(())
}

async fn discard(tx: &mut Tx, run: &RunId, why: (&str, &str), now: Time) -> Result<(), DbError> {
    applies::store::give_up(tx, run).await?;
    store::note(tx, run, why, now).await?;
    store::advance(tx, run, RunStatus::PlannedAndSaved, RunStatus::Discarded, None, now).await.map(drop)
}

/// Gives the workspace to a saved plan that is to be applied: nobody may have it, and it must still have the state that
/// the plan was made against. The caller has the workspace's row.
pub(super) async fn take_workspace(
    tx: &mut Tx,
    run: &Run,
    made_against: Option<&str>,
    now: Time,
) -> ApiResult<()> {
    let workspace =
        workspaces::store::find(&mut *tx, &run.workspace_id).await?.ok_or_else(ApiError::not_found)?;
    if workspace.current_state_version_id.as_deref() != made_against {
        let detail =
            "the run cannot be applied: the state has changed since its plan was saved; start a new run";
        return Err(ApiError::conflict(detail));
    }
    if !workspaces::store::lock(tx, &run.workspace_id, LockKind::Run, run.id.as_str(), None, now).await? {
        let holder = workspace.lock().map_or_else(String::new, |(kind, holder)| match kind {
            LockKind::Run => format!(" by {holder}"),
            _ => " by a person".to_owned(),
        });
        return Err(ApiError::conflict(format!(
            "the run cannot be applied: its workspace is locked{holder}; apply it when the workspace is free"
        )));
    }
    Ok(workspaces::store::set_current_run(tx, &run.workspace_id, run.id.as_str()).await?)
}
