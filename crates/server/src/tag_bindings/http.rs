//! The routes of tag bindings, on both paths (api-contract section 18 row 5): what go-tfe calls answers with the list,
//! what the official file has answers 204.

use super::store::{self, EffectiveTagBinding, Owner, TagBinding};
use super::write;
use crate::app::App;
use crate::clock::Time;
use crate::ids::ProjectId;
use crate::platform::access::{Granted, Needs, Right, WorkspaceScope};
use crate::platform::http::{ApiResult, Items, Route, get, no_content, ok, patch, post};
use crate::platform::openapi::ResourceType;
use axum::extract::{Path, State};
use schemars::JsonSchema;
use serde::Serialize;
use terrane_jsonapi::{Document, Relationship, Resource, ResourceId};

/// This folder's routes.
pub fn routes() -> Vec<Route> {
    [workspace_routes(), project_routes()].concat()
}

fn workspace_routes() -> Vec<Route> {
    const PLAIN: &str = "/api/v2/workspaces/{workspace_id}/tag-bindings";
    const RELATED: &str = "/api/v2/workspaces/{workspace_id}/relationships/tag-bindings";
    const EFFECTIVE: &str = "/api/v2/workspaces/{workspace_id}/effective-tag-bindings";
    let (read, write) = (Needs::Workspace(Right::ReadRuns), Needs::Workspace(Right::Administer));
    vec![
        get(PLAIN, "listTagBindings", read, of_workspace),
        patch(PLAIN, "addTagBindingsAndList", write, add_and_list_of_workspace),
        get(RELATED, "listWorkspaceTagBindings", read, of_workspace),
        post(RELATED, "addWorkspaceTagBindings", write, add_to_workspace),
        patch(RELATED, "replaceWorkspaceTagBindings", write, replace_of_workspace),
        get(EFFECTIVE, "listWorkspaceEffectiveTagBindings", read, effective_of_workspace),
    ]
}

fn project_routes() -> Vec<Route> {
    const PLAIN: &str = "/api/v2/projects/{project_id}/tag-bindings";
    const RELATED: &str = "/api/v2/projects/{project_id}/relationships/tag-bindings";
    const EFFECTIVE: &str = "/api/v2/projects/{project_id}/effective-tag-bindings";
    let (read, write) = (Needs::Project(Right::ReadOrganization), Needs::Project(Right::ManageProjects));
    vec![
        get(PLAIN, "listTagBindingsOfProject", read, of_project),
        patch(PLAIN, "addTagBindingsOfProjectAndList", write, add_and_list_of_project),
        get(RELATED, "listProjectTagBindings", read, of_project),
        post(RELATED, "addProjectTagBindings", write, add_to_project),
        patch(RELATED, "replaceProjectTagBindings", write, replace_of_project),
        get(EFFECTIVE, "listProjectEffectiveTagBindings", read, effective_of_project),
    ]
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct TagBindingAttributes<'a> {
    key: &'a str,
    value: &'a str,
    created_at: Time,
}

/// Bindings, for their description.
pub(super) const TAG_BINDING: ResourceType =
    ResourceType::of::<TagBindingAttributes<'static>>("tag-bindings");

fn resource(binding: &TagBinding) -> Resource {
    let TagBinding { id, key, value, created_at } = binding;
    Resource::new("tag-bindings", id, &TagBindingAttributes { key, value, created_at: *created_at })
}

#[derive(Serialize, JsonSchema)]
struct EffectiveAttributes<'a> {
    key: &'a str,
    value: &'a str,
}

/// Bindings that hold, for their description.
pub(super) const EFFECTIVE_TAG_BINDING: ResourceType =
    ResourceType::of::<EffectiveAttributes<'static>>("effective-tag-bindings");

/// A binding that holds for a workspace. One of its project says so, in a relationship and in a link: clients read
/// either.
pub fn effective_resource(binding: &EffectiveTagBinding) -> Resource {
    let attributes = EffectiveAttributes { key: &binding.key, value: &binding.value };
    let resource = Resource::new("effective-tag-bindings", &binding.id, &attributes);
    match &binding.project_id {
        Some(project) => resource
            .relate("inherited-from", Relationship::One(Some(ResourceId::new("projects", project))))
            .link("inherited-from", format!("/api/v2/projects/{project}")),
        None => resource,
    }
}

async fn listed(app: &App, owner: Owner<'_>) -> ApiResult {
    let bindings = store::list(&app.db, owner).await?;
    Ok(ok(&Document::many(bindings.iter().map(resource).collect())))
}

async fn of_workspace(State(app): State<App>, granted: Granted<WorkspaceScope>) -> ApiResult {
    listed(&app, Owner::Workspace(&granted.workspace_id)).await
}

async fn add_and_list_of_workspace(
    State(app): State<App>,
    granted: Granted<WorkspaceScope>,
    Items(items): Items,
) -> ApiResult {
    let owner = Owner::Workspace(&granted.workspace_id);
    write::add(&app, owner, &items).await?;
    listed(&app, owner).await
}

async fn add_to_workspace(
    State(app): State<App>,
    granted: Granted<WorkspaceScope>,
    Items(items): Items,
) -> ApiResult {
    write::add(&app, Owner::Workspace(&granted.workspace_id), &items).await?;
    Ok(no_content())
}

async fn replace_of_workspace(
    State(app): State<App>,
    granted: Granted<WorkspaceScope>,
    Items(items): Items,
) -> ApiResult {
    write::replace(&app, Owner::Workspace(&granted.workspace_id), &items).await?;
    Ok(no_content())
}

async fn effective_of_workspace(State(app): State<App>, granted: Granted<WorkspaceScope>) -> ApiResult {
    let bindings = store::effective(&app.db, &[&granted.workspace_id]).await?;
    Ok(ok(&Document::many(bindings.iter().map(|holding| effective_resource(&holding.binding)).collect())))
}

async fn of_project(State(app): State<App>, Path(id): Path<String>) -> ApiResult {
    listed(&app, Owner::Project(&id.into())).await
}

async fn add_and_list_of_project(
    State(app): State<App>,
    Path(id): Path<String>,
    Items(items): Items,
) -> ApiResult {
    let id = ProjectId::from(id);
    write::add(&app, Owner::Project(&id), &items).await?;
    listed(&app, Owner::Project(&id)).await
}

async fn add_to_project(State(app): State<App>, Path(id): Path<String>, Items(items): Items) -> ApiResult {
    write::add(&app, Owner::Project(&id.into()), &items).await?;
    Ok(no_content())
}

async fn replace_of_project(
    State(app): State<App>,
    Path(id): Path<String>,
    Items(items): Items,
) -> ApiResult {
    write::replace(&app, Owner::Project(&id.into()), &items).await?;
    Ok(no_content())
}

/// A project inherits nothing.
async fn effective_of_project(State(app): State<App>, Path(id): Path<String>) -> ApiResult {
    let bindings = store::list(&app.db, Owner::Project(&id.into())).await?;
    let effective = bindings.into_iter().map(|binding| {
        let TagBinding { id, key, value, .. } = binding;
        effective_resource(&EffectiveTagBinding { id, key, value, project_id: None })
    });
    Ok(ok(&Document::many(effective.collect())))
}
