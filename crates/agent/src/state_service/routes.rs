//! Which call gets which answer.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::{
    Router,
    body::Body,
    extract::{Path, Request, State},
    middleware::{Next, from_fn_with_state},
    response::Response,
    routing::{get, post},
};
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use sha2::{Digest, Sha256};

use super::answers;
use crate::supervisor::spec::StateWorkspace;

struct Service {
    workspace: StateWorkspace,
    is_locked: AtomicBool,
}

type Shared = State<Arc<Service>>;

/// The calls of one run.
pub(super) fn routes(workspace: StateWorkspace) -> Router {
    let service = Arc::new(Service { workspace, is_locked: AtomicBool::new(false) });
    let no_state = || async { error(StatusCode::NOT_FOUND, "not found", "this workspace has no state yet") };
    let api = Router::new()
        .route("/ping", get(|| async { answer(StatusCode::OK, &serde_json::json!({})) }))
        .route("/organizations/{organization}/entitlement-set", get(entitlement_set))
        .route("/organizations/{organization}/workspaces/{name}", get(by_name))
        .route("/workspaces/{id}", get(by_id))
        .route("/workspaces/{id}/actions/lock", post(lock))
        .route("/workspaces/{id}/actions/unlock", post(unlock))
        .route("/workspaces/{id}/actions/force-unlock", post(unlock))
        .route("/workspaces/{id}/current-state-version", get(no_state))
        .route("/workspaces/{id}/current-state-version-outputs", get(no_state))
        .route("/workspaces/{id}/vars", get(no_variables))
        .route("/workspaces/{id}/all-vars", get(no_variables))
        .fallback(fallback)
        .method_not_allowed_fallback(fallback)
        .layer(from_fn_with_state(service.clone(), check))
        .with_state(service);
    Router::new().nest("/api/v2", api).fallback(fallback)
}

async fn entitlement_set(State(service): Shared, Path(organization): Path<String>) -> Response {
    if organization != service.workspace.organization {
        return not_found();
    }
    answer(StatusCode::OK, &answers::entitlement_set(&service.workspace))
}

async fn by_name(State(service): Shared, Path((organization, name)): Path<(String, String)>) -> Response {
    if organization != service.workspace.organization || name != service.workspace.name {
        return not_found();
    }
    workspace(&service)
}

async fn by_id(State(service): Shared, Path(id): Path<String>) -> Response {
    if id == service.workspace.id { workspace(&service) } else { not_found() }
}

async fn lock(State(service): Shared, Path(id): Path<String>) -> Response {
    if id != service.workspace.id {
        return not_found();
    }
    if service.is_locked.swap(true, Ordering::Relaxed) {
        return error(StatusCode::CONFLICT, "conflict", "the workspace is already locked");
    }
    workspace(&service)
}

async fn unlock(State(service): Shared, Path(id): Path<String>) -> Response {
    if id != service.workspace.id {
        return not_found();
    }
    service.is_locked.store(false, Ordering::Relaxed);
    workspace(&service)
}

async fn no_variables() -> Response {
    answer(StatusCode::OK, &serde_json::json!({"data": []}))
}

/// Everything else. What would write gets a refusal that engines do not retry.
async fn fallback(method: Method) -> Response {
    if method == Method::GET || method == Method::HEAD {
        return not_found();
    }
    error(StatusCode::CONFLICT, "conflict", "state cannot be written while planning")
}

/// Only this run's engine may ask.
async fn check(State(service): Shared, request: Request, next: Next) -> Response {
    let given = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = given.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    // Equal digests say that the texts are equal, and their comparison says nothing about the text.
    if Sha256::digest(token) != Sha256::digest(&service.workspace.token) {
        return error(StatusCode::UNAUTHORIZED, "unauthorized", "the token is not the one of this run");
    }
    next.run(request).await
}

fn workspace(service: &Service) -> Response {
    let is_locked = service.is_locked.load(Ordering::Relaxed);
    answer(StatusCode::OK, &answers::workspace(&service.workspace, is_locked))
}

fn not_found() -> Response {
    error(StatusCode::NOT_FOUND, "not found", "there is no such thing in this run")
}

fn error(status: StatusCode, title: &str, detail: &str) -> Response {
    answer(status, &answers::error(status.as_u16(), title, detail))
}

fn answer(status: StatusCode, document: &serde_json::Value) -> Response {
    let mut response = Response::new(Body::from(document.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/vnd.api+json"));
    headers.insert(HeaderName::from_static("tfp-api-version"), HeaderValue::from_static("2.6"));
    headers.insert(HeaderName::from_static("tfp-appname"), HeaderValue::from_static("terrane"));
    response
}
