//! `/workspaces/:id/run-triggers` and `/run-triggers/:id` (api-contract section 14).

use super::store::{self, Direction, RunTrigger};
use super::write;
use crate::app::App;
use crate::clock::Time;
use crate::ids::RunTriggerId;
use crate::platform::access::{Granted, Needs, Right, WorkspaceScope};
use crate::platform::db::Tx;
use crate::platform::http::{
    ApiError, ApiResult, Body, Listing, Route, created, delete, get, no_content, ok, post,
};
use crate::platform::openapi::ResourceType;
use crate::workspaces;
use axum::extract::{Path, RawQuery, State};
use schemars::JsonSchema;
use serde::Serialize;
use terrane_jsonapi::{Document, Errors, Query, Relationship, Resource};

/// The one filter of the list, which must be there.
pub(super) const FILTER: &str = "filter[run-trigger][type]";

/// This folder's routes.
pub fn routes() -> Vec<Route> {
    const LIST: &str = "/api/v2/workspaces/{workspace_id}/run-triggers";
    const ONE: &str = "/api/v2/run-triggers/{run_trigger_id}";
    vec![
        get(LIST, "listRunTriggers", Needs::Workspace(Right::ReadRuns), list),
        post(LIST, "createRunTrigger", Needs::Workspace(Right::Administer), make),
        get(ONE, "getRunTrigger", Needs::RunTrigger(Right::ReadRuns), show),
        delete(ONE, "deleteRunTrigger", Needs::RunTrigger(Right::Administer), remove),
    ]
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct RunTriggerAttributes<'a> {
    workspace_name: &'a str,
    sourceable_name: &'a str,
    created_at: Time,
}

/// Run triggers, for their description.
pub(super) const RUN_TRIGGER: ResourceType =
    ResourceType::of::<RunTriggerAttributes<'static>>("run-triggers");

fn resource(trigger: &RunTrigger) -> Resource {
    let attributes = RunTriggerAttributes {
        workspace_name: &trigger.workspace_name,
        sourceable_name: &trigger.source_name,
        created_at: trigger.created_at,
    };
    Resource::new("run-triggers", &trigger.id, &attributes)
        .relate("workspace", Relationship::to("workspaces", &trigger.workspace_id))
        .relate("sourceable", Relationship::to("workspaces", &trigger.source_id))
        .link("self", format!("/api/v2/run-triggers/{}", trigger.id))
}

async fn list(State(app): State<App>, granted: Granted<WorkspaceScope>, listing: Listing) -> ApiResult {
    let direction = match listing.query.get(FILTER) {
        Some("inbound") => Direction::Inbound,
        Some("outbound") => Direction::Outbound,
        _ => return Err(Errors::malformed(format!("{FILTER} is required: inbound or outbound")).into()),
    };
    let page = listing.page;
    let mut view = app.db.snapshot().await?;
    let triggers = store::list(&mut view, &granted.workspace_id, direction, page).await?;
    let total = store::count(&mut view, &granted.workspace_id, direction).await?;
    let included = included(&mut view, &triggers, &listing.query).await?;
    let resources = triggers.iter().map(resource).collect();
    Ok(listing.answer_with(resources, total, included))
}

/// `include=workspace,sourceable`, in one query.
async fn included(view: &mut Tx, triggers: &[RunTrigger], query: &Query) -> ApiResult<Vec<Resource>> {
    let mut ids: Vec<String> = Vec::new();
    if query.includes("workspace") {
        ids.extend(triggers.iter().map(|trigger| trigger.workspace_id.to_string()));
    }
    if query.includes("sourceable") {
        ids.extend(triggers.iter().map(|trigger| trigger.source_id.to_string()));
    }
    ids.sort_unstable();
    ids.dedup();
    let workspaces = workspaces::store::by_ids(view, &ids).await?;
    Ok(workspaces.iter().map(workspaces::resource).collect())
}

async fn show(State(app): State<App>, Path(id): Path<String>, RawQuery(query): RawQuery) -> ApiResult {
    let query = Query::parse(query.as_deref().unwrap_or_default());
    let mut view = app.db.snapshot().await?;
    let trigger = store::find(&mut view, &RunTriggerId::from(id)).await?.ok_or_else(ApiError::not_found)?;
    let resource = resource(&trigger);
    let included = included(&mut view, &[trigger], &query).await?;
    Ok(ok(&Document::one(resource).include(included)))
}

async fn make(State(app): State<App>, granted: Granted<WorkspaceScope>, Body(body): Body) -> ApiResult {
    let trigger = write::create(&app, &granted, &body).await?;
    Ok(created(&Document::one(resource(&trigger))))
}

async fn remove(State(app): State<App>, Path(id): Path<String>) -> ApiResult {
    write::delete(&app, &RunTriggerId::from(id)).await?;
    Ok(no_content())
}
