//! `POST /runs/:id/actions/cancel` (api-contract 4.6).

use super::model::RunStatus;
use super::store::{self, Run};
use crate::app::App;
use crate::applies::{self, model::ApplyStatus};
use crate::clock::Time;
use crate::comments;
use crate::ids::{RunId, UserId};
use crate::plans::{self, model::PlanStatus};
use crate::platform::db::Tx;
use crate::platform::http::{ApiError, ApiResult};
use crate::platform::scheduler::{self, store::Job};
use crate::workspaces;

/// Ends a run that waits at once; interrupts the engine of one that plans or applies. Asked for twice, the second is
/// refused.
pub async fn cancel(app: &App, id: &RunId, actor: &UserId, comment: Option<String>) -> ApiResult<()> {
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
    comments::add(&mut tx, id, comment, actor, now).await?;
    let queued = match job.as_ref().filter(|job| has_engine(&run, job)) {
        Some(job) => {
            scheduler::store::stop(&mut tx, &job.id, "interrupt").await?;
            false
        }
        None => end_now(&mut tx, &run, job.as_ref(), actor, now).await?,
    };
    tx.commit().await?;
    announce(app, &run, job.as_ref(), queued);
    Ok(())
}

/// Whether an agent may be running an engine for it: then the status changes when that has ended.
fn has_engine(run: &Run, job: &Job) -> bool {
    let is_under_way = matches!(run.status, RunStatus::Planning | RunStatus::Applying);
    is_under_way && job.lease.agent.is_some()
}

/// A run that no agent works on ends here. True when the next one was queued.
pub(super) async fn end_now(
    tx: &mut Tx,
    run: &Run,
    job: Option<&Job>,
    actor: &UserId,
    now: Time,
) -> ApiResult<bool> {
    if let Some(job) = job {
        scheduler::store::delete(tx, &job.id).await?;
    }
    end_phase(tx, run, now).await?;
    applies::store::give_up(tx, &run.id).await?;
    store::advance(tx, &run.id, run.status, RunStatus::Canceled, Some(actor), now).await?;
    store::set_canceled_at(tx, &run.id, now).await?;
    Ok(scheduler::release_workspace(tx, &run.workspace_id, &run.id, now).await?)
}

/// The plan or the apply, whichever the run is in.
pub(super) async fn end_phase(tx: &mut Tx, run: &Run, now: Time) -> ApiResult<()> {
    let plan = |from, to| (from, to);
    let moved = match run.status {
        RunStatus::Pending => Some(plan(PlanStatus::Pending, PlanStatus::Unreachable)),
        RunStatus::PlanQueued => Some(plan(PlanStatus::Queued, PlanStatus::Canceled)),
        RunStatus::Planning => Some(plan(PlanStatus::Running, PlanStatus::Canceled)),
        _ => None,
    };
    if let Some((from, to)) = moved {
        plans::store::advance(tx, &run.plan_id, from, to, now).await?;
        return Ok(());
    }
    let from = match run.status {
        RunStatus::Applying => ApplyStatus::Running,
        _ => ApplyStatus::Queued,
    };
    applies::store::advance(tx, &run.apply_id, from, ApplyStatus::Canceled, now).await?;
    Ok(())
}

pub(super) fn announce(app: &App, run: &Run, job: Option<&Job>, queued: bool) {
    if let Some(job) = job {
        app.wake.wake_job(&job.id);
    }
    app.wake.wake_log(run.plan_id.as_str());
    app.wake.wake_log(run.apply_id.as_str());
    if queued {
        app.wake.wake_jobs();
    }
}
