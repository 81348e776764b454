//! Deletes stored objects that nothing names any more.

use super::store;
use crate::app::App;
use crate::clock::Time;
use crate::platform::http::ApiError;
use crate::provider_schemas;
use std::time::Duration;
use terrane_blob::ObjectId;

const PAUSE: Duration = Duration::from_secs(60);
/// A read that began before the object was discarded may go on for so long.
const KEEP_MICROS: i64 = 60_000_000;

/// Sweeps once a minute until the server stops.
pub async fn sweep_forever(app: App) {
    while app.stopping.run_until_cancelled(tokio::time::sleep(PAUSE)).await.is_some() {
        if let Err(error) = sweep(&app).await {
            tracing::warn!(%error, "failed to sweep discarded objects; trying again in a minute");
        }
    }
}

async fn sweep(app: &App) -> Result<(), ApiError> {
    provider_schemas::sweep(app).await?;
    for id in store::garbage(&app.db, Time(app.clock.now().0 - KEEP_MICROS)).await? {
        if let Ok(object_id) = ObjectId::parse(&id) {
            app.blobs.delete(&object_id).await?;
        }
        let mut tx = app.db.begin().await?;
        store::forget(&mut tx, &id).await?;
        tx.commit().await?;
    }
    Ok(())
}
