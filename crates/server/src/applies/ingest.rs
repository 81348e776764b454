//! Ends an apply: apply, run, counts, state, event, lock and the log's last byte become visible in one transaction. What
//! is uncertain stays so until a person decides: the newest state is *recovered*, and the workspace stays locked.

use super::evidence::{Evidence, Kept};
use super::model::ApplyStatus;
use super::store;
use crate::app::App;
use crate::clock::Time;
use crate::ids::StateVersionId;
use crate::platform::db::Tx;
use crate::platform::http::ApiResult;
use crate::platform::logs::{self, LogId};
use crate::platform::scheduler;
use crate::platform::scheduler::store::Job;
use crate::runs::model::RunStatus;
use crate::runs::store::Run;
use crate::state_versions::{self, NewFromRun};
use crate::{run_triggers, runs, workspaces};
use terrane_wire::{Outcome, Report};

/// An `errored.tfstate` comes after every state that was written.
const AFTER_ALL_WRITES: i64 = i64::MAX;
/// The state before the apply comes before every state that its agent may still bring.
const BEFORE_ALL_WRITES: i64 = -1;

/// How an apply ended.
#[derive(Debug, Clone)]
pub struct End {
    status: ApplyStatus,
    /// A line for the log; `None` when the log says so already.
    reason: Option<String>,
    /// The state that was written last need not be what exists.
    is_uncertain: bool,
}

impl End {
    /// As its agent reports it.
    pub fn reported(report: &Report) -> Self {
        let status = match &report.outcome {
            Outcome::Finished => ApplyStatus::Finished,
            Outcome::Errored { .. } => ApplyStatus::Errored,
            Outcome::Canceled => ApplyStatus::Canceled,
        };
        Self { status, reason: None, is_uncertain: report.is_state_uncertain }
    }

    /// Nothing was started.
    pub fn errored(reason: String) -> Self {
        Self { status: ApplyStatus::Errored, reason: Some(reason), is_uncertain: false }
    }

    /// Its agent is lost, or it was ended by force.
    pub fn uncertain(status: ApplyStatus, reason: String) -> Self {
        Self { status, reason: Some(reason), is_uncertain: true }
    }

    fn run_status(&self) -> RunStatus {
        match self.status {
            ApplyStatus::Finished => RunStatus::Applied,
            ApplyStatus::Canceled => RunStatus::Canceled,
            _ => RunStatus::Errored,
        }
    }
}

/// Ends the apply of a job, whose row is held after its workspace's. True when the agents have something to do. An
/// apply that has ended before is left as it is. The job is forgotten, unless it was given up: then its agent may still
/// bring what it has.
pub async fn ingest(
    app: &App,
    tx: &mut Tx,
    (run, job): (&Run, &Job),
    end: End,
    evidence: &Evidence,
    now: Time,
) -> ApiResult<bool> {
    let from = match run.status {
        RunStatus::ApplyQueued => ApplyStatus::Queued,
        _ => ApplyStatus::Running,
    };
    if job.lease.given_up_at.is_none() {
        scheduler::store::delete(tx, &job.id).await?;
    }
    if !store::advance(tx, &job.apply_id, from, end.status, now).await? {
        return Ok(false);
    }
    if let Some(reason) = &end.reason {
        logs::append_line(tx, &LogId::Apply(job.apply_id.clone()), reason).await?;
    }
    store::set_done(tx, &job.apply_id, &evidence.done).await?;
    let status = end.run_status();
    let actor = run.canceled_by.clone().map(Into::into).filter(|_| status == RunStatus::Canceled);
    runs::store::advance(tx, &run.id, run.status, status, actor.as_ref(), now).await?;
    if status == RunStatus::Canceled {
        runs::store::set_canceled_at(tx, &run.id, now).await?;
    }
    if status == RunStatus::Applied {
        runs::adopt_configuration(tx, run).await?;
        run_triggers::fire(tx, run, now).await?;
    }
    if end.is_uncertain && job.lease.is_started {
        recover(app, tx, run, job, evidence).await?;
        stay_locked(tx, run, now).await?;
        return Ok(false);
    }
    if let Some(newest) = &evidence.newest {
        state_versions::promote(tx, &run.workspace_id, newest, now).await?;
    }
    Ok(scheduler::release_workspace(tx, &run.workspace_id, &run.id, now).await?)
}

/// What an agent brings of an apply that was given up: its states are kept as recovered, nothing else changes.
pub async fn deliver_late(
    app: &App,
    tx: &mut Tx,
    (run, job): (&Run, &Job),
    evidence: &Evidence,
    now: Time,
) -> ApiResult<()> {
    recover(app, tx, run, job, evidence).await?;
    let event = ("late_report", "The agent came back and brought what it had");
    runs::store::note(tx, &run.id, event, now).await?;
    Ok(scheduler::store::delete(tx, &job.id).await?)
}

/// Keeps the newest state for a person to decide on, with the list of what was completed and is not in it.
async fn recover(app: &App, tx: &mut Tx, run: &Run, job: &Job, evidence: &Evidence) -> ApiResult<()> {
    let (newest, is_written) = match (&evidence.errored, &evidence.newest, &evidence.untouched) {
        (Some(errored), ..) => (keep(app, tx, run, errored, AFTER_ALL_WRITES).await?, true),
        (None, Some(newest), _) => (newest.clone(), true),
        (None, None, Some(untouched)) => (keep(app, tx, run, untouched, BEFORE_ALL_WRITES).await?, false),
        (None, None, None) => return Ok(()),
    };
    let completed = evidence.done.not_in(&evidence.addresses);
    state_versions::mark_recovered(tx, &newest, &completed).await?;
    let version = state_versions::store::find(&mut *tx, &newest).await?;
    if let Some(object) = version.and_then(|version| version.object_id).filter(|_| is_written) {
        store::set_errored_state(tx, &job.apply_id, &object).await?;
    }
    Ok(())
}

async fn keep(app: &App, tx: &mut Tx, run: &Run, kept: &Kept, sequence: i64) -> ApiResult<StateVersionId> {
    let contents = &kept.contents;
    let new = NewFromRun {
        workspace_id: &run.workspace_id,
        run_id: &run.id,
        sequence,
        object: &kept.object,
        json_object: None,
        serial: contents.serial.unwrap_or(0),
        lineage: contents.lineage.as_deref(),
        md5: &kept.md5,
        contents,
    };
    let version = state_versions::insert_from_run(app, tx, new).await?;
    Ok(version.id)
}

async fn stay_locked(tx: &mut Tx, run: &Run, now: Time) -> ApiResult<()> {
    let reason = format!(
        "State uncertain: the apply of {} did not end by itself. Look at its log and its state versions, accept the \
         recovered one if it is right, then force-unlock the workspace.",
        run.id
    );
    workspaces::store::set_lock_reason(tx, &run.workspace_id, &reason, now).await?;
    Ok(())
}
