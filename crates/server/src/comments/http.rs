//! `GET`, `POST /runs/:id/comments` and `GET /comments/:id` (api-contract 4.10). Paginated when a page is asked
//! for.

use super::store::{self, Comment};
use crate::app::App;
use crate::ids::{CommentId, RunId};
use crate::platform::access::{Granted, Needs, Right, WorkspaceScope};
use crate::platform::http::{ApiError, ApiResult, Body, Listing, Route, created, get, ok, post};
use crate::platform::openapi::ResourceType;
use crate::workspaces;
use axum::extract::{Path, State};
use schemars::JsonSchema;
use serde::Serialize;
use terrane_jsonapi::{Document, Relationship, Resource, ResourceId};

/// This folder's routes.
pub fn routes() -> Vec<Route> {
    const OF_RUN: &str = "/api/v2/runs/{run_id}/comments";
    vec![
        get(OF_RUN, "listComments", Needs::Run(Right::ReadRuns), list),
        post(OF_RUN, "createComment", Needs::Run(Right::PlanRuns), make),
        get("/api/v2/comments/{comment_id}", "getComment", Needs::Comment(Right::ReadRuns), show),
    ]
}

#[derive(Serialize, JsonSchema)]
struct CommentAttributes<'a> {
    body: &'a str,
}

/// Comments, for their description.
pub(super) const COMMENT: ResourceType = ResourceType::of::<CommentAttributes<'static>>("comments");

/// The resource.
pub fn resource(comment: &Comment) -> Resource {
    let event = comment.run_event_id.as_ref();
    let related = event.map(|id| format!("/api/v2/run-events/{id}")).unwrap_or_default();
    let event = event.map(|id| ResourceId::new("run-events", id));
    Resource::new("comments", &comment.id, &CommentAttributes { body: &comment.body })
        .relate("run-event", Relationship::OneAt(event, related))
        .link("self", format!("/api/v2/comments/{}", comment.id))
}

async fn list(State(app): State<App>, Path(run): Path<String>, listing: Listing) -> ApiResult {
    let run = RunId::from(run);
    if !listing.query.asks_for_a_page() {
        let comments = store::of_run(&app.db, &run, i64::MAX, 0).await?;
        return Ok(ok(&Document::many(comments.iter().map(resource).collect())));
    }
    let page = listing.page;
    let mut view = app.db.snapshot().await?;
    let comments = store::of_run(&mut view, &run, page.limit(), page.offset()).await?;
    let total = store::count(&mut view, &run).await?;
    let resources = comments.iter().map(resource).collect();
    Ok(listing.answer(resources, total))
}

async fn show(State(app): State<App>, Path(id): Path<String>) -> ApiResult {
    let comment = store::find(&app.db, &CommentId::from(id)).await?.ok_or_else(ApiError::not_found)?;
    Ok(ok(&Document::one(resource(&comment))))
}

async fn make(
    State(app): State<App>,
    granted: Granted<WorkspaceScope>,
    Path(run): Path<String>,
    Body(body): Body,
) -> ApiResult {
    body.expect_kind("comments")?;
    let text = body.attributes.required_text("body")?;
    let (run, actor, now) = (RunId::from(run), &granted.caller().user_id, app.clock.now());
    let mut tx = app.db.begin().await?;
    workspaces::store::guard(&mut tx, &granted.workspace_id, now).await?;
    let comment = super::add(&mut tx, &run, Some(text), actor, now).await?;
    let comment = comment.ok_or_else(|| ApiError::invalid_attribute("body", "body is missing"))?;
    tx.commit().await?;
    Ok(created(&Document::one(resource(&comment))))
}
