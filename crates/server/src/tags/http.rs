//! The routes of flat tags (api-contract 8.1, 17).

use super::store::{self, Tag};
use super::write;
use crate::app::App;
use crate::clock::Time;
use crate::platform::access::{Granted, Needs, OrganizationScope, Right, WorkspaceScope};
use crate::platform::http::{ApiResult, Items, Listing, Route, delete, get, no_content, post, searched};
use crate::platform::openapi::ResourceType;
use axum::extract::{Path, State};
use schemars::JsonSchema;
use serde::Serialize;
use terrane_jsonapi::{Relationship, Resource};

/// This folder's routes.
pub fn routes() -> Vec<Route> {
    const ALL: &str = "/api/v2/organizations/{organization}/tags";
    const OF_WORKSPACE: &str = "/api/v2/workspaces/{workspace_id}/relationships/tags";
    let write = Needs::Workspace(Right::Administer);
    vec![
        get(ALL, "listTags", Needs::Organization(Right::ReadOrganization), list),
        delete(ALL, "deleteTags", Needs::Organization(Right::ManageTags), remove),
        post(
            "/api/v2/tags/{tag_id}/relationships/workspaces",
            "addTagToWorkspaces",
            Needs::Tag(Right::ManageTags),
            add_workspaces,
        ),
        get(OF_WORKSPACE, "listWorkspaceTags", Needs::Workspace(Right::ReadRuns), of_workspace),
        post(OF_WORKSPACE, "addWorkspaceTags", write, add),
        delete(OF_WORKSPACE, "removeWorkspaceTags", write, take_away),
    ]
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct TagAttributes<'a> {
    name: &'a str,
    created_at: Time,
    instance_count: i64,
}

/// Flat tags, for their description.
pub(super) const TAG: ResourceType = ResourceType::of::<TagAttributes<'static>>("tags");

fn resource(tag: &Tag) -> Resource {
    let attributes =
        TagAttributes { name: &tag.name, created_at: tag.created_at, instance_count: tag.instance_count };
    Resource::new("tags", &tag.id, &attributes)
        .relate("organization", Relationship::to("organizations", &tag.organization_name))
}

async fn list(State(app): State<App>, granted: Granted<OrganizationScope>, listing: Listing) -> ApiResult {
    let page = listing.page;
    let filter = store::Filter {
        search: searched(&listing.query, "q")?,
        without_workspace: searched(&listing.query, "filter[exclude][taggable][id]")?,
    };
    let tags = store::list(&app.db, &granted.organization_id, &filter, page).await?;
    let total = store::count(&app.db, &granted.organization_id, &filter).await?;
    let resources = tags.iter().map(resource).collect();
    Ok(listing.answer(resources, total))
}

async fn remove(
    State(app): State<App>,
    granted: Granted<OrganizationScope>,
    Items(items): Items,
) -> ApiResult {
    write::delete(&app, &granted, &items).await?;
    Ok(no_content())
}

async fn add_workspaces(
    State(app): State<App>,
    granted: Granted<OrganizationScope>,
    Path(id): Path<String>,
    Items(items): Items,
) -> ApiResult {
    write::add_workspaces(&app, &granted, &id.into(), &items).await?;
    Ok(no_content())
}

async fn of_workspace(
    State(app): State<App>,
    granted: Granted<WorkspaceScope>,
    listing: Listing,
) -> ApiResult {
    let page = listing.page;
    let tags = store::of_workspace(&app.db, &granted.workspace_id, page).await?;
    let total = store::count_of_workspace(&app.db, &granted.workspace_id).await?;
    let resources = tags.iter().map(resource).collect();
    Ok(listing.answer(resources, total))
}

async fn add(State(app): State<App>, granted: Granted<WorkspaceScope>, Items(items): Items) -> ApiResult {
    write::add(&app, &granted, &items).await?;
    Ok(no_content())
}

async fn take_away(
    State(app): State<App>,
    granted: Granted<WorkspaceScope>,
    Items(items): Items,
) -> ApiResult {
    write::remove(&app, &granted, &items).await?;
    Ok(no_content())
}
