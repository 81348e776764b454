//! Request documents, read up to the limit.

use super::error::ApiError;
use crate::app::App;
use axum::extract::{FromRequest, Request};
use terrane_jsonapi::{Errors, Incoming, Item, parse_items};

/// A JSON:API request document. Any content type is accepted (api-contract section 20 row 20).
#[derive(Debug)]
pub struct Body(pub Incoming);

impl FromRequest<App> for Body {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        read_document(request.into_body(), app.config.limits.document_bytes_max).await.map(Self)
    }
}

/// A request document about several resources; an empty body is an empty list.
#[derive(Debug)]
pub struct ListBody(pub Vec<Incoming>);

impl FromRequest<App> for ListBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        let bytes = read_bytes(request.into_body(), app.config.limits.document_bytes_max).await?;
        Ok(Self(Incoming::parse_list(&bytes)?))
    }
}

/// The same, each resource with its place in the document.
#[derive(Debug)]
pub struct Items(pub Vec<Item>);

impl FromRequest<App> for Items {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        let bytes = read_bytes(request.into_body(), app.config.limits.document_bytes_max).await?;
        Ok(Self(parse_items(&bytes)?))
    }
}

/// Reads a document of at most `limit` bytes.
pub async fn read_document(body: axum::body::Body, limit: usize) -> Result<Incoming, ApiError> {
    Ok(Incoming::parse(&read_bytes(body, limit).await?)?)
}

async fn read_bytes(body: axum::body::Body, limit: usize) -> Result<axum::body::Bytes, ApiError> {
    let read = axum::body::to_bytes(body, limit).await;
    let too_large =
        |_| Errors::new(413, "body too large", format!("the body is cut off or larger than {limit} bytes"));
    Ok(read.map_err(too_large)?)
}
