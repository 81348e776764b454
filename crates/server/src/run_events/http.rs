//! `GET /runs/:id/run-events` and `GET /run-events/:id` (api-contract 4.10). Not paginated.

use super::store::{self, RunEvent};
use crate::app::App;
use crate::clock::Time;
use crate::ids::{RunEventId, RunId, UserId};
use crate::platform::access::{Needs, Right};
use crate::platform::http::{ApiError, ApiResult, Route, get, ok};
use crate::platform::openapi::ResourceType;
use crate::users;
use axum::extract::{Path, RawQuery, State};
use schemars::JsonSchema;
use serde::Serialize;
use terrane_jsonapi::{Document, Query, Relationship, Resource, ResourceId};

/// This folder's routes.
pub fn routes() -> Vec<Route> {
    vec![
        get("/api/v2/runs/{run_id}/run-events", "listRunEvents", Needs::Run(Right::ReadRuns), list),
        get("/api/v2/run-events/{run_event_id}", "getRunEvent", Needs::RunEvent(Right::ReadRuns), show),
    ]
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct RunEventAttributes<'a> {
    action: &'a str,
    description: &'a str,
    created_at: Time,
}

/// Run events, for their description.
pub(super) const RUN_EVENT: ResourceType = ResourceType::of::<RunEventAttributes<'static>>("run-events");

fn resource(event: &RunEvent) -> Resource {
    let attributes = RunEventAttributes {
        action: &event.action,
        description: &event.description,
        created_at: event.created_at,
    };
    let actor = event.actor_id.as_ref().map(|id| ResourceId::new("users", id));
    let comment = event.comment_id.as_ref().map(|id| ResourceId::new("comments", id));
    Resource::new("run-events", &event.id, &attributes)
        .relate("run", Relationship::to("runs", &event.run_id))
        .relate("actor", Relationship::One(actor))
        .relate("comment", Relationship::One(comment))
        .link("self", format!("/api/v2/run-events/{}", event.id))
}

async fn list(State(app): State<App>, Path(run): Path<String>, RawQuery(query): RawQuery) -> ApiResult {
    let events = store::of_run(&app.db, &RunId::from(run)).await?;
    let document = Document::many(events.iter().map(resource).collect());
    Ok(ok(&with_actors(&app, document, &events, query).await?))
}

async fn show(State(app): State<App>, Path(id): Path<String>, RawQuery(query): RawQuery) -> ApiResult {
    let event = store::find(&app.db, &RunEventId::from(id)).await?.ok_or_else(ApiError::not_found)?;
    let document = Document::one(resource(&event));
    Ok(ok(&with_actors(&app, document, &[event], query).await?))
}

async fn with_actors(
    app: &App,
    document: Document,
    events: &[RunEvent],
    query: Option<String>,
) -> ApiResult<Document> {
    if !Query::parse(query.as_deref().unwrap_or_default()).includes("actor") {
        return Ok(document);
    }
    let mut actors: Vec<&String> = events.iter().filter_map(|event| event.actor_id.as_ref()).collect();
    actors.sort_unstable();
    actors.dedup();
    let mut included = Vec::new();
    for actor in actors {
        if let Some(user) = users::store::find(&app.db, &UserId::from(actor.clone())).await? {
            included.push(users::public_resource(&user));
        }
    }
    Ok(document.include(included))
}
