//! Request documents, read up to the limit.

use super::error::ApiError;
use crate::app::App;
use axum::extract::{FromRequest, Request};
use terrane_jsonapi::{Errors, Incoming};

/// A JSON:API request document. Any content type is accepted (api-contract section 20 row 20).
#[derive(Debug)]
pub struct Body(pub Incoming);

impl FromRequest<App> for Body {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        read_document(request.into_body(), app.config.limits.document_bytes_max).await.map(Self)
    }
}

/// Reads a document of at most `limit` bytes.
pub async fn read_document(body: axum::body::Body, limit: usize) -> Result<Incoming, ApiError> {
    let bytes = axum::body::to_bytes(body, limit).await.map_err(|_| {
        Errors::new(413, "body too large", format!("the body is cut off or larger than {limit} bytes"))
    })?;
    Ok(Incoming::parse(&bytes)?)
}
