//! `POST /runs/:id/actions/force-cancel` (api-contract 4.6).

use super::cancel::{announce, end_now, end_phase};
use super::model::{RunStatus, is_force_cancelable};
use super::store::{self, Run};
use crate::app::App;
use crate::clock::Time;
use crate::comments;
use crate::ids::{RunId, UserId};
use crate::platform::db::Tx;
use crate::platform::http::{ApiError, ApiResult};
use crate::platform::scheduler::{self, store::Job};
use crate::workspaces;

/// Ends a run at once that did not end after a cancel: its engine is killed, and its workspace is free. What the engine
/// did is then unknown; states that its agent still brings are kept as recovered ones.
pub async fn force_cancel(app: &App, id: &RunId, actor: &UserId, comment: Option<String>) -> ApiResult<()> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let run = store::find(&mut tx, id).await?.ok_or_else(ApiError::not_found)?;
    workspaces::store::guard(&mut tx, &run.workspace_id, now).await?;
    let job = scheduler::store::hold_of_run(&mut tx, id).await?;
    let run = store::find(&mut tx, id).await?.ok_or_else(ApiError::not_found)?;
    if !is_force_cancelable(run.status, run.force_cancel_available_at.map(Time), now) {
        return Err(ApiError::conflict(
            "the run cannot be canceled by force: cancel it first, and wait until force-cancel-available-at",
        ));
    }
    comments::add(&mut tx, id, comment, actor, now).await?;
    store::add_time(&mut tx, id, "force-canceled-at", now).await?;
    let started = job.clone().filter(|job| job.lease.is_started && job.lease.agent.is_some());
    let queued = match started {
        Some(job) => kill(&mut tx, &run, job, actor, now).await?,
        None => end_now(&mut tx, &run, job.as_ref(), actor, now).await?,
    };
    tx.commit().await?;
    announce(app, &run, job.as_ref(), queued);
    Ok(())
}

/// The job stays, given up: by it the agent hears that the engine must be killed.
async fn kill(tx: &mut Tx, run: &Run, mut job: Job, actor: &UserId, now: Time) -> ApiResult<bool> {
    job.lease.given_up_at = Some(now);
    scheduler::store::save(tx, &job).await?;
    scheduler::store::stop(tx, &job.id, "kill").await?;
    end_phase(tx, run, now).await?;
    store::advance(tx, &run.id, run.status, RunStatus::Canceled, Some(actor), now).await?;
    store::set_canceled_at(tx, &run.id, now).await?;
    Ok(scheduler::release_workspace(tx, &run.workspace_id, &run.id, now).await?)
}
