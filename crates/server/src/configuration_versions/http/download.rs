//! The stored archive behind a signed URL.

use crate::app::App;
use crate::configuration_versions::store;
use crate::ids::ConfigurationVersionId;
use crate::platform::http::{ApiError, ApiResult};
use crate::platform::objects;
use axum::body::Body;
use axum::http::header;
use axum::response::IntoResponse;

/// The bytes as uploaded, checked against their digest.
pub async fn read_archive(app: &App, id: &str) -> ApiResult {
    let id = ConfigurationVersionId::from(id.to_owned());
    let version = store::find(&app.db, &id).await?.ok_or_else(ApiError::not_found)?;
    let object = version.object_id.ok_or_else(ApiError::not_found)?;
    let object = objects::store::find(&app.db, &object).await?.ok_or_else(ApiError::not_found)?;
    let size = object.size_bytes;
    let reader = app.blobs.read(&object).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/gzip".to_owned()),
        (header::CONTENT_LENGTH, size.to_string()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{id}.tar.gz\"")),
    ];
    Ok((headers, Body::from_stream(reader.into_stream())).into_response())
}
