//! Successful answers.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use terrane_jsonapi::{Document, MEDIA_TYPE};

fn document(status: StatusCode, document: &Document) -> Response {
    match serde_json::to_vec(document) {
        Ok(body) => (status, [(header::CONTENT_TYPE, MEDIA_TYPE)], body).into_response(),
        Err(error) => super::ApiError::Broken(format!("failed to write a document: {error}")).into_response(),
    }
}

/// 200 with a document.
pub fn ok(body: &Document) -> Response {
    document(StatusCode::OK, body)
}

/// 201 with the new resource.
pub fn created(body: &Document) -> Response {
    document(StatusCode::CREATED, body)
}

/// 202: will be done.
pub fn accepted() -> Response {
    StatusCode::ACCEPTED.into_response()
}

/// 204.
pub fn no_content() -> Response {
    StatusCode::NO_CONTENT.into_response()
}
