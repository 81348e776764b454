//! Errors on their way out: one place maps them to JSON:API and logs what nobody else will see.

use crate::platform::db::DbError;
use crate::platform::secrets::SealError;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use terrane_jsonapi::{Errors, MEDIA_TYPE};

/// What a handler answers when it cannot do as asked.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// Something the caller can understand and mostly mend.
    #[error("{}", .0.objects().first().map_or("", |object| object.title.as_str()))]
    Told(Errors),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
    /// A stored object cannot be read or written.
    #[error(transparent)]
    Blob(#[from] terrane_blob::Error),
    /// A sealed value does not open.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// A broken invariant.
    #[error("{0}")]
    Broken(String),
}

/// What handlers return.
pub type ApiResult<T = Response> = Result<T, ApiError>;

impl ApiError {
    /// 404, the same for what does not exist and for what the caller may not see.
    pub fn not_found() -> Self {
        Self::Told(Errors::bare(404, "not found"))
    }

    /// 401: the token is absent, malformed, unknown or expired. Nothing else.
    pub fn unauthorized() -> Self {
        Self::Told(Errors::bare(401, "unauthorized"))
    }

    /// 403: what a caller may see and may not do (api-contract 2.5 has the few cases), at a place of the body.
    pub fn forbidden(pointer: &str, detail: impl Into<String>) -> Self {
        Self::Told(Errors::forbidden(pointer, detail))
    }

    /// 409: not in this state.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::Told(Errors::new(409, "conflict", detail))
    }

    /// 422 about one attribute.
    pub fn invalid_attribute(name: &str, detail: impl Into<String>) -> Self {
        Self::Told(Errors::invalid(format!("/data/attributes/{name}"), detail))
    }

    /// 422 about one relationship.
    pub fn invalid_relationship(name: &str, detail: impl Into<String>) -> Self {
        Self::Told(Errors::invalid(format!("/data/relationships/{name}"), detail))
    }

    /// The same error, its places below `from` moved below `to`.
    #[must_use]
    pub fn relocated(self, from: &str, to: &str) -> Self {
        match self {
            Self::Told(errors) => Self::Told(errors.relocated(from, to)),
            other => other,
        }
    }

    /// What the caller is told; what they must not see goes to the log.
    pub fn into_errors(self) -> Errors {
        match self {
            Self::Told(errors) => errors,
            Self::Db(DbError::Missing(_)) => Errors::bare(404, "not found"),
            hidden => {
                tracing::error!(error = %hidden, "failed to answer a request");
                Errors::new(500, "internal server error", "the server could not do this; its log says why")
            }
        }
    }

    /// 422 in general.
    pub fn unprocessable(title: &str, detail: impl Into<String>) -> Self {
        Self::Told(Errors::new(422, title, detail))
    }
}

impl From<Errors> for ApiError {
    fn from(errors: Errors) -> Self {
        Self::Told(errors)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let errors = self.into_errors();
        let status = StatusCode::from_u16(errors.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&errors).unwrap_or_default();
        (status, [(header::CONTENT_TYPE, MEDIA_TYPE)], body).into_response()
    }
}
