//! `DELETE /workspaces/:id`: at once, whatever it is doing (api-contract section 20 row 16).

use super::store;
use crate::app::App;
use crate::ids::{JobId, WorkspaceId};
use crate::platform::access::{Granted, WorkspaceScope};
use crate::platform::db::{DbError, Tx};
use crate::platform::http::ApiResult;
use crate::platform::{objects, scheduler};

/// Deletes a workspace with its runs, plans, logs, variables and configurations. Agents that work for it hear at
/// their next call that their job is gone, and end the engine.
pub async fn delete(app: &App, granted: &Granted<WorkspaceScope>) -> ApiResult<()> {
    let mut tx = app.db.begin().await?;
    let orphans = delete_in(&mut tx, &granted.workspace_id, app.clock.now()).await?;
    tx.commit().await?;
    orphans.iter().for_each(|job| app.wake.wake_job(job));
    Ok(())
}

/// The same inside a larger deletion; the jobs that must be told.
pub async fn delete_in(
    tx: &mut Tx,
    id: &WorkspaceId,
    now: crate::clock::Time,
) -> Result<Vec<JobId>, DbError> {
    store::guard(tx, id, now).await?;
    let jobs = scheduler::store::delete_of_workspace(tx, id).await?;
    objects::store::discard_workspace(tx, id.as_str(), now).await?;
    store::delete(tx, id).await?;
    Ok(jobs)
}
