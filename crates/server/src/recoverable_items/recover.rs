//! `PUT /recoverable-items/:id/actions/recover`: the workspace once more, with the settings and the state that it had.

use super::store::{self, RecoverableItem};
use crate::app::App;
use crate::ids::{RecoverableItemId, UserId};
use crate::platform::http::{ApiError, ApiResult};
use crate::platform::objects;
use crate::state_versions::{self, NewState};
use crate::{organizations, workspaces};

const TITLE: &str = "unprocessable content";

/// Makes the workspace again, under its id and name. Its runs, variables and older states are gone for good.
///
/// # Errors
/// 422 while its apply is still under way, when its name is taken meanwhile, and when its organization is gone.
pub(super) async fn recover(app: &App, id: &RecoverableItemId, by: &UserId) -> ApiResult<()> {
    let item = store::find(&app.db, id).await?.ok_or_else(ApiError::not_found)?;
    let object = match item.object_id.as_deref().filter(|_| !item.is_written) {
        Some(object) => objects::store::find(&app.db, object).await?.ok_or_else(ApiError::not_found)?,
        None => return Err(refused("its apply is still under way; try again when that has ended")),
    };
    // Not in the transaction: a state may be large.
    let contents = state_versions::contents_of(app, &object).await?;
    let mut tx = app.db.begin().await?;
    let held = store::hold(&mut tx, id).await?.ok_or_else(ApiError::not_found)?;
    if held.object_id != item.object_id {
        return Err(refused("its state has changed at the same time; try again"));
    }
    let organization = organizations::store::by_id(&mut tx, &item.organization_id).await?;
    let gone = "its organization is deleted; download the state and push it into another workspace";
    let organization = organization.ok_or_else(|| refused(gone))?;
    workspaces::restore(app, &mut tx, &item, organization.name, by).await?;
    let state = NewState {
        workspace_id: &item.workspace_id,
        serial: item.serial.unwrap_or(0),
        lineage: item.lineage.as_deref(),
        md5: item.md5.as_deref().unwrap_or_default(),
        run: None,
        creator: by,
        rollback_of: None,
    };
    state_versions::make_current_with(app, &mut tx, &state, (&object, &contents), None).await?;
    store::delete(&mut tx, id).await?;
    tx.commit().await?;
    told(&item);
    Ok(())
}

fn refused(why: &str) -> ApiError {
    ApiError::unprocessable(TITLE, format!("Recoverable item cannot be recovered: {why}"))
}

fn told(item: &RecoverableItem) {
    tracing::info!(item.id = %item.id, workspace.id = %item.workspace_id, "a deleted workspace is recovered");
}
