//! `POST /runs/:id/actions/discard` (api-contract 4.6).

use super::model::RunStatus;
use super::store;
use crate::app::App;
use crate::comments;
use crate::ids::{RunId, UserId};
use crate::plans::model::PlanStatus;
use crate::platform::http::{ApiError, ApiResult};
use crate::platform::scheduler;
use crate::{applies, plans, workspaces};

/// Rejects a run that waits for a decision, or one that has not begun.
pub async fn discard(app: &App, id: &RunId, actor: &UserId, comment: Option<String>) -> ApiResult<()> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let run = store::find(&mut tx, id).await?.ok_or_else(ApiError::not_found)?;
    workspaces::store::guard(&mut tx, &run.workspace_id, now).await?;
    let run = store::find(&mut tx, id).await?.ok_or_else(ApiError::not_found)?;
    if !(run.status.is_discardable() || run.status == RunStatus::Pending) {
        return Err(ApiError::conflict(format!(
            "the run cannot be discarded: it is {}",
            run.status.as_str()
        )));
    }
    if run.status == RunStatus::Pending {
        plans::store::advance(&mut tx, &run.plan_id, PlanStatus::Pending, PlanStatus::Unreachable, now)
            .await?;
    }
    applies::store::give_up(&mut tx, id).await?;
    store::advance(&mut tx, id, run.status, RunStatus::Discarded, Some(actor), now).await?;
    store::set_discarded_by(&mut tx, id, actor).await?;
    comments::add(&mut tx, id, comment, actor, now).await?;
    let queued = scheduler::release_workspace(&mut tx, &run.workspace_id, id, now).await?;
    tx.commit().await?;
    app.wake.wake_log(run.plan_id.as_str());
    if queued {
        app.wake.wake_jobs();
    }
    Ok(())
}
