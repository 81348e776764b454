//! The routes of workspaces.

mod client;
mod document;

pub(super) use document::WORKSPACE;
pub use document::resource;

use super::{create, delete, lock, store, update};
use crate::app::App;
use crate::ids::WorkspaceId;
use crate::platform::access::{Granted, Needs, OrganizationScope, Right, WorkspaceScope};
use crate::platform::db::Tx;
use crate::platform::http::{ApiError, ApiResult, Body, Route, created, get, no_content, ok, patch, post};
use crate::state_version_outputs::OUTPUTS_OF_WORKSPACE;
use crate::{state_version_outputs, state_versions, users};
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, Uri};
use terrane_jsonapi::{Document, Errors, Query, Relationship, Resource};

/// What is searched for in a list is not longer.
const SEARCH_CHARS_MAX: usize = 1000;

/// This folder's routes.
pub fn routes() -> Vec<Route> {
    const LIST: &str = "/api/v2/organizations/{organization}/workspaces";
    const BY_NAME: &str = "/api/v2/organizations/{organization}/workspaces/{workspace}";
    const BY_ID: &str = "/api/v2/workspaces/{workspace_id}";
    vec![
        get(LIST, "listWorkspaces", Needs::Organization(Right::ReadOrganization), list),
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
    ]
}

async fn list(
    State(app): State<App>,
    granted: Granted<OrganizationScope>,
    uri: Uri,
    RawQuery(query): RawQuery,
) -> ApiResult {
    let query = Query::parse(query.as_deref().unwrap_or_default());
    let sort = query.get("sort").unwrap_or_default();
    let filter = store::Filter {
        search: searched(&query, "search[name]")?,
        wildcard: searched(&query, "search[wildcard-name]")?,
        project: searched(&query, "filter[project][id]")?,
        run_statuses: query.list("filter[current-run][status]").into_iter().map(str::to_owned).collect(),
        // No workspace has a tag yet: those that have some are none.
        nothing: ["search[tags]", "filter[tagged][0][key]"].iter().any(|name| query.get(name).is_some()),
        order: store::Order::parse(sort.strip_prefix('-').unwrap_or(sort)),
        descending: sort.starts_with('-'),
    };
    let (page, organization) = (query.page(), granted.organization_id.as_str());
    let mut view = app.db.snapshot().await?;
    let workspaces = store::list(&mut view, organization, &filter, page).await?;
    let total = store::count(&mut view, organization, &filter).await?;
    let (mut resources, mut included) = (Vec::with_capacity(workspaces.len()), Vec::new());
    for workspace in &workspaces {
        let beside = related(&app, &mut view, workspace, &query).await?;
        resources.push(with_outputs(resource(workspace), &beside, &query));
        included.extend(beside);
    }
    Ok(ok(&Document::page(resources, page.of(total, &app.url(uri.path()), &query)).include(included)))
}

/// A text to look for. SQLite fails on patterns of some ten thousand characters.
fn searched(query: &Query, name: &str) -> ApiResult<Option<String>> {
    match query.get(name) {
        Some(text) if text.chars().count() > SEARCH_CHARS_MAX => {
            Err(Errors::malformed(format!("{name} is longer than {SEARCH_CHARS_MAX} characters")).into())
        }
        text => Ok(text.map(str::to_owned)),
    }
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

async fn answer(app: &App, id: &WorkspaceId, query: Option<&str>) -> ApiResult {
    let mut view = app.db.snapshot().await?;
    let workspace = store::find(&mut view, id).await?.ok_or_else(ApiError::not_found)?;
    let query = Query::parse(query.unwrap_or_default());
    let included = related(app, &mut view, &workspace, &query).await?;
    Ok(ok(&Document::one(with_outputs(resource(&workspace), &included, &query)).include(included)))
}

/// The relationship `outputs` is there when the outputs are: every other answer would need one more query for it.
fn with_outputs(resource: Resource, beside: &[Resource], query: &Query) -> Resource {
    if !query.includes("outputs") {
        return resource;
    }
    let outputs = beside.iter().map(Resource::name).filter(|name| name.kind == OUTPUTS_OF_WORKSPACE);
    resource.relate("outputs", Relationship::Many(outputs.cloned().collect()))
}

/// What `include` asks for beside a workspace.
async fn related(
    app: &App,
    view: &mut Tx,
    workspace: &store::Workspace,
    query: &Query,
) -> ApiResult<Vec<Resource>> {
    let mut included = Vec::new();
    if query.includes("organization") {
        let organization =
            crate::organizations::store::find(&mut *view, &workspace.organization_name).await?;
        included.extend(organization.iter().map(crate::organizations::resource));
    }
    if query.includes("project") {
        let project = crate::projects::store::find(&mut *view, &workspace.project_id).await?;
        included.extend(project.iter().map(crate::projects::resource));
    }
    if query.includes("current_run")
        && let Some(run) = &workspace.current_run_id
    {
        included.extend(crate::runs::document(app, &mut *view, &run.clone().into()).await?);
    }
    if let Some(current) = &workspace.current_state_version_id {
        let current = current.clone().into();
        if query.includes("current_state_version")
            && let Some(version) = state_versions::store::find(&mut *view, &current).await?
        {
            included.push(state_versions::document(app, &version, false));
        }
        if query.includes("outputs") {
            included.extend(state_version_outputs::workspace_outputs(app, view, &current).await?);
        }
    }
    if query.includes("locked_by")
        && let Some((super::model::LockKind::User, holder)) = workspace.lock()
    {
        let user = users::store::find(&mut *view, &holder.to_owned().into()).await?;
        included.extend(user.iter().map(users::public_resource));
    }
    Ok(included)
}
