//! Stored states, read back.

use super::contents::{self, Contents, ContentsError};
use crate::app::App;
use crate::platform::db::Exec;
use crate::platform::http::{ApiError, ApiResult};
use crate::platform::objects;
use crate::state_versions::store::StateVersion;
use bytes::{Buf, Bytes};
use std::io::{self, Read};
use terrane_blob::{Object, Reader};
use tokio::runtime::Handle;

/// What a stored state says. It is read as a stream and checked against its digest on the way.
///
/// # Errors
/// 422 when it is no state file; 500 when it cannot be read as it was written.
pub async fn contents_of(app: &App, object: &Object) -> ApiResult<Contents> {
    parse(app, object, |reader| contents::read(reader)).await
}

/// Refuses what is no JSON at all.
pub(super) async fn check_json(app: &App, object: &Object) -> ApiResult<()> {
    parse(app, object, |reader| contents::check_json(reader)).await
}

async fn parse<T: Send + 'static>(
    app: &App,
    object: &Object,
    read: impl FnOnce(&mut Frames) -> Result<T, ContentsError> + Send + 'static,
) -> ApiResult<T> {
    let mut frames = Frames {
        handle: Handle::current(),
        reader: app.blobs.read(object).await?,
        rest: Bytes::new(),
        failed: None,
    };
    let parsed = tokio::task::spawn_blocking(move || {
        let parsed = read(&mut frames);
        (parsed, frames.failed)
    });
    let (parsed, failed) = parsed.await.map_err(|error| ApiError::Broken(error.to_string()))?;
    if let Some(error) = failed {
        return Err(error.into());
    }
    parsed.map_err(|error| refusal(&error))
}

/// What a writer is told about bytes that are no state.
pub(super) fn refusal(error: &ContentsError) -> ApiError {
    ApiError::unprocessable("invalid state", format!("the state cannot be used: {error}"))
}

/// An object's frames as a blocking reader.
struct Frames {
    handle: Handle,
    reader: Reader,
    rest: Bytes,
    /// Kept beside, because a parser makes one error of all that happens to its reader.
    failed: Option<terrane_blob::Error>,
}

impl Read for Frames {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.rest.is_empty() {
            match self.handle.block_on(self.reader.next()) {
                None => return Ok(0),
                Some(Ok(bytes)) => self.rest = bytes,
                Some(Err(error)) => {
                    self.failed = Some(error);
                    return Err(io::Error::other("the stored object cannot be read"));
                }
            }
        }
        let count = buffer.len().min(self.rest.len());
        self.rest.copy_to_slice(&mut buffer[..count]);
        Ok(count)
    }
}

/// The stored bytes of a finalized state version's state, in memory.
///
/// # Errors
/// 404 when it has none; 500 when they cannot be read as they were written.
pub async fn state_of(app: &App, exec: impl Exec, version: &StateVersion) -> ApiResult<Bytes> {
    let id = version.object_id.as_deref().ok_or_else(ApiError::not_found)?;
    let object = objects::store::find(exec, id).await?.ok_or_else(ApiError::not_found)?;
    Ok(app.blobs.get(&object, app.config.limits.state_bytes_max).await?)
}
