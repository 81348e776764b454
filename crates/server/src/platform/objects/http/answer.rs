//! Answers a request with a stored object.

use super::super::store;
use crate::app::App;
use crate::platform::http::{ApiError, ApiResult};
use axum::body::Body;
use axum::http::header;
use axum::response::IntoResponse;

/// The object's bytes as they were written, checked against their digest on the way; 404 when there is none.
pub async fn answer(app: &App, id: Option<&str>, content_type: &'static str) -> ApiResult {
    let id = id.ok_or_else(ApiError::not_found)?;
    let object = store::find(&app.db, id).await?.ok_or_else(ApiError::not_found)?;
    let size = object.size_bytes;
    let reader = app.blobs.read(&object).await?;
    let headers =
        [(header::CONTENT_TYPE, content_type.to_owned()), (header::CONTENT_LENGTH, size.to_string())];
    Ok((headers, Body::from_stream(reader.into_stream())).into_response())
}
