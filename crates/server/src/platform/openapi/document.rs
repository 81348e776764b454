//! The whole document: the route table joined with what is said about its routes.

use super::operation::{Operation, Takes};
use super::schemas;
use crate::platform::access::Needs;
use crate::platform::http::Route;
use http::Method;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use terrane_jsonapi::MEDIA_TYPE;

/// OpenAPI 3.1 of these routes. Those of agents are left out: both ends of them are ours, and they change together
/// (crate `terrane-wire`). Pages are for people.
///
/// # Errors
/// Names a route that nothing is said about, or words about a route that there is not.
pub fn document(routes: &[Route], operations: Vec<Operation>) -> Result<Value, String> {
    let mut said: BTreeMap<&str, Operation> = BTreeMap::new();
    for operation in operations {
        if let Some(twice) = said.insert(operation.id, operation) {
            return Err(format!("{} is described twice", twice.id));
        }
    }
    let mut paths: Map<String, Value> = Map::new();
    let mut components = schemas::shared();
    for route in routes.iter().filter(|route| is_described(route.needs)) {
        let operation = said.remove(route.operation).ok_or_else(|| {
            format!(
                "{} {} ({}) is not described: say in its folder's described.rs what it takes and answers",
                route.method, route.path, route.operation
            )
        })?;
        for (_, answer) in &operation.answers {
            if let Some(shown) = schemas::shown(*answer) {
                components.entry(shown.name).or_insert_with(|| schemas::resource(&shown));
            }
        }
        let verb = route.method.as_str().to_lowercase();
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        path[verb] = described(route, &operation)?;
    }
    if let Some(id) = said.keys().next() {
        return Err(format!("{id} is described, and there is no such route"));
    }
    Ok(json!({
        "openapi": "3.1.0",
        "info": { "title": "terrane", "version": env!("CARGO_PKG_VERSION"),
            "description": "The API of this server. JSON:API documents; what a request does not name is ignored." },
        "servers": [{ "url": "/" }],
        "security": [{ "token": [] }],
        "paths": paths,
        "components": { "schemas": components,
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } } },
    }))
}

fn is_described(needs: Needs) -> bool {
    needs != Needs::Agent && !needs.is_for_browsers()
}

fn described(route: &Route, operation: &Operation) -> Result<Value, String> {
    if operation.answers.is_empty() {
        return Err(format!("{}: nothing is said about its answer", operation.id));
    }
    let is_written = [Method::POST, Method::PUT, Method::PATCH].contains(&route.method);
    if !is_written
        && !matches!(operation.takes, Takes::Nothing | Takes::Resources { .. } | Takes::Resource { .. })
    {
        return Err(format!("{}: {} takes no body", operation.id, route.method));
    }
    let mut answers: Map<String, Value> = Map::new();
    for (status, answer) in &operation.answers {
        let mut said = schemas::answer(*answer);
        said["description"] = meaning(*status).into();
        answers.insert(status.to_string(), said);
    }
    for status in refusals(route, operation) {
        let content = json!({ "description": meaning(status), "content": media(route) });
        answers.entry(status.to_string()).or_insert(content);
    }
    answers.insert("5XX".to_owned(), json!({ "description": "the server failed", "content": media(route) }));
    let mut said = json!({
        "operationId": operation.id,
        "summary": operation.summary,
        "parameters": parameters(route, operation),
        "responses": answers,
    });
    if let Some(body) = schemas::request_body(&operation.takes) {
        said["requestBody"] = body;
    }
    if matches!(route.needs, Needs::Anonymous | Needs::SignedUrl) {
        said["security"] = json!([]);
    }
    Ok(said)
}

/// Refusals are JSON:API; whoever follows a signed URL need not speak it, nor whoever asks for the health.
fn media(route: &Route) -> Value {
    let document = json!({ "schema": { "$ref": "#/components/schemas/errors" } });
    if route.path.starts_with("/api/") {
        json!({ MEDIA_TYPE: document })
    } else {
        json!({ MEDIA_TYPE: document, "text/plain": {} })
    }
}

fn parameters(route: &Route, operation: &Operation) -> Vec<Value> {
    let names = route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    names
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
        .chain(operation.query.iter().map(super::field::Field::parameter))
        .collect()
}

/// The statuses that a route may refuse with (api-contract 2.5): its own, and those of every route of its kind.
fn refusals(route: &Route, operation: &Operation) -> BTreeSet<u16> {
    // A query or a path that cannot be read; what is not there; too many requests; too slow.
    let mut statuses = BTreeSet::from([400, 404, 429]);
    if route.path.starts_with("/api/") {
        statuses.insert(504);
    }
    statuses.extend(&operation.refuses);
    match route.needs {
        Needs::Anonymous => {}
        Needs::SignedUrl => {
            statuses.insert(403);
        }
        _ => {
            statuses.insert(401);
        }
    }
    if !matches!(operation.takes, Takes::Nothing) {
        statuses.extend([413, 422]);
    }
    statuses
}

fn meaning(status: u16) -> &'static str {
    match status {
        200 => "done",
        201 => "made",
        202 => "accepted; it will be done",
        204 => "done; there is nothing to say, or nothing yet",
        302 | 307 => "the bytes are at `Location`, for a short time",
        400 => "the request cannot be read, or lacks a filter it needs",
        401 => "the token is absent, malformed, unknown or expired",
        403 => "not in this state, or not with this URL",
        404 => "there is no such thing, or the caller may not see it",
        409 => "not in this state",
        412 => "what it rests on has changed",
        413 => "the body is too large",
        422 => "the body is not valid",
        429 => "too many requests",
        503 => "not ready",
        504 => "it took longer than its deadline, and was given up",
        _ => "see the body",
    }
}
