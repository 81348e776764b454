//! The calls of an engine before 0.13, whose `http` backend knows one address: it reads the state there and writes it.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::Response,
    routing::get,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{StatusCode, header};
use md5::Md5;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{
    ledger::{Receiving, Refusal, next_piece, unkept},
    routes::{Service, Shared, error, lock, not_found, send},
};
use crate::engine::{STATE_USER, StateAddress};

/// A state that is written so is read as a whole, for its serial.
const STATE_BYTES_MAX: usize = 256 << 20;

/// One address, for whoever knows its password.
pub(super) fn http_backend(service: Arc<Service>, address: &StateAddress) -> Router {
    let login = STANDARD.encode(format!("{STATE_USER}:{}", address.password.expose()));
    let expected: Arc<[u8]> = Sha256::digest(format!("Basic {login}")).as_slice().into();
    Router::new()
        .route("/state", get(read).post(write))
        .fallback(async || not_found())
        .method_not_allowed_fallback(async || {
            error(StatusCode::METHOD_NOT_ALLOWED, "not allowed", "a run cannot do this")
        })
        .layer(from_fn_with_state(expected, check))
        .with_state(service)
}

async fn check(State(expected): State<Arc<[u8]>>, request: Request, next: Next) -> Response {
    let given = request.headers().get(header::AUTHORIZATION).map_or(&b""[..], |value| value.as_bytes());
    // Equal digests say that the texts are equal, and their comparison says nothing about the text.
    if Sha256::digest(given)[..] != *expected {
        return error(StatusCode::UNAUTHORIZED, "unauthorized", "the password is not the one of this run");
    }
    next.run(request).await
}

/// 404 means to an engine that there is no state yet, so it is the answer then and never else.
async fn read(State(service): Shared) -> Response {
    let current = lock(&service.ledger).current().cloned();
    current.map_or_else(not_found, |version| send(version.path.as_deref()))
}

async fn write(State(service): Shared, body: Body) -> Response {
    if !service.can_write {
        return error(StatusCode::CONFLICT, "conflict", "state cannot be written while planning");
    }
    match written(&service, body).await {
        Ok(()) => Response::new(Body::empty()),
        Err(reason) => {
            lock(&service.ledger).failed(&reason);
            error(StatusCode::CONFLICT, "conflict", &reason)
        }
    }
}

async fn written(service: &Service, mut body: Body) -> Result<(), Refusal> {
    let mut content = Vec::new();
    while let Some(piece) = next_piece(&mut body).await? {
        content.extend_from_slice(&piece);
        if content.len() > STATE_BYTES_MAX {
            return Err(format!("the state is larger than {STATE_BYTES_MAX} bytes"));
        }
    }
    let state: Value =
        serde_json::from_slice(&content).map_err(|error| format!("the state is no JSON: {error}"))?;
    let serial = state["serial"].as_i64().ok_or("a state has a serial")?;
    let lineage = state["lineage"].as_str().unwrap_or_default();
    let md5 = crate::engines::hex(&Md5::digest(&content));
    let mut ledger = lock(&service.ledger);
    // The same state once more changes nothing.
    if ledger.current().is_some_and(|current| current.serial == serial && current.md5 == md5) {
        return Ok(());
    }
    let version = ledger.announce(serial, lineage, &md5)?;
    let mut receiving =
        Receiving::begin(&ledger, &format!("{}-state", version.id)).map_err(|error| unkept(&error))?;
    receiving.add(&mut ledger, &content)?;
    let received = receiving.end(&mut ledger)?;
    ledger.take_state(&version.id, &received)
}
