//! The end of a recoverable item: by its age, or because somebody says so.

use super::store::{self, RecoverableItem};
use crate::app::App;
use crate::clock::Time;
use crate::ids::RecoverableItemId;
use crate::platform::db::{DbError, Tx};
use crate::platform::http::{ApiError, ApiResult};
use crate::platform::objects;

/// Deletes what was kept long enough.
pub async fn forget_expired(app: &App) -> ApiResult<()> {
    let now = app.clock.now();
    for item in store::expired(&app.db, now).await? {
        let mut tx = app.db.begin().await?;
        // Somebody may have recovered it just now, or an apply may have written.
        let Some(item) = store::hold(&mut tx, &item.id).await? else { continue };
        forget(&mut tx, &item, now).await?;
        tx.commit().await?;
        tracing::info!(item.id = %item.id, workspace.name = item.workspace_name, "a deleted workspace's state is gone");
    }
    Ok(())
}

/// Deletes one before its time. What an apply that still goes on writes is not kept then.
pub(super) async fn forget_now(app: &App, id: &RecoverableItemId) -> ApiResult<()> {
    let mut tx = app.db.begin().await?;
    let item = store::hold(&mut tx, id).await?.ok_or_else(ApiError::not_found)?;
    forget(&mut tx, &item, app.clock.now()).await?;
    Ok(tx.commit().await?)
}

/// Deletes an item with its state. The caller has its row.
pub(super) async fn forget(tx: &mut Tx, item: &RecoverableItem, now: Time) -> Result<(), DbError> {
    store::delete(tx, &item.id).await?;
    if let Some(object) = &item.object_id {
        objects::store::discard(tx, object, now).await?;
    }
    Ok(())
}
