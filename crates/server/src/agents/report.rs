//! Takes the report of an ended phase.

use crate::app::App;
use crate::applies;
use crate::ids::{JobId, RecoverableItemId};
use crate::plans::{self, End};
use crate::platform::http::{ApiError, ApiResult};
use crate::platform::logs::{self, LogId};
use crate::platform::scheduler::{self, Phase, announce_end, store::Job};
use crate::{recoverable_items, runs, state_versions, workspaces};
use terrane_wire::{Outcome, Report};

/// Ends the phase as the agent says. A report that was taken before is answered the same way again; one with an old
/// lease, or one whose log or states have not all arrived, is refused (409).
pub async fn take(app: &App, id: &JobId, report: &Report) -> ApiResult<()> {
    let Some(job) = scheduler::store::find(&app.db, id).await? else {
        // Taken before, or the workspace is gone: nothing is left to say.
        return Ok(());
    };
    if let Some(item) = &job.orphan_of {
        return end_orphan(app, &job, item, report).await;
    }
    let evidence = match job.lease.phase {
        Phase::Plan => None,
        Phase::Apply => {
            Some(applies::gather(app, &job, report.is_state_uncertain && job.lease.is_started).await?)
        }
    };
    let Some(run) = runs::store::find(&app.db, &job.run_id).await? else { return Ok(()) };
    if job.lease.phase == Phase::Apply {
        applies::wait_for_follower(app, &run, report).await?;
    }
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    workspaces::store::guard(&mut tx, &run.workspace_id, now).await?;
    let Some(job) = scheduler::store::hold(&mut tx, id).await? else { return Ok(()) };
    if job.lease.agent.is_none() || job.lease.epoch != report.lease_epoch {
        return Err(ApiError::conflict("this lease has been given to another agent"));
    }
    let run = runs::store::find(&mut tx, &run.id).await?.ok_or_else(ApiError::not_found)?;
    let queued = match evidence {
        Some(evidence) if job.lease.given_up_at.is_some() => {
            applies::deliver_late(app, &mut tx, (&run, &job), &evidence, now).await?;
            false
        }
        Some(evidence) => {
            check_log(&mut tx, &job, report).await?;
            check_states(&mut tx, &job, report).await?;
            let end = applies::End::reported(report);
            applies::ingest(app, &mut tx, (&run, &job), end, &evidence, now).await?
        }
        None => {
            check_log(&mut tx, &job, report).await?;
            if report.is_lost && scheduler::try_again(&mut tx, &job, now).await? {
                tx.commit().await?;
                app.wake.wake_jobs();
                return Ok(());
            }
            plans::ingest(&mut tx, &run, &job, end_of_plan(report), Some(report), now).await?
        }
    };
    tx.commit().await?;
    announce_end(app, &job, queued);
    metrics::counter!("terrane_phases_ended_total", "phase" => job.lease.phase.as_str()).increment(1);
    Ok(())
}

/// The apply of a deleted workspace has ended: its states have come before.
async fn end_orphan(app: &App, job: &Job, item: &RecoverableItemId, report: &Report) -> ApiResult<()> {
    if job.lease.epoch != report.lease_epoch {
        return Err(ApiError::conflict("this lease has been given to another agent"));
    }
    recoverable_items::apply_ended(app, &job.id, item).await
}

fn end_of_plan(report: &Report) -> End {
    match &report.outcome {
        Outcome::Finished => End::Finished,
        Outcome::Errored { reason } => End::Errored { reason: reason.clone(), told: true },
        Outcome::Canceled => End::Canceled,
    }
}

async fn check_log(tx: &mut crate::platform::db::Tx, job: &Job, report: &Report) -> ApiResult<()> {
    let stored = logs::store::size(tx, &LogId::of(job.phase_id().to_owned())).await?;
    if i64::try_from(report.log_size_bytes).unwrap_or(i64::MAX) > stored {
        let said = report.log_size_bytes;
        return Err(ApiError::conflict(format!("the log has {stored} bytes, the report says {said}")));
    }
    Ok(())
}

/// An agent sends every state before it reports. Where one is gone all the same, the apply must not end as if nothing
/// were missing: its lease runs out, and its state is told as uncertain.
async fn check_states(tx: &mut crate::platform::db::Tx, job: &Job, report: &Report) -> ApiResult<()> {
    let stored = state_versions::store::count_of_run(tx, &job.run_id).await?;
    if i64::try_from(report.states_written).unwrap_or(i64::MAX) > stored {
        let said = report.states_written;
        return Err(ApiError::conflict(format!("{stored} states have arrived, the report says {said}")));
    }
    Ok(())
}
