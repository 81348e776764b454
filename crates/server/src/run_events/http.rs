//! `GET /runs/:id/run-events` and `GET /run-events/:id` (api-contract 4.10). Not paginated.

use super::store::{self, RunEvent};
use crate::app::App;
use crate::clock::Time;
use crate::ids::{RunEventId, RunId};
use crate::platform::access::{Needs, Right};
use crate::platform::db::Tx;
use crate::platform::http::{ApiError, ApiResult, Route, get, ok};
use crate::platform::openapi::ResourceType;
use crate::{comments, users};
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
    let mut view = app.db.snapshot().await?;
    let events = store::of_run(&mut view, &RunId::from(run)).await?;
    let document = Document::many(events.iter().map(resource).collect());
    Ok(ok(&document.include(included(&mut view, &events, query.as_deref()).await?)))
}

async fn show(State(app): State<App>, Path(id): Path<String>, RawQuery(query): RawQuery) -> ApiResult {
    let mut view = app.db.snapshot().await?;
    let event = store::find(&mut view, &RunEventId::from(id)).await?.ok_or_else(ApiError::not_found)?;
    let document = Document::one(resource(&event));
    Ok(ok(&document.include(included(&mut view, &[event], query.as_deref()).await?)))
}

/// `include=actor,comment` of events of one run: one query for each.
async fn included(view: &mut Tx, events: &[RunEvent], query: Option<&str>) -> ApiResult<Vec<Resource>> {
    let query = Query::parse(query.unwrap_or_default());
    let mut included = Vec::new();
    if query.includes("actor") {
        let mut actors: Vec<String> = events.iter().filter_map(|event| event.actor_id.clone()).collect();
        actors.sort_unstable();
        actors.dedup();
        let users = users::store::by_ids(&mut *view, &actors).await?;
        included.extend(users.iter().map(users::public_resource));
    }
    let is_told = |id: &str| events.iter().any(|event| event.comment_id.as_deref() == Some(id));
    if let (true, Some(first)) = (query.includes("comment"), events.first()) {
        let comments = comments::store::of_run(view, &first.run_id, i64::MAX, 0).await?;
        let told = comments.iter().filter(|comment| is_told(comment.id.as_str()));
        included.extend(told.map(comments::resource));
    }
    Ok(included)
}
