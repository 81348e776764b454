//! `POST …/actions/safe-delete`: deletes a workspace only when nothing is lost with it. The words of the refusals are
//! what clients look for (api-contract 2.4).

use super::{delete, store};
use crate::app::App;
use crate::platform::access::{Granted, WorkspaceScope};
use crate::platform::http::{ApiError, ApiResult};
use crate::state_versions;

/// Deletes a workspace that is not locked, whose state has come, and that manages nothing.
///
/// # Errors
/// 409 otherwise.
pub(super) async fn safe_delete(app: &App, granted: &Granted<WorkspaceScope>) -> ApiResult<()> {
    let (id, now) = (&granted.workspace_id, app.clock.now());
    let mut tx = app.db.begin().await?;
    store::guard(&mut tx, id, now).await?;
    let workspace = store::find(&mut tx, id).await?.ok_or_else(ApiError::not_found)?;
    if let Some((kind, _)) = workspace.lock() {
        let detail = format!(
            "The workspace cannot be deleted safely: it is locked by a {}. Unlock it first, or force-delete it.",
            kind.as_str()
        );
        return Err(ApiError::conflict(detail));
    }
    if state_versions::store::pending(&mut tx, id).await?.is_some() {
        let detail = "The workspace cannot be deleted safely: its latest state is still being processed. Try again \
                      when its upload has ended, or force-delete it.";
        return Err(ApiError::conflict(detail));
    }
    if workspace.resource_count > 0 {
        let detail = format!(
            "The workspace is not safe to delete: it manages {} resources. Destroy them first, or force-delete it.",
            workspace.resource_count
        );
        return Err(ApiError::conflict(detail));
    }
    let orphans = delete::delete_in(app, &mut tx, id, &granted.caller().user_id, now).await?;
    tx.commit().await?;
    orphans.iter().for_each(|job| app.wake.wake_job(job));
    Ok(())
}
