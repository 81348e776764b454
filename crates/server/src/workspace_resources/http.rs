//! `GET /workspaces/:id/resources`.

use super::model::{Order, WorkspaceResource};
use super::store;
use crate::app::App;
use crate::clock::Time;
use crate::platform::access::{Granted, Needs, Right, WorkspaceScope};
use crate::platform::http::{ApiResult, Listing, Route, get, searched};
use crate::platform::openapi::ResourceType;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;
use terrane_jsonapi::Resource;

/// This folder's routes.
pub fn routes() -> Vec<Route> {
    vec![get(
        "/api/v2/workspaces/{workspace_id}/resources",
        "listWorkspaceResources",
        Needs::Workspace(Right::ReadRuns),
        list,
    )]
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct ResourceAttributes<'a> {
    address: &'a str,
    name: &'a str,
    created_at: Time,
    updated_at: Time,
    module: &'a str,
    provider: &'a str,
    provider_type: &'a str,
    modified_by_state_version_id: &'a str,
    name_index: Option<&'a str>,
}

/// Instances of resources, for their description.
pub(super) const RESOURCE: ResourceType = ResourceType::of::<ResourceAttributes<'static>>("resources");

fn resource(one: &WorkspaceResource) -> Resource {
    let attributes = ResourceAttributes {
        address: &one.address,
        name: &one.name,
        created_at: Time(one.created_at),
        updated_at: Time(one.updated_at),
        module: &one.module,
        provider: &one.provider,
        provider_type: &one.kind,
        modified_by_state_version_id: &one.state_version_id,
        name_index: one.index.as_deref(),
    };
    Resource::new("resources", &one.id, &attributes)
}

/// `q` is a part of an address, whatever its case.
async fn list(State(app): State<App>, granted: Granted<WorkspaceScope>, listing: Listing) -> ApiResult {
    let page = listing.page;
    let mut all = store::list(&app.db, &granted.workspace_id).await?;
    if let Some(part) = searched(&listing.query, "q")? {
        let part = part.to_lowercase();
        all.retain(|one| one.address.to_lowercase().contains(&part));
    }
    let (order, descending) = Order::parse(listing.query.get("sort").unwrap_or_default());
    order.sort(&mut all, descending);
    let first = usize::try_from(page.offset()).unwrap_or(usize::MAX);
    let size = usize::try_from(page.limit()).unwrap_or(usize::MAX);
    let resources = all.iter().skip(first).take(size).map(resource).collect();
    let total = u64::try_from(all.len()).unwrap_or(u64::MAX);
    Ok(listing.answer(resources, total))
}
