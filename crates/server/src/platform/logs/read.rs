//! A whole log, piece by piece, for what the server itself reads from it.

use super::model::LogId;
use super::store;
use crate::app::App;
use crate::platform::http::{ApiError, ApiResult};
use crate::platform::objects;

/// Hands every stored byte of a log to `take`, in order.
pub async fn for_each_piece(app: &App, log: &LogId, mut take: impl FnMut(&[u8])) -> ApiResult<()> {
    let Some(state) = store::find(&app.db, log).await? else { return Ok(()) };
    let mut offset = 0;
    while offset < state.size_bytes {
        let before = offset;
        for chunk in store::from(&app.db, log, offset).await? {
            if chunk.start_offset == offset {
                take(&chunk.bytes);
                offset += i64::try_from(chunk.bytes.len()).unwrap_or(i64::MAX);
            }
        }
        if offset == before {
            return from_object(app, log, u64::try_from(offset).unwrap_or(0), take).await;
        }
    }
    Ok(())
}

/// The log was compacted meanwhile.
async fn from_object(app: &App, log: &LogId, offset: u64, mut take: impl FnMut(&[u8])) -> ApiResult<()> {
    let Some(id) = store::find(&app.db, log).await?.and_then(|state| state.object_id) else { return Ok(()) };
    let object = objects::store::find(&app.db, &id).await?.ok_or_else(ApiError::not_found)?;
    let mut skip = usize::try_from(offset).unwrap_or(usize::MAX);
    let mut reader = app.blobs.read(&object).await?;
    while let Some(bytes) = reader.next().await {
        let bytes = bytes?;
        take(bytes.get(skip..).unwrap_or_default());
        skip = skip.saturating_sub(bytes.len());
    }
    Ok(())
}
