//! A request's body becomes a stored object.

use crate::app::App;
use crate::platform::http::ApiResult;
use axum::body::Body;
use futures_util::StreamExt;
use terrane_blob::{Object, ObjectId};
use terrane_jsonapi::Errors;

/// Streams a request's body into a new object. A body that stops arriving, or is cut off, leaves nothing.
pub async fn receive(app: &App, body: Body, bytes_max: u64) -> ApiResult<Object> {
    receive_hashed(app, body, bytes_max, |_| {}).await
}

/// The same, and every piece is shown to `look` on the way.
pub async fn receive_hashed(
    app: &App,
    body: Body,
    bytes_max: u64,
    mut look: impl FnMut(&[u8]) + Send,
) -> ApiResult<Object> {
    let mut writer = app.blobs.writer(ObjectId::random());
    let mut body = body.into_data_stream();
    let idle = app.config.limits.body_idle_timeout;
    loop {
        let refused = match tokio::time::timeout(idle, body.next()).await {
            Ok(None) => return Ok(writer.finish().await?),
            Ok(Some(Ok(bytes))) if writer.bytes_written() + bytes.len() as u64 <= bytes_max => {
                look(&bytes);
                writer.write(&bytes).await?;
                continue;
            }
            Ok(Some(Ok(_))) => {
                Errors::new(413, "body too large", format!("the body is larger than {bytes_max} bytes"))
            }
            Ok(Some(Err(_))) => Errors::malformed("the body was cut off; send it again"),
            Err(_) => Errors::new(
                408,
                "request timeout",
                format!("no bytes for {} s; send it again", idle.as_secs()),
            ),
        };
        writer.abort().await;
        return Err(refused.into());
    }
}
