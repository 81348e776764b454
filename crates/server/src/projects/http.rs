//! The routes of projects (api-contract section 10).

use super::store::{self, Project};
use super::{delete, move_in, write};
use crate::app::App;
use crate::clock::Time;
use crate::execution_mode::{ExecutionMode, effective};
use crate::ids::ProjectId;
use crate::platform::access::{Granted, Needs, OrganizationScope, Right};
use crate::platform::http::{
    ApiError, ApiResult, Body, Items, Listing, Route, created, get, no_content, ok, patch, post, searched,
};
use crate::platform::openapi::ResourceType;
use axum::extract::{Path, State};
use schemars::JsonSchema;
use serde::Serialize;
use terrane_jsonapi::{Document, Relationship, Resource, ResourceId};

/// This folder's routes.
pub fn routes() -> Vec<Route> {
    const LIST: &str = "/api/v2/organizations/{organization}/projects";
    const ONE: &str = "/api/v2/projects/{project_id}";
    vec![
        get(LIST, "listProjects", Needs::Organization(Right::ReadOrganization), list),
        post(LIST, "createProject", Needs::Organization(Right::ManageProjects), make),
        get(ONE, "getProject", Needs::Project(Right::ReadOrganization), show),
        patch(ONE, "updateProject", Needs::Project(Right::ManageProjects), change),
        crate::platform::http::delete(ONE, "deleteProject", Needs::Project(Right::ManageProjects), remove),
        post(
            "/api/v2/projects/{project_id}/relationships/workspaces",
            "moveWorkspacesIntoProject",
            Needs::Project(Right::ManageProjects),
            take_in,
        ),
    ]
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct ProjectAttributes<'a> {
    name: &'a str,
    description: Option<&'a str>,
    is_default: bool,
    created_at: Time,
    default_execution_mode: ExecutionMode,
    setting_overwrites: SettingOverwrites,
    auto_destroy_activity_duration: Option<&'a str>,
    workspace_count: i64,
    team_count: i64,
    permissions: Permissions,
}

/// Projects, for their description.
pub(super) const PROJECT: ResourceType = ResourceType::of::<ProjectAttributes<'static>>("projects");

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct SettingOverwrites {
    default_execution_mode: bool,
    default_agent_pool: bool,
}

/// Whoever sees a project is an owner or a site administrator; what nobody can do here yet is `false`.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct Permissions {
    can_read: bool,
    can_update: bool,
    can_destroy: bool,
    can_create_workspace: bool,
    can_move_workspace: bool,
    can_manage_tags: bool,
    can_read_teams: bool,
    can_manage_teams: bool,
    can_manage_varsets: bool,
}

/// The resource.
pub fn resource(project: &Project) -> Resource {
    let own = project.execution_level();
    let execution = effective(&[&own, &project.organization_level()]);
    let attributes = ProjectAttributes {
        name: &project.name,
        description: project.description.as_deref(),
        is_default: project.is_default,
        created_at: project.created_at,
        default_execution_mode: execution.mode,
        setting_overwrites: SettingOverwrites {
            default_execution_mode: own.mode.is_some(),
            default_agent_pool: own.overwrites_pool,
        },
        auto_destroy_activity_duration: project.auto_destroy_activity_duration.as_deref(),
        workspace_count: project.workspace_count,
        team_count: 0,
        permissions: Permissions {
            can_read: true,
            can_update: true,
            can_destroy: !project.is_default,
            can_create_workspace: true,
            can_move_workspace: true,
            can_manage_tags: true,
            can_read_teams: false,
            can_manage_teams: false,
            can_manage_varsets: false,
        },
    };
    let path = format!("/api/v2/projects/{}", project.id);
    let pool = execution.agent_pool_id.map(|id| ResourceId::new("agent-pools", id));
    Resource::new("projects", &project.id, &attributes)
        .relate("organization", Relationship::to("organizations", &project.organization_name))
        .relate("default-agent-pool", Relationship::One(pool))
        .relate("tag-bindings", Relationship::At(format!("{path}/tag-bindings")))
        .relate("effective-tag-bindings", Relationship::At(format!("{path}/effective-tag-bindings")))
        .link("self", path)
}

async fn list(State(app): State<App>, granted: Granted<OrganizationScope>, listing: Listing) -> ApiResult {
    let page = listing.page;
    let filter = store::Filter {
        search: searched(&listing.query, "q")?,
        names: listing.query.list("filter[names]").into_iter().map(str::to_owned).collect(),
        descending: listing.query.get("sort") == Some("-name"),
    };
    let projects = store::list(&app.db, &granted.organization_id, &filter, page).await?;
    let total = store::count(&app.db, &granted.organization_id, &filter).await?;
    let resources = projects.iter().map(resource).collect();
    Ok(listing.answer(resources, total))
}

async fn make(State(app): State<App>, granted: Granted<OrganizationScope>, Body(body): Body) -> ApiResult {
    Ok(created(&Document::one(resource(&write::create(&app, &granted, &body).await?))))
}

async fn show(State(app): State<App>, Path(id): Path<String>) -> ApiResult {
    let project = store::find(&app.db, &ProjectId::from(id)).await?.ok_or_else(ApiError::not_found)?;
    Ok(ok(&Document::one(resource(&project))))
}

async fn change(
    State(app): State<App>,
    granted: Granted<OrganizationScope>,
    Path(id): Path<String>,
    Body(body): Body,
) -> ApiResult {
    let project = write::update(&app, &granted, &id.into(), &body).await?;
    Ok(ok(&Document::one(resource(&project))))
}

async fn remove(State(app): State<App>, Path(id): Path<String>) -> ApiResult {
    delete::delete(&app, &id.into()).await?;
    Ok(no_content())
}

async fn take_in(
    State(app): State<App>,
    granted: Granted<OrganizationScope>,
    Path(id): Path<String>,
    Items(items): Items,
) -> ApiResult {
    move_in::move_in(&app, &granted, &id.into(), &items).await?;
    Ok(no_content())
}
