//! The routes of runs.

mod document;
mod filter;
mod lists;
mod related;
mod request;

pub(super) use document::RUN;
pub(super) use filter::SEARCH_CHARS_MAX;
pub use related::{included, with_related};
pub(super) use request::MESSAGE_CHARS_MAX;

use self::document::resource;
use self::related::related;
use super::store;
use crate::app::App;
use crate::ids::RunId;
use crate::platform::access::{Caller, Granted, Needs, Right, WorkspaceScope, grant_workspace};
use crate::platform::http::{ApiError, ApiResult, Body, Route, accepted, created, get, ok, post};
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use terrane_jsonapi::{Document, Query};

/// This folder's routes.
pub fn routes() -> Vec<Route> {
    vec![
        post("/api/v2/runs", "createRun", Needs::InBody(Right::PlanRuns), make),
        get("/api/v2/runs", "listRunsOfQuery", Needs::InQuery(Right::ReadRuns), lists::of_query),
        get("/api/v2/runs/{run_id}", "getRun", Needs::Run(Right::ReadRuns), show),
        get(
            "/api/v2/organizations/{organization}/runs/queue",
            "listRunQueue",
            Needs::Organization(Right::ReadOrganization),
            lists::queue,
        ),
        get(
            "/api/v2/organizations/{organization}/runs",
            "listOrganizationRuns",
            Needs::Organization(Right::ReadOrganization),
            lists::of_organization,
        ),
        get(
            "/api/v2/workspaces/{workspace_id}/runs",
            "listRuns",
            Needs::Workspace(Right::ReadRuns),
            lists::of_workspace,
        ),
        post("/api/v2/runs/{run_id}/actions/apply", "applyRun", Needs::Run(Right::ApplyRuns), apply),
        post(
            "/api/v2/runs/{run_id}/actions/force-cancel",
            "forceCancelRun",
            Needs::Run(Right::Administer),
            force_cancel,
        ),
        post(
            "/api/v2/runs/{run_id}/actions/force-execute",
            "forceExecuteRun",
            Needs::Run(Right::ApplyRuns),
            force_execute,
        ),
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
    Ok(created(&Document::one(resource(&app, &run, 0)?)))
}

async fn show(State(app): State<App>, Path(id): Path<String>, RawQuery(query): RawQuery) -> ApiResult {
    let query = Query::parse(query.as_deref().unwrap_or_default());
    let mut view = app.db.snapshot().await?;
    let run = store::find(&mut view, &RunId::from(id)).await?.ok_or_else(ApiError::not_found)?;
    let included = related(&app, &mut view, std::slice::from_ref(&run), &query).await?;
    Ok(ok(&Document::one(resource(&app, &run, 0)?).include(included)))
}

macro_rules! actions {
    ($($action:ident => $operation:path),+) => { $(
        async fn $action(
            State(app): State<App>,
            granted: Granted<WorkspaceScope>,
            Path(id): Path<String>,
            Body(body): Body,
        ) -> ApiResult {
            let comment = body.plain_text("comment")?;
            $operation(&app, &RunId::from(id), &granted.caller().user_id, comment).await?;
            Ok(accepted())
        }
    )+ };
}

actions!(
    apply => super::confirm,
    cancel => super::cancel,
    discard => super::discard,
    force_cancel => super::force_cancel
);

/// Takes no comment.
async fn force_execute(
    State(app): State<App>,
    granted: Granted<WorkspaceScope>,
    Path(id): Path<String>,
    Body(_): Body,
) -> ApiResult {
    super::force_execute(&app, &RunId::from(id), &granted.caller().user_id).await?;
    Ok(accepted())
}
