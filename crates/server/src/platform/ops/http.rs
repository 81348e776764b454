//! `/healthz`, `/readyz`, `/metrics`, `/.well-known/terraform.json`, `/api/v2/ping`.

use crate::app::App;
use crate::oauth;
use crate::platform::access::{Caller, Needs};
use crate::platform::http::{ApiError, ApiResult, Route, get, no_content};
use crate::platform::scheduler;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::{Json, Router};
use serde_json::{Map, Value};

/// This folder's routes.
pub fn routes() -> Vec<Route> {
    vec![
        get("/healthz", "getHealth", Needs::Anonymous, health),
        get("/readyz", "getReadiness", Needs::Anonymous, readiness),
        get("/metrics", "getMetrics", Needs::User, metrics_for_admins),
        get("/.well-known/terraform.json", "discover", Needs::Anonymous, discover),
        get("/api/v2/ping", "ping", Needs::Anonymous, ping),
    ]
}

/// Metrics without a token, for a listener of their own.
pub fn metrics_router(app: App) -> Router {
    Router::new().route("/metrics", axum::routing::get(render)).with_state(app)
}

async fn health() -> &'static str {
    "ok\n"
}

/// 200 while the database and the blob store answer and the server is not stopping.
async fn readiness(State(app): State<App>) -> (StatusCode, &'static str) {
    if app.stopping.is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n");
    }
    if app.db.check().await.is_err() {
        return (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n");
    }
    if app.blobs.check().await.is_err() {
        return (StatusCode::SERVICE_UNAVAILABLE, "the blob store does not answer\n");
    }
    (StatusCode::OK, "ready\n")
}

async fn metrics_for_admins(State(app): State<App>, caller: Caller) -> ApiResult {
    if !caller.is_site_admin {
        return Err(ApiError::not_found());
    }
    render(State(app)).await
}

async fn render(State(app): State<App>) -> ApiResult {
    let waiting = scheduler::store::waiting(&app.db).await?;
    metrics::gauge!("terrane_jobs_waiting").set(i32::try_from(waiting).unwrap_or(i32::MAX));
    let recorder = app.metrics.as_ref().ok_or_else(ApiError::not_found)?;
    let headers = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    Ok((headers, recorder.render()).into_response())
}

/// What clients look for before anything else (api-contract 2.1): the remote operations API under each of its names, and
/// how a CLI gets a token. Addresses are from the server's root.
pub fn discovery() -> Map<String, Value> {
    let names = ["tfe.v2", "tfe.v2.1", "tfe.v2.2", "state.v2"];
    let apis = names.into_iter().map(|name| (name.to_owned(), Value::from("/api/v2/")));
    apis.chain([("login.v1".to_owned(), oauth::service())]).collect()
}

async fn discover() -> impl IntoResponse {
    Json(discovery())
}

/// Only the headers matter, and every answer has them.
async fn ping() -> ApiResult {
    Ok(no_content())
}
