//! Ends a plan: plan, run, counts, documents, event, lock and the log's last byte become visible in one transaction
//! (architecture.md invariants; api-contract 19, 11).

use super::model::PlanStatus;
use super::store::{self, Left};
use crate::clock::Time;
use crate::platform::db::Tx;
use crate::platform::http::{ApiError, ApiResult};
use crate::platform::logs::{self, LogId};
use crate::platform::scheduler::store::Job;
use crate::platform::{objects, scheduler};
use crate::runs::model::{Next, RunStatus, Settling, settle};
use crate::runs::store::Run;
use crate::{applies, provider_schemas, runs};
use terrane_wire::Report;

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
/// Also in the URL that takes it.
pub const REDACTED_JSON: &str = "redacted-json";

/// Ends the plan of a job, whose row is held after its workspace's, and forgets the job. True when the agents have
/// something to do. A plan that has ended before is left as it is.
pub async fn ingest(
    tx: &mut Tx,
    run: &Run,
    job: &Job,
    end: End,
    report: Option<&Report>,
    now: Time,
) -> ApiResult<bool> {
    let status = match end {
        End::Finished => PlanStatus::Finished,
        End::Errored { .. } => PlanStatus::Errored,
        End::Canceled => PlanStatus::Canceled,
    };
    let from = if status == PlanStatus::Errored && run.status == RunStatus::PlanQueued {
        PlanStatus::Queued
    } else {
        PlanStatus::Running
    };
    if !store::advance(tx, &job.plan_id, from, status, now).await? {
        scheduler::store::delete(tx, &job.id).await?;
        return Ok(false);
    }
    if let End::Errored { reason, told: false } = &end {
        logs::append_line(tx, &LogId::Plan(job.plan_id.clone()), reason).await?;
    }
    let has_changes = match report {
        Some(report) => record(tx, job, report, now).await?,
        None => false,
    };
    // With the job goes what it says of its uploads, so only now.
    scheduler::store::delete(tx, &job.id).await?;
    let next = match end {
        End::Finished => settle(Settling {
            plan_only: run.plan_only,
            save_plan: run.mode.save_plan,
            has_changes,
            allow_empty_apply: run.allow_empty_apply,
            auto_apply: run.auto_apply,
        }),
        End::Errored { .. } => Next::Ends(RunStatus::Errored),
        End::Canceled => Next::Ends(RunStatus::Canceled),
    };
    runs::store::set_has_changes(tx, &run.id, has_changes).await?;
    go_on(tx, run, next, now).await
}

async fn go_on(tx: &mut Tx, run: &Run, next: Next, now: Time) -> ApiResult<bool> {
    match next {
        Next::Ends(status) => {
            let actor = run.canceled_by.clone().map(Into::into).filter(|_| status == RunStatus::Canceled);
            runs::store::advance(tx, &run.id, run.status, status, actor.as_ref(), now).await?;
            if status == RunStatus::Canceled {
                runs::store::set_canceled_at(tx, &run.id, now).await?;
            }
            applies::store::give_up(tx, &run.id).await?;
            Ok(scheduler::release_workspace(tx, &run.workspace_id, &run.id, now).await?)
        }
        Next::Waits(status) => {
            runs::store::advance(tx, &run.id, run.status, status, None, now).await?;
            // The state may have changed while a plan that nobody waits for was made.
            runs::discard_overtaken(tx, &run.workspace_id, now).await?;
            Ok(false)
        }
        Next::Applies => {
            runs::store::advance(tx, &run.id, run.status, RunStatus::Planned, None, now).await?;
            runs::store::advance(tx, &run.id, RunStatus::Planned, RunStatus::Confirmed, None, now).await?;
            scheduler::queue_apply(tx, &run.id, &run.apply_id, now).await?;
            Ok(true)
        }
    }
}

/// Notes counts and artefacts. An artefact counts only when the stored object has the digest the agent reports.
async fn record(tx: &mut Tx, job: &Job, report: &Report, now: Time) -> Result<bool, ApiError> {
    let left = Left {
        plan_file: objects::attach(tx, &job.id, PLAN_FILE, report.plan_file.as_ref(), now).await?,
        json: objects::attach(tx, &job.id, PLAN_JSON, report.plan_json.as_ref(), now).await?,
        redacted: objects::attach(tx, &job.id, REDACTED_JSON, report.redacted_json.as_ref(), now).await?,
        schemas: provider_schemas::attach(tx, &job.id, report.provider_schemas.as_ref(), now).await?,
    };
    let (engine, lock_file) = (report.engine_sha256.as_deref(), report.lock_file.as_deref());
    store::record(tx, &job.plan_id, &left, engine, lock_file).await?;
    if let Some(counts) = &report.counts {
        store::attach_counts(tx, &job.plan_id, counts).await?;
    }
    Ok(report.counts.is_some_and(|counts| counts.has_changes))
}
