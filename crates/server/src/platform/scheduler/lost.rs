//! What becomes of a job whose agent is silent or gone.

use super::ended::announce_end;
use super::lease::{Fate, Phase};
use super::store::{self, Job};
use crate::app::App;
use crate::applies::model::ApplyStatus;
use crate::applies::{self, Evidence};
use crate::clock::Time;
use crate::plans;
use crate::platform::db::Tx;
use crate::platform::http::ApiError;
use crate::platform::logs::{self, LogId};
use crate::runs::store::Run;
use crate::{runs, state_versions, workspaces};

/// How it was noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Its lease has run out.
    Silent,
    /// Its agent says that it does not have it any more.
    NotHeld,
}

/// Looks at a job again with its row held, and does what its lease says.
pub async fn lose(app: &App, job: &Job, cause: Cause) -> Result<(), ApiError> {
    let (now, epoch) = (app.clock.now(), job.lease.epoch);
    // What will become of it, as far as can be said without its row.
    let expected = fate_of(app, &mut job.clone(), cause, epoch, now);
    let evidence = applies::gather(app, job, expected == Fate::Uncertain).await?;
    let mut tx = app.db.begin().await?;
    let Some(run) = runs::store::find(&mut tx, &job.run_id).await? else { return Ok(()) };
    workspaces::store::guard(&mut tx, &run.workspace_id, now).await?;
    let Some(mut job) = store::hold(&mut tx, &job.id).await? else { return Ok(()) };
    let Some(run) = runs::store::find(&mut tx, &run.id).await? else { return Ok(()) };
    let fate = fate_of(app, &mut job, cause, epoch, now);
    let newest = state_versions::store::newest_of_run(&mut tx, &run.id).await?.map(|newest| newest.id);
    if fate == Fate::Unchanged || newest != evidence.newest {
        // A state that has come meanwhile must not be missed: the job is looked at again soon.
        return Ok(());
    }
    tracing::warn!(job.id = %job.id, run.id = %job.run_id, phase = job.lease.phase.as_str(), ?cause, ?fate, "an agent is lost");
    store::save(&mut tx, &job).await?;
    let told = said(app, cause);
    let queued = match fate {
        Fate::Unchanged => false,
        Fate::Requeued => {
            requeue(&mut tx, &job, &told, now).await?;
            true
        }
        Fate::Silent => {
            let event = ("agent_silent", "No contact with the agent; the apply may go on");
            runs::store::note(&mut tx, &job.run_id, event, now).await?;
            false
        }
        Fate::Lost | Fate::Uncertain => end(app, &mut tx, (&run, &job), &told, &evidence, now).await?,
    };
    tx.commit().await?;
    match fate {
        Fate::Lost | Fate::Uncertain => announce_end(app, &job, queued),
        _ => {
            app.wake.wake_log(job.phase_id());
            if queued {
                app.wake.wake_jobs();
            }
        }
    }
    Ok(())
}

/// Gives a plan that was killed on its agent to an agent once more; false when it was tried often enough. The job's row
/// is held.
pub async fn try_again(tx: &mut Tx, job: &Job, now: Time) -> Result<bool, ApiError> {
    let mut job = job.clone();
    if job.lease.forsake(job.lease.epoch, now) != Fate::Requeued {
        return Ok(false);
    }
    tracing::warn!(job.id = %job.id, run.id = %job.run_id, "a plan was killed on its agent");
    store::save(tx, &job).await?;
    requeue(tx, &job, "the plan was killed", now).await?;
    Ok(true)
}

/// What the lease says; `epoch` is that of the lease that was found wanting.
fn fate_of(app: &App, job: &mut Job, cause: Cause, epoch: i64, now: Time) -> Fate {
    match cause {
        Cause::Silent => job.lease.miss(now, app.config.patience()),
        Cause::NotHeld => job.lease.forsake(epoch, now),
    }
}

fn said(app: &App, cause: Cause) -> String {
    match cause {
        Cause::Silent => {
            format!("the agent was not heard of for {} s", app.config.limits.lease.as_secs_f32())
        }
        Cause::NotHeld => "the agent was restarted and does not have this run any more".to_owned(),
    }
}

async fn requeue(tx: &mut Tx, job: &Job, told: &str, now: Time) -> Result<(), ApiError> {
    store::discard_uploads(tx, &job.id, now).await?;
    let what = match job.lease.phase {
        Phase::Plan => "the plan is made again",
        Phase::Apply => "the apply was not started and is given to another agent",
    };
    Ok(logs::append_line(tx, &LogId::of(job.phase_id().to_owned()), &format!("{told}; {what}")).await?)
}

async fn end(
    app: &App,
    tx: &mut Tx,
    (run, job): (&Run, &Job),
    told: &str,
    evidence: &Evidence,
    now: Time,
) -> Result<bool, ApiError> {
    match (job.lease.phase, job.lease.is_started) {
        (Phase::Plan, _) => {
            let reason = format!("{told}, so the plan was given up; start the run again");
            plans::ingest(tx, run, job, plans::End::Errored { reason, told: false }, None, now).await
        }
        (Phase::Apply, false) => {
            let reason =
                format!("{told}; nothing was started, so the apply was given up; start the run again");
            let ended = applies::ingest(app, tx, (run, job), applies::End::errored(reason), evidence, now);
            let queued = ended.await?;
            store::delete(tx, &job.id).await?;
            Ok(queued)
        }
        (Phase::Apply, true) => {
            let reason = format!("agent lost, state uncertain: {told} after the apply was started");
            let end = applies::End::uncertain(ApplyStatus::Errored, reason);
            applies::ingest(app, tx, (run, job), end, evidence, now).await
        }
    }
}
