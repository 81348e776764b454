//! `DELETE /workspaces/:id`: at once, whatever it is doing (api-contract section 20 row 16).

use super::store;
use crate::app::App;
use crate::clock::Time;
use crate::ids::{JobId, UserId, WorkspaceId};
use crate::platform::access::{Granted, WorkspaceScope};
use crate::platform::db::Tx;
use crate::platform::http::ApiResult;
use crate::platform::{objects, scheduler};
use crate::recoverable_items;

/// Deletes a workspace with its runs, plans, logs, variables and configurations. Its last state is kept for a while
/// ([`recoverable_items`]). Agents that plan for it hear at their next call that their job is gone, and end the engine;
/// one whose apply is under way is told to interrupt it.
pub async fn delete(app: &App, granted: &Granted<WorkspaceScope>) -> ApiResult<()> {
    let mut tx = app.db.begin().await?;
    let by = &granted.caller().user_id;
    let jobs = delete_in(app, &mut tx, &granted.workspace_id, by, app.clock.now()).await?;
    tx.commit().await?;
    jobs.iter().for_each(|job| app.wake.wake_job(job));
    Ok(())
}

/// The same inside a larger deletion; the jobs that must be told.
pub async fn delete_in(
    app: &App,
    tx: &mut Tx,
    id: &WorkspaceId,
    by: &UserId,
    now: Time,
) -> ApiResult<Vec<JobId>> {
    store::guard(tx, id, now).await?;
    let kept = match store::find(&mut *tx, id).await? {
        Some(workspace) => recoverable_items::keep(app, tx, &workspace, by, now).await?,
        None => None,
    };
    let jobs = scheduler::store::delete_of_workspace(tx, id).await?;
    objects::store::discard_workspace(tx, id.as_str(), now).await?;
    if let Some(kept) = kept {
        objects::store::spare(tx, &kept).await?;
    }
    store::delete(tx, id).await?;
    Ok(jobs)
}
