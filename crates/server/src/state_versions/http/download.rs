//! Stored states behind signed URLs.

use crate::app::App;
use crate::clock::Time;
use crate::ids::StateVersionId;
use crate::platform::http::{ApiError, ApiResult, Purpose};
use crate::platform::objects;
use crate::state_versions::store::{self, StateVersion};
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use secrecy::ExposeSecret;

/// Download URLs change this often, so that two reads of a document can be compared, and live that much longer.
const STEP_MICROS: i64 = 3_600_000_000;

/// A URL that is good for 25 hours at least and 26 at the most (api-contract section 7).
pub(super) fn download_url(app: &App, purpose: Purpose, version: &StateVersion) -> String {
    let age = (app.clock.now().0 - version.created_at.0).max(0);
    let step = Time(version.created_at.0 + (age / STEP_MICROS + 1) * STEP_MICROS);
    let expires = step.plus(app.config.limits.object_url_life);
    app.url(app.signer.stable_path(purpose, version.id.as_str(), expires).expose_secret())
}

/// `GET /state-versions/:id/download`: 302 to the same URL; 404 while there is no state.
pub(super) async fn redirect(State(app): State<App>, Path(id): Path<String>) -> ApiResult {
    let version = store::find(&app.db, &StateVersionId::from(id)).await?;
    let version = version.filter(|version| version.object_id.is_some()).ok_or_else(ApiError::not_found)?;
    let url = download_url(&app, Purpose::StateDownload, &version);
    Ok((StatusCode::FOUND, [(header::LOCATION, url)]).into_response())
}

/// The state as it was written, checked against its digest. Never empty: clients take an empty body for "no state".
pub async fn read_state(app: &App, id: &str) -> ApiResult {
    read(app, id, |version| version.object_id).await
}

/// Its JSON form, the same.
pub async fn read_json_state(app: &App, id: &str) -> ApiResult {
    read(app, id, |version| version.json_object_id).await
}

async fn read(app: &App, id: &str, which: fn(StateVersion) -> Option<String>) -> ApiResult {
    let id = StateVersionId::from(id.to_owned());
    let version = store::find(&app.db, &id).await?.ok_or_else(ApiError::not_found)?;
    objects::answer(app, which(version).as_deref(), "application/json").await
}
