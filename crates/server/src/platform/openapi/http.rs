//! `GET /api/v2/openapi.json`.

use super::document;
use crate::platform::access::Needs;
use crate::platform::http::{ApiError, ApiResult, Route, get};
use crate::router;
use axum::http::header;
use axum::response::IntoResponse;
use bytes::Bytes;
use std::sync::OnceLock;

/// This folder's routes.
pub fn routes() -> Vec<Route> {
    vec![get("/api/v2/openapi.json", "getOpenapi", Needs::Anonymous, show)]
}

async fn show() -> ApiResult {
    static TEXT: OnceLock<Result<Bytes, String>> = OnceLock::new();
    let text = TEXT.get_or_init(|| {
        let document = document(&router::routes(), router::operations())?;
        Ok(document.to_string().into())
    });
    let text = text.clone().map_err(ApiError::Broken)?;
    Ok(([(header::CONTENT_TYPE, "application/json")], text).into_response())
}
