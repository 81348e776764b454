//! The routes of projects (api-contract section 10).

use super::store::{self, Project};
use crate::app::App;
use crate::clock::Time;
use crate::ids::ProjectId;
use crate::platform::access::{Granted, Needs, OrganizationScope, Right};
use crate::platform::http::{ApiError, ApiResult, Route, get, ok};
use crate::platform::openapi::ResourceType;
use axum::extract::{Path, RawQuery, State};
use axum::http::Uri;
use schemars::JsonSchema;
use serde::Serialize;
use terrane_jsonapi::{Document, Query, Relationship, Resource};

/// This folder's routes.
pub fn routes() -> Vec<Route> {
    vec![
        get(
            "/api/v2/organizations/{organization}/projects",
            "listProjects",
            Needs::Organization(Right::ReadOrganization),
            list,
        ),
        get("/api/v2/projects/{project_id}", "getProject", Needs::Project(Right::ReadOrganization), show),
    ]
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct ProjectAttributes<'a> {
    name: &'a str,
    description: Option<&'a str>,
    is_default: bool,
    created_at: Time,
    default_execution_mode: &'static str,
    workspace_count: i64,
    permissions: Permissions,
}

/// Projects, for their description.
pub(super) const PROJECT: ResourceType = ResourceType::of::<ProjectAttributes<'static>>("projects");

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct Permissions {
    can_read: bool,
    can_update: bool,
    can_destroy: bool,
    can_create_workspace: bool,
}

/// The resource.
pub fn resource(project: &Project) -> Resource {
    let attributes = ProjectAttributes {
        name: &project.name,
        description: project.description.as_deref(),
        is_default: project.is_default,
        created_at: project.created_at,
        default_execution_mode: "remote",
        workspace_count: project.workspace_count,
        permissions: Permissions {
            can_read: true,
            can_update: false,
            can_destroy: false,
            can_create_workspace: true,
        },
    };
    Resource::new("projects", &project.id, &attributes)
        .relate("organization", Relationship::to("organizations", &project.organization_name))
        .link("self", format!("/api/v2/projects/{}", project.id))
}

async fn list(
    State(app): State<App>,
    granted: Granted<OrganizationScope>,
    uri: Uri,
    RawQuery(query): RawQuery,
) -> ApiResult {
    let query = Query::parse(query.as_deref().unwrap_or_default());
    let page = query.page();
    let projects = store::list(&app.db, &granted.organization_id, page).await?;
    let total = store::count(&app.db, &granted.organization_id).await?;
    let resources = projects.iter().map(resource).collect();
    Ok(ok(&Document::page(resources, page.of(total, &app.url(uri.path()), &query))))
}

async fn show(State(app): State<App>, Path(id): Path<String>) -> ApiResult {
    let project = store::find(&app.db, &ProjectId::from(id)).await?.ok_or_else(ApiError::not_found)?;
    Ok(ok(&Document::one(resource(&project))))
}
