//! `POST /runs/:id/actions/cancel` (api-contract 4.6).

use super::model::RunStatus;
use super::store::{self, Run};
use crate::app::App;
use crate::clock::Time;
use crate::ids::{RunId, UserId};
use crate::plans::model::PlanStatus;
use crate::platform::db::Tx;
use crate::platform::http::{ApiError, ApiResult};
use crate::platform::scheduler;
use crate::{applies, plans, workspaces};

/// Ends a run that waits at once; interrupts the engine of one that plans. Asked for twice, the second is refused.
pub async fn cancel(app: &App, id: &RunId, actor: &UserId) -> ApiResult<()> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let run = store::find(&mut tx, id).await?.ok_or_else(ApiError::not_found)?;
    workspaces::store::guard(&mut tx, &run.workspace_id, now).await?;
    let job = scheduler::store::hold_of_run(&mut tx, id).await?;
    let run = store::find(&mut tx, id).await?.ok_or_else(ApiError::not_found)?;
    let asked = run.force_cancel_available_at.is_some();
    if !run.status.is_cancelable(asked) {
        let why = if asked {
            "is being canceled already".to_owned()
        } else {
            format!("is {}", run.status.as_str())
        };
        return Err(ApiError::conflict(format!("the run cannot be canceled: it {why}")));
    }
    let force_at = now.plus(app.config.limits.force_cancel_after);
    if !store::request_cancel(&mut tx, &run, actor, force_at, now).await? {
        return Err(ApiError::conflict("the run cannot be canceled: it has just changed"));
    }
    let queued = match (run.status, &job) {
        (RunStatus::Planning, Some(job)) => {
            scheduler::store::stop(&mut tx, &job.id, "interrupt").await?;
            false
        }
        (_, job) => {
            if let Some(job) = job {
                scheduler::store::delete(&mut tx, &job.id).await?;
            }
            end_waiting(&mut tx, &run, actor, now).await?
        }
    };
    tx.commit().await?;
    if let Some(job) = &job {
        app.wake.wake_job(&job.id);
    }
    app.wake.wake_plan(&run.plan_id);
    if queued {
        app.wake.wake_jobs();
    }
    Ok(())
}

/// A run that no agent has yet ends here. True when the next one was queued.
async fn end_waiting(tx: &mut Tx, run: &Run, actor: &UserId, now: Time) -> ApiResult<bool> {
    let (from, to) = match run.status {
        RunStatus::Pending => (PlanStatus::Pending, PlanStatus::Unreachable),
        _ => (PlanStatus::Queued, PlanStatus::Canceled),
    };
    plans::store::advance(tx, &run.plan_id, from, to, now).await?;
    applies::store::give_up(tx, &run.id).await?;
    store::advance(tx, &run.id, run.status, RunStatus::Canceled, Some(actor), now).await?;
    store::set_canceled_at(tx, &run.id, now).await?;
    Ok(scheduler::release_workspace(tx, &run.workspace_id, &run.id, now).await?)
}
