//! `POST /runs/:id/actions/force-execute` (api-contract 4.6): a run goes first, whatever was before it.

use super::model::RunStatus;
use super::store::{self, Run};
use crate::app::App;
use crate::clock::Time;
use crate::ids::{RunId, UserId};
use crate::plans::model::PlanStatus;
use crate::platform::db::Tx;
use crate::platform::http::{ApiError, ApiResult};
use crate::platform::scheduler;
use crate::workspaces::model::LockKind;
use crate::{applies, plans, workspaces};

const TITLE: &str = "force-execute not possible";

/// Discards the run that holds the workspace and waits for a decision, cancels those that wait before this one, and
/// starts this one.
pub async fn force_execute(app: &App, id: &RunId, actor: &UserId) -> ApiResult<()> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let run = store::find(&mut tx, id).await?.ok_or_else(ApiError::not_found)?;
    workspaces::store::guard(&mut tx, &run.workspace_id, now).await?;
    let run = store::find(&mut tx, id).await?.ok_or_else(ApiError::not_found)?;
    if run.status != RunStatus::Pending {
        let status = run.status.as_str();
        return Err(forbidden(format!("the run is not pending, it is {status}; it needs no force")));
    }
    let holder = holder(&mut tx, &run).await?;
    store::note(&mut tx, id, ("force_executed", "Run started by force"), now).await?;
    let passed = store::pending_before(&mut tx, &run).await?;
    for earlier in &passed {
        end(&mut tx, earlier, RunStatus::Canceled, actor, now).await?;
    }
    end(&mut tx, &holder, RunStatus::Discarded, actor, now).await?;
    store::set_discarded_by(&mut tx, &holder.id, actor).await?;
    let queued = scheduler::release_workspace(&mut tx, &run.workspace_id, &holder.id, now).await?;
    tx.commit().await?;
    for ended in passed.iter().chain([&holder]) {
        app.wake.wake_log(ended.plan_id.as_str());
    }
    if queued {
        app.wake.wake_jobs();
    }
    Ok(())
}

/// The run that holds the workspace: force is for one that waits for a decision.
async fn holder(tx: &mut Tx, run: &Run) -> ApiResult<Run> {
    let workspace = workspaces::store::find(&mut *tx, &run.workspace_id).await?;
    let lock = workspace.as_ref().and_then(|workspace| workspace.lock());
    let Some((kind, holder)) = lock else {
        return Err(forbidden("the workspace is not locked by a run; the run starts by itself".to_owned()));
    };
    if kind != LockKind::Run {
        return Err(ApiError::conflict(
            "the workspace is locked by a person, not by a run that can be discarded; unlock it first",
        ));
    }
    let holder = store::find(&mut *tx, &holder.to_owned().into()).await?.ok_or_else(ApiError::not_found)?;
    if !holder.status.is_discardable() {
        let (id, status) = (&holder.id, holder.status.as_str());
        return Err(ApiError::conflict(format!(
            "the workspace is locked by {id}, which cannot be discarded: it is {status}; cancel it or wait for its end"
        )));
    }
    Ok(holder)
}

fn forbidden(detail: String) -> ApiError {
    ApiError::Told(terrane_jsonapi::Errors::new(403, TITLE, detail))
}

/// Ends a run that no agent works on.
async fn end(tx: &mut Tx, run: &Run, status: RunStatus, actor: &UserId, now: Time) -> ApiResult<()> {
    if run.status == RunStatus::Pending {
        plans::store::advance(tx, &run.plan_id, PlanStatus::Pending, PlanStatus::Unreachable, now).await?;
    }
    applies::store::give_up(tx, &run.id).await?;
    store::advance(tx, &run.id, run.status, status, Some(actor), now).await?;
    if status == RunStatus::Canceled {
        store::set_canceled_by(tx, &run.id, actor, now).await?;
    }
    Ok(())
}
