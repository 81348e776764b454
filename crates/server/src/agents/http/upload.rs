//! `PUT` of what a job leaves to a signed URL: plan file, JSON plan, errored state.

use crate::app::App;
use crate::ids::JobId;
use crate::platform::http::{ApiError, ApiResult};
use crate::platform::objects::{self, hex};
use crate::platform::scheduler;
use axum::Json;
use axum::body::Body;
use axum::response::IntoResponse;
use futures_util::StreamExt;
use terrane_blob::{Object, ObjectId};
use terrane_jsonapi::Errors;
use terrane_wire::StoredObject;

/// Stores what an agent sends. A repeat is accepted, and the first one stays.
pub async fn upload(app: &App, subject: &str, purpose: &str, body: Body) -> ApiResult {
    let (id, epoch) = subject.split_once(':').ok_or_else(ApiError::not_found)?;
    let id = JobId::from(id.to_owned());
    let job = scheduler::store::find(&app.db, &id).await?.ok_or_else(ApiError::not_found)?;
    if job.lease.agent.is_none() || job.lease.epoch.to_string() != epoch {
        return Err(ApiError::conflict("this lease has been given to another agent"));
    }
    let object = store_body(app, body, app.config.limits.plan_object_bytes_max).await?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    objects::store::insert(&mut tx, &object, now).await?;
    if !scheduler::store::put_upload(&mut tx, &id, purpose, object.id.as_str()).await? {
        objects::store::discard(&mut tx, object.id.as_str(), now).await?;
    }
    tx.commit().await?;
    Ok(Json(StoredObject { sha256: hex(&object.sha256), size_bytes: object.size_bytes }).into_response())
}

/// Streams a request's body into a new object. A body that stops arriving, or is cut off, leaves nothing.
pub(crate) async fn store_body(app: &App, body: Body, bytes_max: u64) -> ApiResult<Object> {
    store_hashed(app, body, bytes_max, |_| {}).await
}

/// The same, and every piece is shown to `look` on the way.
pub(crate) async fn store_hashed(
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
