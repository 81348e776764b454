//! What every answer gets, whoever asked.

use super::error::ApiError;
use crate::app::App;
use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use terrane_jsonapi::Errors;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};

/// The API level clients look for: below 2.5 the CLI refuses the server (cli-protocol 1.1).
const API_VERSION: HeaderValue = HeaderValue::from_static("2.6");
/// The compatibility level, in the monthly form that clients parse (cli-protocol 2.2).
const COMPATIBILITY_MONTH: HeaderValue = HeaderValue::from_static("v202608-1");
/// The same level in the dotted form that the tfe provider reads.
const COMPATIBILITY_RELEASE: HeaderValue = HeaderValue::from_static("2.0.1");
const SERVER: HeaderValue = HeaderValue::from_static(concat!("terrane/", env!("CARGO_PKG_VERSION")));

/// Wraps the whole router. Two short stacks: one long `ServiceBuilder` is slow to compile.
pub fn shared_layers(router: Router<App>) -> Router<App> {
    let compressible = SizeAbove::new(1024).and(NotForContentType::const_new("application/gzip"));
    router
        .layer(CompressionLayer::new().gzip(true).compress_when(compressible))
        .layer(middleware::from_fn(identify))
        .layer(CatchPanicLayer::custom(panicked))
}

/// Adds the headers by which clients know what they are talking to.
async fn identify(request: Request, next: Next) -> Response {
    let is_api = request.uri().path().starts_with("/api/");
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::SERVER, SERVER);
    if is_api {
        headers.insert(HeaderName::from_static("tfp-api-version"), API_VERSION);
        headers.insert(HeaderName::from_static("x-tfe-version"), COMPATIBILITY_MONTH);
        headers.insert(HeaderName::from_static("x-tfe-current-version"), COMPATIBILITY_RELEASE);
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("private, no-store"));
        headers.entry(header::VARY).or_insert(HeaderValue::from_static("accept-encoding"));
    }
    response
}

/// A panic answers 500 and the server lives on. The panic's text may hold values, so it is not repeated.
fn panicked(_panic: Box<dyn std::any::Any + Send>) -> Response {
    tracing::error!("a request handler panicked");
    ApiError::Told(Errors::new(
        500,
        "internal server error",
        "the server could not do this; its log says where",
    ))
    .into_response()
}
