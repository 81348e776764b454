//! Ends a plan: plan, run, counts, documents, event, lock and the log's last byte become visible in one transaction
//! (architecture.md invariants; api-contract 19, 11).

use super::model::PlanStatus;
use super::store;
use crate::app::App;
use crate::clock::Time;
use crate::platform::db::Tx;
use crate::platform::http::ApiError;
use crate::platform::scheduler::store::Job;
use crate::platform::{logs, objects, scheduler};
use crate::runs::model::{RunStatus, settle};
use crate::{applies, runs};
use terrane_wire::{Artefact, Report};

/// How a plan ended.
#[derive(Debug, Clone)]
pub enum End {
    /// The engine succeeded.
    Finished,
    /// It, or something around it, failed.
    Errored {
        /// One sentence.
        reason: String,
        /// The log says so already.
        told: bool,
    },
    /// A person ended it.
    Canceled,
}

/// What an agent uploaded for a plan, as rows name it.
const PLAN_FILE: &str = "plan-file";
const PLAN_JSON: &str = "plan-json";

/// Ends the plan of a job. False when it had ended before, or another agent has it: a repeated report is harmless.
pub async fn ingest(app: &App, job: &Job, end: End, report: Option<&Report>) -> Result<bool, ApiError> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let Some(run) = runs::store::find(&mut tx, &job.run_id).await? else { return Ok(false) };
    crate::workspaces::store::guard(&mut tx, &run.workspace_id, now).await?;
    if !scheduler::store::hold(&mut tx, &job.id, job.lease_epoch).await? {
        return Ok(false);
    }
    let status = match end {
        End::Finished => PlanStatus::Finished,
        End::Errored { .. } => PlanStatus::Errored,
        End::Canceled => PlanStatus::Canceled,
    };
    if !store::advance(&mut tx, &job.plan_id, PlanStatus::Running, status, now).await? {
        return Ok(false);
    }
    if let End::Errored { reason, told: false } = &end {
        logs::append_line(&mut tx, &job.plan_id, reason).await?;
    }
    let has_changes = match report {
        Some(report) => record(&mut tx, job, report, now).await?,
        None => false,
    };
    let next = match end {
        End::Finished => settle(run.plan_only, has_changes, run.allow_empty_apply),
        End::Errored { .. } => RunStatus::Errored,
        End::Canceled => RunStatus::Canceled,
    };
    let actor = run.canceled_by.clone().map(Into::into).filter(|_| next == RunStatus::Canceled);
    runs::store::set_has_changes(&mut tx, &run.id, has_changes).await?;
    runs::store::advance(&mut tx, &run.id, RunStatus::Planning, next, actor.as_ref(), now).await?;
    if next == RunStatus::Canceled {
        runs::store::set_canceled_at(&mut tx, &run.id, now).await?;
    }
    let queued = finish_run(&mut tx, &run, next, now).await?;
    scheduler::store::delete(&mut tx, &job.id).await?;
    tx.commit().await?;
    announce(app, job, queued);
    Ok(true)
}

/// What ends with a run: its apply, and its hold on the workspace.
async fn finish_run(
    tx: &mut Tx,
    run: &runs::store::Run,
    status: RunStatus,
    now: Time,
) -> Result<bool, ApiError> {
    if !status.is_final() {
        return Ok(false);
    }
    applies::store::give_up(tx, &run.id).await?;
    Ok(scheduler::release_workspace(tx, &run.workspace_id, &run.id, now).await?)
}

fn announce(app: &App, job: &Job, queued: bool) {
    app.wake.wake_plan(&job.plan_id);
    app.wake.wake_job(&job.id);
    if queued {
        app.wake.wake_jobs();
    }
    let (app, plan) = (app.clone(), job.plan_id.clone());
    tokio::spawn(async move {
        if let Err(error) = logs::compact(&app, &plan).await {
            tracing::warn!(plan.id = %plan, %error, "failed to compact a log; the next start tries again");
        }
    });
}

/// Notes counts and artefacts. An artefact counts only when the stored object has the digest the agent reports.
async fn record(tx: &mut Tx, job: &Job, report: &Report, now: Time) -> Result<bool, ApiError> {
    let plan_file = attach(tx, job, PLAN_FILE, report.plan_file.as_ref(), now).await?;
    let json = attach(tx, job, PLAN_JSON, report.plan_json.as_ref(), now).await?;
    let (engine, lock_file) = (report.engine_sha256.as_deref(), report.lock_file_sha256.as_deref());
    store::record(tx, &job.plan_id, plan_file.as_deref(), json.as_deref(), engine, lock_file).await?;
    if let Some(counts) = &report.counts {
        store::attach_counts(tx, &job.plan_id, counts).await?;
    }
    Ok(report.counts.is_some_and(|counts| counts.has_changes))
}

async fn attach(
    tx: &mut Tx,
    job: &Job,
    purpose: &str,
    reported: Option<&Artefact>,
    now: Time,
) -> Result<Option<String>, ApiError> {
    let Some(id) = scheduler::store::upload(&mut *tx, &job.id, purpose).await? else {
        return match reported {
            None => Ok(None),
            Some(_) => Err(ApiError::conflict(format!("the {purpose} was reported but not uploaded"))),
        };
    };
    let Some(reported) = reported else {
        objects::store::discard(tx, &id, now).await?;
        return Ok(None);
    };
    let object = objects::store::find(&mut *tx, &id).await?.ok_or_else(ApiError::not_found)?;
    if hex(&object.sha256) == reported.sha256 && object.size_bytes == reported.size_bytes {
        Ok(Some(id))
    } else {
        Err(ApiError::conflict(format!("the uploaded {purpose} is not the one reported")))
    }
}

/// Lower-case hex, as digests travel.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
