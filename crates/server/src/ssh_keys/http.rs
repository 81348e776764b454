//! The routes of ssh keys.

use super::store::{self, SshKey};
use super::write;
use crate::app::App;
use crate::ids::SshKeyId;
use crate::platform::access::{Granted, Needs, OrganizationScope, Right};
use crate::platform::http::{
    ApiError, ApiResult, Body, Listing, Route, created, delete, get, no_content, ok, patch, post,
};
use crate::platform::openapi::ResourceType;
use axum::extract::{Path, State};
use schemars::JsonSchema;
use serde::Serialize;
use terrane_jsonapi::{Document, Resource};

/// This folder's routes.
pub fn routes() -> Vec<Route> {
    const LIST: &str = "/api/v2/organizations/{organization}/ssh-keys";
    const ONE: &str = "/api/v2/ssh-keys/{ssh_key_id}";
    let write = Needs::SshKey(Right::ManageSshKeys);
    vec![
        get(LIST, "listSshKeys", Needs::Organization(Right::ReadOrganization), list),
        post(LIST, "createSshKey", Needs::Organization(Right::ManageSshKeys), make),
        get(ONE, "getSshKey", Needs::SshKey(Right::ReadOrganization), show),
        patch(ONE, "updateSshKey", write, change),
        delete(ONE, "deleteSshKey", write, remove),
    ]
}

#[derive(Serialize, JsonSchema)]
struct SshKeyAttributes<'a> {
    name: &'a str,
}

/// SSH keys, for their description.
pub(super) const SSH_KEY: ResourceType = ResourceType::of::<SshKeyAttributes<'static>>("ssh-keys");

fn resource(key: &SshKey) -> Resource {
    Resource::new("ssh-keys", &key.id, &SshKeyAttributes { name: &key.name })
        .link("self", format!("/api/v2/ssh-keys/{}", key.id))
}

async fn list(State(app): State<App>, granted: Granted<OrganizationScope>, listing: Listing) -> ApiResult {
    let page = listing.page;
    let keys = store::list(&app.db, &granted.organization_id, page).await?;
    let total = store::count(&app.db, &granted.organization_id).await?;
    let resources = keys.iter().map(resource).collect();
    Ok(listing.answer(resources, total))
}

async fn make(State(app): State<App>, granted: Granted<OrganizationScope>, Body(body): Body) -> ApiResult {
    Ok(created(&Document::one(resource(&write::create(&app, &granted, &body).await?))))
}

async fn show(State(app): State<App>, Path(id): Path<String>) -> ApiResult {
    let key = store::find(&app.db, &SshKeyId::from(id)).await?.ok_or_else(ApiError::not_found)?;
    Ok(ok(&Document::one(resource(&key))))
}

async fn change(State(app): State<App>, Path(id): Path<String>, Body(body): Body) -> ApiResult {
    Ok(ok(&Document::one(resource(&write::update(&app, &id.into(), &body).await?))))
}

async fn remove(State(app): State<App>, Path(id): Path<String>) -> ApiResult {
    write::delete(&app, &id.into()).await?;
    Ok(no_content())
}
