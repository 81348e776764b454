//! Removes the schemas that no plan names.

use super::store;
use crate::app::App;
use crate::clock::Time;
use crate::platform::http::ApiError;
use crate::platform::objects;

/// Kept for so long without a plan, because the next one is likely to have the same. A job that was told that they are
/// known must have ended by then.
const KEEP_MICROS: i64 = 24 * 3600 * 1_000_000;

/// Marks them for deletion.
pub async fn sweep(app: &App) -> Result<(), ApiError> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    for kept in store::forget_unused(&mut tx, Time(now.0 - KEEP_MICROS)).await? {
        objects::store::discard(&mut tx, &kept.object_id, now).await?;
    }
    Ok(tx.commit().await?)
}
