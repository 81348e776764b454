//! `POST /runs/:id/actions/apply` (api-contract 4.6).

use super::model::RunStatus;
use super::saved::take_workspace;
use super::store;
use crate::app::App;
use crate::comments;
use crate::ids::{RunId, UserId};
use crate::platform::http::{ApiError, ApiResult};
use crate::platform::scheduler;
use crate::{plans, workspaces};

/// Approves a run that waits for it: what its plan file says is applied. One whose plan was saved takes its workspace
/// only now (api-contract 4.8).
pub async fn confirm(app: &App, id: &RunId, actor: &UserId, comment: Option<String>) -> ApiResult<()> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let run = store::find(&mut tx, id).await?.ok_or_else(ApiError::not_found)?;
    workspaces::store::guard(&mut tx, &run.workspace_id, now).await?;
    let run = store::find(&mut tx, id).await?.ok_or_else(ApiError::not_found)?;
    if !run.status.is_confirmable() {
        let status = run.status.as_str();
        return Err(ApiError::conflict(format!("the run cannot be applied: it is {status}")));
    }
    let made = plans::store::made(&mut tx, id).await?;
    let Some(made) = made.filter(|made| made.plan_file_object_id.is_some()) else {
        return Err(ApiError::conflict("the run cannot be applied: its plan file is not kept any more"));
    };
    if run.status == RunStatus::PlannedAndSaved {
        take_workspace(&mut tx, &run, made.state_version_id.as_deref(), now).await?;
    }
    store::advance(&mut tx, id, run.status, RunStatus::Confirmed, Some(actor), now).await?;
    store::set_confirmed_by(&mut tx, id, actor).await?;
    comments::add(&mut tx, id, comment, actor, now).await?;
    scheduler::queue_apply(&mut tx, id, &run.apply_id, now).await?;
    tx.commit().await?;
    app.wake.wake_log(run.apply_id.as_str());
    app.wake.wake_jobs();
    Ok(())
}
