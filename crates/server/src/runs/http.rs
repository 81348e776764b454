//! The routes of runs.

mod document;
mod request;

use super::store;
use crate::app::App;
use crate::ids::{RunId, UserId};
use crate::platform::access::{Caller, Granted, Needs, Right, WorkspaceScope, grant_workspace};
use crate::platform::db::{Exec, Tx};
use crate::platform::http::{ApiError, ApiResult, Body, Route, accepted, created, get, ok, post};
use crate::{configuration_versions, plans, run_events, users, workspaces};
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, Uri};
use terrane_jsonapi::{Document, Query, Resource};

/// This folder's routes.
pub fn routes() -> Vec<Route> {
    vec![
        post("/api/v2/runs", "createRun", Needs::InBody(Right::PlanRuns), make),
        get("/api/v2/runs/{run_id}", "getRun", Needs::Run(Right::ReadRuns), show),
        get("/api/v2/workspaces/{workspace_id}/runs", "listRuns", Needs::Workspace(Right::ReadRuns), list),
        post("/api/v2/runs/{run_id}/actions/cancel", "cancelRun", Needs::Run(Right::ApplyRuns), cancel),
        post("/api/v2/runs/{run_id}/actions/discard", "discardRun", Needs::Run(Right::ApplyRuns), discard),
    ]
}

async fn make(State(app): State<App>, caller: Caller, headers: HeaderMap, Body(body): Body) -> ApiResult {
    body.expect_kind("runs")?;
    let workspace = body.related("workspace")?.value().ok_or_else(|| {
        ApiError::invalid_relationship(
            "workspace",
            "Workspace is missing: name one in relationships.workspace.data.id",
        )
    })?;
    let granted = grant_workspace(&app, &caller, &workspace, Right::PlanRuns).await?;
    let new = request::read(&headers, &body)?;
    let run = super::create(&app, &granted.workspace_id, &caller.user_id, new).await?;
    Ok(created(&Document::one(resource(&app, &app.db, &run).await?)))
}

async fn show(State(app): State<App>, Path(id): Path<String>, RawQuery(query): RawQuery) -> ApiResult {
    let query = Query::parse(query.as_deref().unwrap_or_default());
    let mut view = app.db.snapshot().await?;
    let run = store::find(&mut view, &RunId::from(id)).await?.ok_or_else(ApiError::not_found)?;
    let included = related(&app, &mut view, &run, &query).await?;
    Ok(ok(&Document::one(resource(&app, &mut view, &run).await?).include(included)))
}

async fn list(
    State(app): State<App>,
    granted: Granted<WorkspaceScope>,
    uri: Uri,
    RawQuery(query): RawQuery,
) -> ApiResult {
    let query = Query::parse(query.as_deref().unwrap_or_default());
    let (filter, page, workspace) = (request::filter(&query), query.page(), granted.workspace_id.as_str());
    let mut view = app.db.snapshot().await?;
    let runs = store::list(&mut view, workspace, &filter, page).await?;
    let total = store::count(&mut view, workspace, &filter).await?;
    let (mut resources, mut included) = (Vec::with_capacity(runs.len()), Vec::new());
    for run in &runs {
        resources.push(resource(&app, &mut view, run).await?);
        included.extend(related(&app, &mut view, run, &query).await?);
    }
    Ok(ok(&Document::page(resources, page.of(total, &app.url(uri.path()), &query)).include(included)))
}

async fn cancel(
    State(app): State<App>,
    granted: Granted<WorkspaceScope>,
    Path(id): Path<String>,
    Body(_): Body,
) -> ApiResult {
    super::cancel(&app, &RunId::from(id), &granted.caller().user_id).await?;
    Ok(accepted())
}

async fn discard(
    State(app): State<App>,
    granted: Granted<WorkspaceScope>,
    Path(id): Path<String>,
    Body(_): Body,
) -> ApiResult {
    super::discard(&app, &RunId::from(id), &granted.caller().user_id).await?;
    Ok(accepted())
}

/// A run as a resource, by id: for other resources' `include`.
pub async fn document(app: &App, view: &mut Tx, id: &RunId) -> ApiResult<Option<Resource>> {
    match store::find(&mut *view, id).await? {
        Some(run) => Ok(Some(resource(app, view, &run).await?)),
        None => Ok(None),
    }
}

async fn resource(app: &App, exec: impl Exec, run: &store::Run) -> ApiResult<Resource> {
    let events = run_events::store::ids(exec, &run.id).await?;
    document::resource(app, run, events)
}

/// What `include` asks for beside a run. Unknown values, and relations that are empty, add nothing.
async fn related(app: &App, view: &mut Tx, run: &store::Run, query: &Query) -> ApiResult<Vec<Resource>> {
    let mut included = Vec::new();
    if query.includes("plan") {
        let plan = plans::store::find(&mut *view, &run.plan_id).await?;
        included.extend(plan.iter().map(|plan| plans::document(app, plan)));
    }
    if query.includes("workspace") {
        let workspace = workspaces::store::find(&mut *view, &run.workspace_id).await?;
        included.extend(workspace.iter().map(workspaces::resource));
    }
    if query.includes("configuration_version") || query.includes("configuration_version.ingress_attributes") {
        let configuration =
            configuration_versions::store::find(&mut *view, &run.configuration_version_id).await?;
        included.extend(configuration.iter().map(configuration_versions::resource));
    }
    if query.includes("created_by")
        && let Some(creator) = &run.created_by
    {
        let user = users::store::find(&mut *view, &UserId::from(creator.clone())).await?;
        included.extend(user.iter().map(users::public_resource));
    }
    Ok(included)
}
