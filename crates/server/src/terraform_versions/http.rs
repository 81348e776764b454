//! The routes of the catalogue.

use super::store::{self, EngineVersion, Filter};
use super::write;
use crate::app::App;
use crate::clock::Time;
use crate::ids::EngineVersionId;
use crate::plans::model::EngineName;
use crate::platform::access::Needs;
use crate::platform::http::{
    ApiError, ApiResult, Body, Listing, Route, created, delete, get, no_content, ok, patch, post, searched,
};
use crate::platform::openapi::ResourceType;
use axum::extract::{Path, State};
use schemars::JsonSchema;
use serde::Serialize;
use terrane_jsonapi::{Document, Resource};

/// This folder's routes.
pub fn routes() -> Vec<Route> {
    const LIST: &str = "/api/v2/admin/terraform-versions";
    const ONE: &str = "/api/v2/admin/terraform-versions/{terraform_version_id}";
    vec![
        get(LIST, "listTerraformVersions", Needs::SiteAdmin, list),
        post(LIST, "createTerraformVersion", Needs::SiteAdmin, make),
        get(ONE, "getTerraformVersion", Needs::SiteAdmin, show),
        patch(ONE, "updateTerraformVersion", Needs::SiteAdmin, change),
        delete(ONE, "deleteTerraformVersion", Needs::SiteAdmin, remove),
    ]
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct TerraformVersionAttributes<'a> {
    /// Ours: whose version it is.
    engine: EngineName,
    version: &'a str,
    url: Option<&'a str>,
    sha: Option<&'a str>,
    official: bool,
    enabled: bool,
    beta: bool,
    deprecated: bool,
    deprecated_reason: Option<&'a str>,
    usage: i64,
    /// Ours: the agent inside of this server has it.
    installed: bool,
    created_at: Time,
}

/// Versions, for their description.
pub(super) const TERRAFORM_VERSION: ResourceType =
    ResourceType::of::<TerraformVersionAttributes<'static>>("terraform-versions");

async fn resource(app: &App, row: &EngineVersion) -> Resource {
    let attributes = TerraformVersionAttributes {
        engine: row.engine,
        version: &row.version,
        url: row.url.as_deref(),
        sha: row.sha.as_deref(),
        official: row.official,
        enabled: row.enabled,
        beta: row.beta,
        deprecated: row.deprecated,
        deprecated_reason: row.deprecated_reason.as_deref(),
        usage: row.usage,
        installed: write::is_installed(app, row).await,
        created_at: row.created_at,
    };
    Resource::new("terraform-versions", &row.id, &attributes)
        .link("self", format!("/api/v2/admin/terraform-versions/{}", row.id))
}

async fn list(State(app): State<App>, listing: Listing) -> ApiResult {
    let page = listing.page;
    let filter = Filter {
        version: listing.query.get("filter[version]").map(str::to_owned),
        search: searched(&listing.query, "search[version]")?,
        engine: listing.query.get("filter[engine]").map(str::to_owned),
    };
    let mut view = app.db.snapshot().await?;
    let rows = store::list(&mut view, &filter, page).await?;
    let total = store::count(&mut view, &filter).await?;
    let mut resources = Vec::with_capacity(rows.len());
    for row in &rows {
        resources.push(resource(&app, row).await);
    }
    Ok(listing.answer(resources, total))
}

async fn show(State(app): State<App>, Path(id): Path<String>) -> ApiResult {
    let row = store::find(&app.db, &EngineVersionId::from(id)).await?.ok_or_else(ApiError::not_found)?;
    Ok(ok(&Document::one(resource(&app, &row).await)))
}

async fn make(State(app): State<App>, Body(body): Body) -> ApiResult {
    let row = write::create(&app, &body).await?;
    Ok(created(&Document::one(resource(&app, &row).await)))
}

async fn change(State(app): State<App>, Path(id): Path<String>, Body(body): Body) -> ApiResult {
    let row = write::update(&app, &id.into(), &body).await?;
    Ok(ok(&Document::one(resource(&app, &row).await)))
}

async fn remove(State(app): State<App>, Path(id): Path<String>) -> ApiResult {
    write::delete(&app, &id.into()).await?;
    Ok(no_content())
}
