//! Moves the log of an ended phase from rows to one stored object.

use super::model::LogId;
use super::store;
use crate::app::App;
use crate::platform::http::ApiError;
use crate::platform::objects;
use terrane_blob::ObjectId;

/// Compacts one log. Readers find the bytes at every moment: in the rows until the commit, in the object after it.
pub async fn compact(app: &App, log: &LogId) -> Result<(), ApiError> {
    let Some(state) = store::find(&app.db, log).await? else { return Ok(()) };
    if state.object_id.is_some() || state.size_bytes == 0 {
        return Ok(());
    }
    let mut writer = app.blobs.writer(ObjectId::random());
    let mut offset = 0;
    while offset < state.size_bytes {
        let before = offset;
        for chunk in store::from(&app.db, log, offset).await? {
            if chunk.start_offset == offset {
                writer.write(&chunk.bytes).await?;
                offset += i64::try_from(chunk.bytes.len()).unwrap_or(i64::MAX);
            }
        }
        if offset == before {
            // The workspace was deleted, or another server compacts the same log.
            writer.abort().await;
            return Ok(());
        }
    }
    let object = writer.finish().await?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    objects::store::insert(&mut tx, &object, now).await?;
    if store::set_object(&mut tx, log, object.id.as_str(), state.size_bytes).await? {
        store::delete(&mut tx, log).await?;
    } else {
        objects::store::discard(&mut tx, object.id.as_str(), now).await?;
    }
    Ok(tx.commit().await?)
}
