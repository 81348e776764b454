//! `PUT` of what a job leaves to a signed URL: plan file, JSON plan, redacted plan, provider schemas, errored state.

use crate::app::App;
use crate::applies::ERRORED_STATE;
use crate::ids::{JobId, RecoverableItemId};
use crate::platform::http::{ApiError, ApiResult, no_content};
use crate::platform::objects::{self, hex};
use crate::platform::scheduler::{self, store::Job};
use crate::{provider_schemas, recoverable_items, state_versions};
use axum::Json;
use axum::body::Body;
use axum::http::HeaderValue;
use axum::response::IntoResponse;
use md5::{Digest, Md5};
use terrane_blob::Object;
use terrane_wire::StoredObject;

/// Stores what an agent sends. A repeat is accepted, and the first one stays.
pub async fn upload(app: &App, subject: &str, purpose: &str, body: Body) -> ApiResult {
    let job = leased(app, subject).await?;
    let object = objects::receive(app, body, app.config.limits.plan_object_bytes_max).await?;
    if let Some(item) = &job.orphan_of {
        return orphaned(app, item, purpose, object).await;
    }
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    objects::store::insert(&mut tx, &object, now).await?;
    if !scheduler::store::put_upload(&mut tx, &job.id, purpose, object.id.as_str()).await? {
        objects::store::discard(&mut tx, object.id.as_str(), now).await?;
    }
    tx.commit().await?;
    Ok(Json(StoredObject { sha256: hex(&object.sha256), size_bytes: object.size_bytes }).into_response())
}

/// Answers an offer of provider schemas ([`terrane_wire::OFFER_HEADER`]): 204 when the server has them, so that they need
/// only be reported, 404 when it wants them.
pub async fn take_offer(app: &App, subject: &str, offer: &HeaderValue) -> ApiResult {
    leased(app, subject).await?;
    let sha256 = offer.to_str().unwrap_or_default();
    let mut tx = app.db.begin().await?;
    let is_known = provider_schemas::is_known(&mut tx, sha256, app.clock.now()).await?;
    tx.commit().await?;
    if is_known { Ok(no_content()) } else { Err(ApiError::not_found()) }
}

/// The job that a URL is for, while it is of the lease that the URL was given to.
async fn leased(app: &App, subject: &str) -> ApiResult<Job> {
    let (id, epoch) = subject.split_once(':').ok_or_else(ApiError::not_found)?;
    let id = JobId::from(id.to_owned());
    let job = scheduler::store::find(&app.db, &id).await?.ok_or_else(ApiError::not_found)?;
    if job.lease.agent.is_none() || job.lease.epoch.to_string() != epoch {
        return Err(ApiError::conflict("this lease has been given to another agent"));
    }
    Ok(job)
}

/// Of a deleted workspace an `errored.tfstate` is kept: it comes after every state that was written.
async fn orphaned(app: &App, item: &RecoverableItemId, purpose: &str, object: Object) -> ApiResult {
    let answer = StoredObject { sha256: hex(&object.sha256), size_bytes: object.size_bytes };
    // A file that is no state says nothing.
    let contents = match purpose {
        ERRORED_STATE => state_versions::contents_of(app, &object).await.ok(),
        _ => None,
    };
    let Some(contents) = contents else {
        // No row names it, so it cannot be read; deleting it only saves space.
        let _ = app.blobs.delete(&object.id).await;
        return Ok(Json(answer).into_response());
    };
    let bytes = app.blobs.get(&object, app.config.limits.state_bytes_max).await?;
    let state = recoverable_items::Written {
        sequence: i64::MAX,
        serial: contents.serial.unwrap_or(0),
        lineage: contents.lineage.as_deref(),
        md5: &hex(&Md5::digest(&bytes)),
        object: &object,
        contents: &contents,
    };
    let mut tx = app.db.begin().await?;
    recoverable_items::keep_state(app, &mut tx, item, state).await?;
    tx.commit().await?;
    Ok(Json(answer).into_response())
}
