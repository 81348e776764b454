//! `PUT` of what a job leaves to a signed URL: plan file, JSON plan, errored state.

use crate::app::App;
use crate::ids::JobId;
use crate::platform::http::{ApiError, ApiResult};
use crate::platform::objects::{self, hex};
use crate::platform::scheduler;
use axum::Json;
use axum::body::Body;
use axum::response::IntoResponse;
use terrane_wire::StoredObject;

/// Stores what an agent sends. A repeat is accepted, and the first one stays.
pub async fn upload(app: &App, subject: &str, purpose: &str, body: Body) -> ApiResult {
    let (id, epoch) = subject.split_once(':').ok_or_else(ApiError::not_found)?;
    let id = JobId::from(id.to_owned());
    let job = scheduler::store::find(&app.db, &id).await?.ok_or_else(ApiError::not_found)?;
    if job.lease.agent.is_none() || job.lease.epoch.to_string() != epoch {
        return Err(ApiError::conflict("this lease has been given to another agent"));
    }
    let object = objects::receive(app, body, app.config.limits.plan_object_bytes_max).await?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    objects::store::insert(&mut tx, &object, now).await?;
    if !scheduler::store::put_upload(&mut tx, &id, purpose, object.id.as_str()).await? {
        objects::store::discard(&mut tx, object.id.as_str(), now).await?;
    }
    tx.commit().await?;
    Ok(Json(StoredObject { sha256: hex(&object.sha256), size_bytes: object.size_bytes }).into_response())
}
