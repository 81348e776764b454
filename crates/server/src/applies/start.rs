//! Marks an apply as started: once, ever, and only when the agent has exactly what was planned (reliability-security.md
//! R1, R4, R5). What differs ends the run with a reason; nothing was started then.

use super::store::{self, Starter};
use crate::app::App;
use crate::clock::Time;
use crate::execution_mode::changed_since;
use crate::ids::JobId;
use crate::platform::db::Tx;
use crate::platform::http::{ApiError, ApiResult};
use crate::platform::objects::{self, hex};
use crate::platform::scheduler;
use crate::platform::scheduler::store::Job;
use crate::runs::model::RunStatus;
use crate::runs::store::Run;
use crate::{configuration_versions, plans, runs, state_versions, workspaces};
use sha2::{Digest, Sha256};
use terrane_wire::Start;

/// Notes the start durably; an error says why the apply must not be started.
pub async fn start(app: &App, id: &JobId, asked: &Start) -> ApiResult<()> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let job = scheduler::store::find(&mut tx, id).await?.ok_or_else(ApiError::not_found)?;
    let run = runs::store::find(&mut tx, &job.run_id).await?.ok_or_else(ApiError::not_found)?;
    workspaces::store::guard(&mut tx, &run.workspace_id, now).await?;
    let mut job = scheduler::store::hold(&mut tx, id).await?.ok_or_else(ApiError::not_found)?;
    if is_repeat(&mut tx, &job, asked).await? {
        return Ok(());
    }
    if let Some(differs) = difference(&mut tx, &run, asked).await? {
        return Err(ApiError::conflict(format!("the apply must not be started: {differs}")));
    }
    let Some(agent) = job.lease.agent.clone().filter(|_| job.lease.start(asked.lease_epoch)) else {
        return Err(ApiError::conflict(
            "the apply must not be started: it was started before, or its lease has been given to another agent",
        ));
    };
    scheduler::store::save(&mut tx, &job).await?;
    let starter = Starter {
        agent: &agent,
        epoch: asked.lease_epoch,
        nonce: &asked.nonce,
        plan_sha256: &asked.plan_file_sha256,
    };
    mark(&mut tx, &run, &job, starter, now).await?;
    tx.commit().await?;
    app.wake.wake_log(job.phase_id());
    Ok(())
}

async fn mark(tx: &mut Tx, run: &Run, job: &Job, starter: Starter<'_>, now: Time) -> ApiResult<()> {
    let is_marked = store::start(tx, &job.apply_id, starter, now).await?
        && runs::store::advance(tx, &run.id, RunStatus::ApplyQueued, RunStatus::Applying, None, now).await?;
    if is_marked {
        Ok(())
    } else {
        Err(ApiError::conflict("the apply must not be started: it was started before or has ended"))
    }
}

/// The same call again, because its answer was lost: whoever knows the word has not executed anything yet.
async fn is_repeat(tx: &mut Tx, job: &Job, asked: &Start) -> ApiResult<bool> {
    let started = store::started_with(&mut *tx, &job.apply_id).await?;
    let is_current = job.lease.given_up_at.is_none() && job.lease.epoch == asked.lease_epoch;
    Ok(is_current && started == Some((asked.nonce.clone(), asked.lease_epoch)))
}

/// What the agent has otherwise than the plan had it.
async fn difference(tx: &mut Tx, run: &Run, asked: &Start) -> ApiResult<Option<String>> {
    let made = plans::store::made(&mut *tx, &run.id).await?.ok_or_else(ApiError::not_found)?;
    let plan_file = digest_of(tx, made.plan_file_object_id.as_deref()).await?;
    let version = configuration_versions::store::find(&mut *tx, &run.configuration_version_id).await?;
    let archive = digest_of(tx, version.and_then(|version| version.object_id).as_deref()).await?;
    let lock_file = made.lock_file.map(|text| hex(&Sha256::digest(text.as_bytes())));
    for (what, planned, found) in [
        ("plan file", plan_file, Some(&asked.plan_file_sha256)),
        ("configuration", archive, Some(&asked.configuration_sha256)),
        ("dependency lock file", lock_file, asked.lock_file_sha256.as_ref()),
        ("engine's program", made.engine_sha256, asked.engine_sha256.as_ref()),
    ] {
        if planned.as_ref() != found {
            return Ok(Some(format!("the {what} is not the one the plan was made with")));
        }
    }
    let workspace =
        workspaces::store::find(&mut *tx, &run.workspace_id).await?.ok_or_else(ApiError::not_found)?;
    if let Some(changed) = changed_since(made.execution_mode.as_deref(), workspace.execution().mode) {
        return Ok(Some(changed));
    }
    let current = state_versions::store::current(&mut *tx, &run.workspace_id).await?;
    let current_id = current.as_ref().map(|version| version.id.to_string());
    if current_id != made.state_version_id {
        return Ok(Some("the state has changed since the plan was made; start a new run".to_owned()));
    }
    let stored = digest_of(tx, current.and_then(|version| version.object_id).as_deref()).await?;
    let seen = asked.state.as_ref();
    let is_same = seen.map(|seen| (Some(&seen.id), Some(&seen.sha256)))
        == current_id.as_ref().map(|id| (Some(id), stored.as_ref()));
    Ok((!is_same).then(|| "the state is not the one the plan was made with".to_owned()))
}

async fn digest_of(tx: &mut Tx, object: Option<&str>) -> ApiResult<Option<String>> {
    let Some(id) = object else { return Ok(None) };
    let object = objects::store::find(&mut *tx, id).await?.ok_or_else(ApiError::not_found)?;
    Ok(Some(hex(&object.sha256)))
}
