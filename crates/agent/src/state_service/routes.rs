//! Which call gets which answer.

use std::{
    fs,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::{
    Router,
    body::Body,
    extract::{Path, Request, State},
    middleware::{Next, from_fn_with_state},
    response::Response,
    routing::{get, post, put},
};
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use sha2::{Digest, Sha256};

use super::{answers, ledger::Ledger, writes};
use crate::supervisor::spec::StateWorkspace;

/// What the calls share.
pub(super) struct Service {
    pub(super) workspace: StateWorkspace,
    pub(super) ledger: Arc<Mutex<Ledger>>,
    /// Only an apply writes.
    pub(super) can_write: bool,
    pub(super) port: u16,
    pub(super) snapshot_interval_secs: u64,
    pub(super) is_locked: AtomicBool,
}

pub(super) type Shared = State<Arc<Service>>;

/// A panic while a state was being kept leaves nothing half done that the next call could take for whole.
pub(super) fn lock(ledger: &Mutex<Ledger>) -> MutexGuard<'_, Ledger> {
    ledger.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Service {
    /// Where the engine finds this service.
    pub(super) fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Asks the engine to write states also while it applies.
    pub(super) fn with_interval(&self, mut response: Response) -> Response {
        let name = HeaderName::from_static("x-terraform-snapshot-interval");
        response.headers_mut().insert(name, HeaderValue::from(self.snapshot_interval_secs));
        response
    }
}

/// The calls of one run.
pub(super) fn routes(service: Arc<Service>) -> Router {
    let api = Router::new()
        .route("/ping", get(|| async { answer(StatusCode::OK, &serde_json::json!({})) }))
        .route("/organizations/{organization}/entitlement-set", get(entitlement_set))
        .route("/organizations/{organization}/workspaces/{name}", get(by_name))
        .route("/workspaces/{id}", get(by_id))
        .route("/workspaces/{id}/actions/lock", post(lock_workspace))
        .route("/workspaces/{id}/actions/unlock", post(unlock))
        .route("/workspaces/{id}/actions/force-unlock", post(unlock))
        .route("/workspaces/{id}/current-state-version", get(current_state))
        .route("/workspaces/{id}/current-state-version-outputs", get(no_outputs))
        .route("/workspaces/{id}/state-versions", post(writes::announce))
        .route("/workspaces/{id}/vars", get(no_variables))
        .route("/workspaces/{id}/all-vars", get(no_variables))
        .route("/state-versions/{id}", get(state_version))
        .route("/state-versions/{id}/download", get(download))
        .fallback(fallback)
        .method_not_allowed_fallback(fallback)
        .layer(from_fn_with_state(service.clone(), check))
        .with_state(service.clone());
    let uploads = Router::new()
        .route("/uploads/{id}/{secret}/state", put(writes::put_state))
        .route("/uploads/{id}/{secret}/json", put(writes::put_json))
        .with_state(service);
    Router::new().nest("/api/v2", api).merge(uploads).fallback(fallback)
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

async fn lock_workspace(State(service): Shared, Path(id): Path<String>) -> Response {
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

/// 404 means to an engine that there is no state yet, so it is the answer then and never else.
async fn current_state(State(service): Shared, Path(id): Path<String>) -> Response {
    if id != service.workspace.id {
        return error(StatusCode::CONFLICT, "conflict", "this is not the run's workspace");
    }
    let current = lock(&service.ledger).current().cloned();
    let response = match current {
        Some(version) => {
            let document = answers::state_version(&service.workspace, &version, &service.origin());
            answer(StatusCode::OK, &document)
        }
        None => error(StatusCode::NOT_FOUND, "not found", "this workspace has no state yet"),
    };
    service.with_interval(response)
}

async fn state_version(State(service): Shared, Path(id): Path<String>) -> Response {
    let version = lock(&service.ledger).find(&id).cloned();
    version.map_or_else(not_found, |version| {
        answer(StatusCode::OK, &answers::state_version(&service.workspace, &version, &service.origin()))
    })
}

async fn download(State(service): Shared, Path(id): Path<String>) -> Response {
    let path = lock(&service.ledger).find(&id).and_then(|version| version.path.clone());
    send(path.as_deref())
}

/// The bytes of a state. Empty bytes or a 404 would be no state at all to an engine.
pub(super) fn send(path: Option<&camino::Utf8Path>) -> Response {
    let refused = |reason: &str| error(StatusCode::CONFLICT, "conflict", reason);
    let Some(path) = path else { return refused("this state has not been uploaded") };
    match fs::read(path) {
        Ok(content) => Response::new(Body::from(content)),
        Err(error) => refused(&format!("the state cannot be read: {error}")),
    }
}

async fn no_outputs() -> Response {
    error(StatusCode::NOT_FOUND, "not found", "outputs are read from the state in a run")
}

async fn no_variables() -> Response {
    answer(StatusCode::OK, &serde_json::json!({"data": []}))
}

/// Everything else. What would write gets a refusal that engines do not retry.
async fn fallback(method: Method) -> Response {
    if method == Method::GET || method == Method::HEAD {
        return not_found();
    }
    error(StatusCode::CONFLICT, "conflict", "a run cannot do this")
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

pub(super) fn not_found() -> Response {
    error(StatusCode::NOT_FOUND, "not found", "there is no such thing in this run")
}

pub(super) fn error(status: StatusCode, title: &str, detail: &str) -> Response {
    answer(status, &answers::error(status.as_u16(), title, detail))
}

pub(super) fn answer(status: StatusCode, document: &serde_json::Value) -> Response {
    let mut response = Response::new(Body::from(document.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/vnd.api+json"));
    headers.insert(HeaderName::from_static("tfp-api-version"), HeaderValue::from_static("2.6"));
    headers.insert(HeaderName::from_static("tfp-appname"), HeaderValue::from_static("terrane"));
    response
}
