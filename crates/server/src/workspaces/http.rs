//! The routes of workspaces.

mod client;
mod consumers;
mod document;
mod list;
mod related;

pub(super) use document::WORKSPACE;
pub use document::resource;

use super::{create, delete, lock, safe_delete, ssh_key, store, update};
use crate::app::App;
use crate::ids::WorkspaceId;
use crate::platform::access::{Granted, Needs, OrganizationScope, Right, WorkspaceScope};
use crate::platform::http::{ApiError, ApiResult, Body, Route, created, get, no_content, ok, patch, post};
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use terrane_jsonapi::{Document, Query};

/// This folder's routes.
pub fn routes() -> Vec<Route> {
    const LIST: &str = "/api/v2/organizations/{organization}/workspaces";
    const BY_NAME: &str = "/api/v2/organizations/{organization}/workspaces/{workspace}";
    const BY_ID: &str = "/api/v2/workspaces/{workspace_id}";
    let mut routes = vec![
        get(LIST, "listWorkspaces", Needs::Organization(Right::ReadOrganization), list::list),
        post(LIST, "createWorkspace", Needs::Organization(Right::CreateWorkspaces), make),
        get(BY_NAME, "getWorkspaceByName", Needs::WorkspaceByName(Right::ReadRuns), show),
        patch(BY_NAME, "updateWorkspaceByName", Needs::WorkspaceByName(Right::Administer), change),
        crate::platform::http::delete(
            BY_NAME,
            "deleteWorkspaceByName",
            Needs::WorkspaceByName(Right::Administer),
            remove,
        ),
        get(BY_ID, "getWorkspace", Needs::Workspace(Right::ReadRuns), show),
        patch(BY_ID, "updateWorkspace", Needs::Workspace(Right::Administer), change),
        crate::platform::http::delete(BY_ID, "deleteWorkspace", Needs::Workspace(Right::Administer), remove),
        post(
            "/api/v2/workspaces/{workspace_id}/actions/lock",
            "lockWorkspace",
            Needs::Workspace(Right::Lock),
            take_lock,
        ),
        post(
            "/api/v2/workspaces/{workspace_id}/actions/unlock",
            "unlockWorkspace",
            Needs::Workspace(Right::Lock),
            give_lock,
        ),
        post(
            "/api/v2/workspaces/{workspace_id}/actions/force-unlock",
            "forceUnlockWorkspace",
            Needs::Workspace(Right::Administer),
            break_lock,
        ),
        post(
            "/api/v2/workspaces/{workspace_id}/actions/safe-delete",
            "safeDeleteWorkspace",
            Needs::Workspace(Right::Administer),
            remove_safely,
        ),
        post(
            "/api/v2/organizations/{organization}/workspaces/{workspace}/actions/safe-delete",
            "safeDeleteWorkspaceByName",
            Needs::WorkspaceByName(Right::Administer),
            remove_safely,
        ),
        patch(
            "/api/v2/workspaces/{workspace_id}/relationships/ssh-key",
            "assignWorkspaceSshKey",
            Needs::Workspace(Right::Administer),
            assign_ssh_key,
        ),
    ];
    routes.extend(consumers::routes());
    routes
}

async fn make(
    State(app): State<App>,
    granted: Granted<OrganizationScope>,
    headers: HeaderMap,
    Body(body): Body,
) -> ApiResult {
    let workspace = create::create(&app, &granted, client::read(&headers), &body).await?;
    Ok(created(&Document::one(resource(&workspace))))
}

async fn show(
    State(app): State<App>,
    granted: Granted<WorkspaceScope>,
    RawQuery(query): RawQuery,
) -> ApiResult {
    answer(&app, &granted.workspace_id, query.as_deref()).await
}

async fn change(
    State(app): State<App>,
    granted: Granted<WorkspaceScope>,
    headers: HeaderMap,
    Body(body): Body,
) -> ApiResult {
    let workspace = update::update(&app, &granted, client::read(&headers), &body).await?;
    Ok(ok(&Document::one(resource(&workspace))))
}

async fn remove(State(app): State<App>, granted: Granted<WorkspaceScope>) -> ApiResult {
    delete::delete(&app, &granted).await?;
    Ok(no_content())
}

async fn take_lock(State(app): State<App>, granted: Granted<WorkspaceScope>, Body(body): Body) -> ApiResult {
    lock::lock(&app, &granted, body.plain_text("reason")?).await?;
    answer(&app, &granted.workspace_id, None).await
}

async fn give_lock(State(app): State<App>, granted: Granted<WorkspaceScope>, Body(_): Body) -> ApiResult {
    lock::unlock(&app, &granted, false).await?;
    answer(&app, &granted.workspace_id, None).await
}

async fn break_lock(State(app): State<App>, granted: Granted<WorkspaceScope>, Body(_): Body) -> ApiResult {
    lock::unlock(&app, &granted, true).await?;
    answer(&app, &granted.workspace_id, None).await
}

async fn remove_safely(State(app): State<App>, granted: Granted<WorkspaceScope>, Body(_): Body) -> ApiResult {
    safe_delete::safe_delete(&app, &granted).await?;
    Ok(no_content())
}

async fn assign_ssh_key(
    State(app): State<App>,
    granted: Granted<WorkspaceScope>,
    Body(body): Body,
) -> ApiResult {
    ssh_key::assign(&app, &granted, &body).await?;
    answer(&app, &granted.workspace_id, None).await
}

async fn answer(app: &App, id: &WorkspaceId, query: Option<&str>) -> ApiResult {
    let mut view = app.db.snapshot().await?;
    let workspace = store::find(&mut view, id).await?.ok_or_else(ApiError::not_found)?;
    let query = Query::parse(query.unwrap_or_default());
    let (mut resources, included) = related::with_related(app, &mut view, &[workspace], &query).await?;
    let resource = resources.pop().ok_or_else(ApiError::not_found)?;
    Ok(ok(&Document::one(resource).include(included)))
}
