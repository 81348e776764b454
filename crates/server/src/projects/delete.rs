//! `DELETE /projects/:id`: only an empty one, and never the default one.

use super::store;
use crate::app::App;
use crate::ids::ProjectId;
use crate::platform::db::DbError;
use crate::platform::http::{ApiError, ApiResult};

/// Deletes a project without workspaces.
///
/// # Errors
/// 409 while it has some, and for the default one.
pub(super) async fn delete(app: &App, id: &ProjectId) -> ApiResult<()> {
    let mut tx = app.db.begin().await?;
    store::hold(&mut tx, id).await?;
    let project = store::find(&mut tx, id).await?.ok_or_else(ApiError::not_found)?;
    if project.is_default {
        let detail = "The default project cannot be deleted: it takes the workspaces that name no project.";
        return Err(ApiError::conflict(detail));
    }
    let full = || {
        ApiError::conflict(
            "The project cannot be deleted while it has workspaces: move or delete them first.",
        )
    };
    if project.workspace_count > 0 {
        return Err(full());
    }
    // A workspace that comes at this moment keeps its project.
    match store::delete(&mut tx, id).await {
        Err(DbError::Missing(_)) => Err(full()),
        deleted => {
            deleted?;
            Ok(tx.commit().await?)
        }
    }
}
