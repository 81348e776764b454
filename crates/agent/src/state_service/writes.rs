//! The calls that write: only an apply has them.

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{Path, State},
    response::Response,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::StatusCode;
use md5::{Digest, Md5};
use serde_json::Value;

use super::{
    answers,
    ledger::{Receiving, Refusal, next_piece, unkept},
    routes::{Service, Shared, answer, error, lock, not_found},
};
use crate::engines::hex;

/// An announcement may bring the state with it, in base64; old engines do it so.
const ANNOUNCEMENT_BYTES_MAX: usize = 64 << 20;

/// `POST workspaces/:id/state-versions`.
pub(super) async fn announce(State(service): Shared, Path(id): Path<String>, body: Body) -> Response {
    if id != service.workspace.id {
        return not_found();
    }
    if !service.can_write {
        return error(StatusCode::CONFLICT, "conflict", "state cannot be written while planning");
    }
    let Ok(text) = to_bytes(body, ANNOUNCEMENT_BYTES_MAX).await else {
        return refuse(&service, "the state is too large to be sent inside of its announcement");
    };
    match announced(&service, &text) {
        Ok(document) => service.with_interval(answer(StatusCode::CREATED, &document)),
        Err(reason) => refuse(&service, &reason),
    }
}

fn announced(service: &Service, text: &[u8]) -> Result<Value, Refusal> {
    let document: Value = serde_json::from_slice(text)
        .map_err(|error| format!("the announcement of a state is no JSON: {error}"))?;
    let attributes = &document["data"]["attributes"];
    let serial = attributes["serial"].as_i64().ok_or("a state is announced with its serial")?;
    let md5 = attributes["md5"].as_str().ok_or("a state is announced with its MD5")?;
    let lineage = attributes["lineage"].as_str().unwrap_or_default();
    let inline = |name: &str| attributes[name].as_str().filter(|text| !text.is_empty());
    let decode =
        |text| STANDARD.decode(text).map_err(|error| format!("a state inside of JSON is base64: {error}"));
    let mut ledger = lock(&service.ledger);
    let version = ledger.announce(serial, lineage, md5)?;
    let mut take = |what: &str, content: &[u8]| {
        let mut receiving =
            Receiving::begin(&ledger, &format!("{}-{what}", version.id)).map_err(|error| unkept(&error))?;
        receiving.add(&mut ledger, content)?;
        let received = receiving.end(&mut ledger)?;
        match what {
            "state" => ledger.take_state(&version.id, &received),
            _ => ledger.take_json(&version.id, &received),
        }
    };
    if let Some(state) = inline("state") {
        let content = decode(state)?;
        if hex(&Md5::digest(&content)) != md5.to_ascii_lowercase() {
            return Err("the state's bytes do not have the MD5 that was announced".to_owned());
        }
        take("state", &content)?;
        if let Some(json) = inline("json-state") {
            take("json", &decode(json)?)?;
        }
    }
    let version = ledger.find(&version.id).cloned().unwrap_or(version);
    Ok(answers::state_version(&service.workspace, &version, &service.origin()))
}

/// `PUT` of a state's bytes: the path itself is the authorization.
pub(super) async fn put_state(
    State(service): Shared,
    Path((id, secret)): Path<(String, String)>,
    body: Body,
) -> Response {
    put(&service, &id, &secret, "state", body).await
}

/// `PUT` of a state's JSON form.
pub(super) async fn put_json(
    State(service): Shared,
    Path((id, secret)): Path<(String, String)>,
    body: Body,
) -> Response {
    put(&service, &id, &secret, "json", body).await
}

async fn put(service: &Service, id: &str, secret: &str, what: &str, body: Body) -> Response {
    if lock(&service.ledger).find_upload(id, secret).is_none() {
        return not_found();
    }
    match received(service, id, what, body).await {
        Ok(()) => Response::new(Body::from(Bytes::new())),
        Err(reason) => refuse(service, &reason),
    }
}

async fn received(service: &Service, id: &str, what: &str, mut body: Body) -> Result<(), Refusal> {
    // A name of its own for each try, because a try may be repeated while the first one still hangs.
    let name = format!("{id}-{what}-{}", hex(&rand::random::<[u8; 4]>()));
    let mut receiving = Receiving::begin(&lock(&service.ledger), &name).map_err(|error| unkept(&error))?;
    while let Some(piece) = next_piece(&mut body).await? {
        receiving.add(&mut lock(&service.ledger), &piece)?;
    }
    let mut ledger = lock(&service.ledger);
    let received = receiving.end(&mut ledger)?;
    match what {
        "state" => ledger.take_state(id, &received),
        _ => ledger.take_json(id, &received),
    }
}

/// With 409, which engines do not retry: then they keep the state in `errored.tfstate` and end.
fn refuse(service: &Service, reason: &str) -> Response {
    lock(&service.ledger).failed(reason);
    error(StatusCode::CONFLICT, "conflict", reason)
}
