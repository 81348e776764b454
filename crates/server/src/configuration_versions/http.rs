//! The routes of configuration versions (api-contract section 6).

mod download;
mod related;
mod upload;

pub use download::read_archive;
pub use related::included;
pub use upload::upload;

use super::dispose::dispose;
use super::model::{ConfigurationStatus, Disposal};
use super::store::{self, ConfigurationVersion};
use crate::app::App;
use crate::ids::{ConfigurationVersionId, RunId};
use crate::platform::access::{Granted, Needs, Right, WorkspaceScope};
use crate::platform::db::Tx;
use crate::platform::http::{
    ApiError, ApiResult, Body, Listing, Purpose, Route, accepted, created, get, ok, post,
};
use crate::platform::openapi::ResourceType;
use crate::status_times::StatusTimes;
use crate::{ingress_attributes, runs, workspaces};
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use schemars::JsonSchema;
use secrecy::ExposeSecret;
use serde::Serialize;
use terrane_jsonapi::{Document, Query, Relationship, Resource, ResourceId};

/// This folder's routes.
pub fn routes() -> Vec<Route> {
    const LIST: &str = "/api/v2/workspaces/{workspace_id}/configuration-versions";
    const ONE: &str = "/api/v2/configuration-versions/{configuration_version_id}";
    const ARCHIVE: &str = "/api/v2/configuration-versions/{configuration_version_id}/actions/archive";
    const SOFT_DELETE: &str =
        "/api/v2/configuration-versions/{configuration_version_id}/actions/soft_delete_backing_data";
    const RESTORE: &str =
        "/api/v2/configuration-versions/{configuration_version_id}/actions/restore_backing_data";
    const PERMANENTLY_DELETE: &str =
        "/api/v2/configuration-versions/{configuration_version_id}/actions/permanently_delete_backing_data";
    let owner = Needs::ConfigurationVersion(Right::ManageOrganization);
    vec![
        post(LIST, "createConfigurationVersion", Needs::Workspace(Right::PlanRuns), make),
        get(LIST, "listConfigurationVersions", Needs::Workspace(Right::ReadRuns), list),
        get(ONE, "getConfigurationVersion", Needs::ConfigurationVersion(Right::ReadRuns), show),
        get(
            "/api/v2/configuration-versions/{configuration_version_id}/download",
            "downloadConfigurationVersion",
            Needs::ConfigurationVersion(Right::ReadRuns),
            download,
        ),
        post(ARCHIVE, "archiveConfigurationVersion", Needs::ConfigurationVersion(Right::PlanRuns), archive),
        post(SOFT_DELETE, "softDeleteConfigurationVersion", owner, soft_delete),
        post(RESTORE, "restoreConfigurationVersion", owner, restore),
        post(PERMANENTLY_DELETE, "permanentlyDeleteConfigurationVersion", owner, permanently_delete),
        get(
            "/api/v2/runs/{run_id}/configuration-version",
            "getConfigurationVersionOfRun",
            Needs::Run(Right::ReadRuns),
            show_of_run,
        ),
        get(
            "/api/v2/runs/{run_id}/configuration-version/download",
            "downloadConfigurationVersionOfRun",
            Needs::Run(Right::ReadRuns),
            download_of_run,
        ),
    ]
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct ConfigurationVersionAttributes<'a> {
    auto_queue_runs: bool,
    error: Option<()>,
    error_message: Option<()>,
    source: &'a str,
    speculative: bool,
    provisional: bool,
    status: ConfigurationStatus,
    status_timestamps: &'a StatusTimes,
    #[serde(skip_serializing_if = "Option::is_none")]
    upload_url: Option<String>,
}

/// Configuration versions, for their description.
pub(super) const CONFIGURATION_VERSION: ResourceType =
    ResourceType::of::<ConfigurationVersionAttributes<'static>>("configuration-versions");

/// The resource, without its upload URL: that is shown once, to whoever made it.
pub fn resource(version: &ConfigurationVersion) -> Resource {
    with_upload_url(version, None)
}

fn with_upload_url(version: &ConfigurationVersion, upload_url: Option<String>) -> Resource {
    let attributes = ConfigurationVersionAttributes {
        auto_queue_runs: version.auto_queue_runs,
        error: None,
        error_message: None,
        source: &version.source,
        speculative: version.speculative,
        provisional: version.provisional,
        status: version.status,
        status_timestamps: &version.status_times,
        upload_url,
    };
    let own = format!("/api/v2/configuration-versions/{}", version.id);
    let ingress = match &version.ingress_attributes_id {
        Some(id) => Relationship::OneAt(
            Some(ResourceId::new("ingress-attributes", id)),
            format!("{own}/ingress-attributes"),
        ),
        None => Relationship::One(None),
    };
    Resource::new("configuration-versions", &version.id, &attributes)
        .relate("ingress-attributes", ingress)
        .link("self", own.clone())
        .link("download", format!("{own}/download"))
}

async fn make(
    State(app): State<App>,
    granted: Granted<WorkspaceScope>,
    headers: HeaderMap,
    Body(body): Body,
) -> ApiResult {
    body.expect_kind("configuration-versions")?;
    let given = &body.attributes;
    let mut version = ConfigurationVersion {
        id: ConfigurationVersionId::random(),
        workspace_id: granted.workspace_id.clone(),
        status: ConfigurationStatus::Pending,
        status_times: StatusTimes::default(),
        source: if headers.contains_key("x-terraform-integration") { "terraform" } else { "tfe-api" }
            .to_owned(),
        auto_queue_runs: given.boolean("auto-queue-runs")?.value().unwrap_or(true),
        speculative: given.boolean("speculative")?.value().unwrap_or(false),
        provisional: given.boolean("provisional")?.value().unwrap_or(false),
        object_id: None,
        created_by: Some(granted.caller().user_id.to_string()),
        created_at: app.clock.now(),
        ingress_attributes_id: None,
    };
    let ingress = ingress_attributes::read(&body)?;
    version.ingress_attributes_id = ingress.as_ref().map(|ingress| ingress.id.to_string());
    let mut tx = app.db.begin().await?;
    workspaces::store::guard(&mut tx, &version.workspace_id, version.created_at).await?;
    store::insert(&mut tx, &version, &granted.caller().user_id).await?;
    if let Some(ingress) = &ingress {
        ingress_attributes::store::insert(&mut tx, &version.id, ingress).await?;
    }
    // The reference's workspaces name it from here on, uploaded or not (api-contract section 6).
    if !version.speculative && !version.provisional {
        workspaces::store::set_current_configuration(&mut tx, &version.workspace_id, version.id.as_str())
            .await?;
    }
    tx.commit().await?;
    let expires = version.created_at.plus(app.config.limits.object_url_life);
    let path = app.signer.path(Purpose::ConfigurationUpload, version.id.as_str(), expires);
    let upload_url = app.url(path.expose_secret());
    Ok(created(&Document::one(with_upload_url(&version, Some(upload_url)))))
}

async fn list(State(app): State<App>, granted: Granted<WorkspaceScope>, listing: Listing) -> ApiResult {
    let page = listing.page;
    let mut view = app.db.snapshot().await?;
    let versions = store::list(&mut view, &granted.workspace_id, page).await?;
    let total = store::count(&mut view, &granted.workspace_id).await?;
    let (resources, included) = related::with_related(&app, &mut view, &versions, &listing.query).await?;
    Ok(listing.answer_with(resources, total, included))
}

async fn show(State(app): State<App>, Path(id): Path<String>, RawQuery(query): RawQuery) -> ApiResult {
    let mut view = app.db.snapshot().await?;
    let version = store::find(&mut view, &ConfigurationVersionId::from(id)).await?;
    answer(&app, &mut view, version, query.as_deref()).await
}

async fn show_of_run(
    State(app): State<App>,
    Path(run): Path<String>,
    RawQuery(query): RawQuery,
) -> ApiResult {
    let mut view = app.db.snapshot().await?;
    let run = runs::store::find(&mut view, &RunId::from(run)).await?.ok_or_else(ApiError::not_found)?;
    let version = store::find(&mut view, &run.configuration_version_id).await?;
    answer(&app, &mut view, version, query.as_deref()).await
}

async fn answer(
    app: &App,
    view: &mut Tx,
    version: Option<ConfigurationVersion>,
    query: Option<&str>,
) -> ApiResult {
    let (query, version) =
        (Query::parse(query.unwrap_or_default()), version.ok_or_else(ApiError::not_found)?);
    let (mut resources, included) = related::with_related(app, view, &[version], &query).await?;
    let resource = resources.pop().ok_or_else(ApiError::not_found)?;
    Ok(ok(&Document::one(resource).include(included)))
}

async fn archive(State(app): State<App>, Path(id): Path<String>, Body(_): Body) -> ApiResult {
    dispose(&app, &ConfigurationVersionId::from(id), Disposal::Archive).await?;
    Ok(accepted())
}

macro_rules! garbage_collection {
    ($($action:ident => $disposal:expr;)+) => { $(
        /// 200 without a body (api-contract section 18 row 7).
        async fn $action(State(app): State<App>, Path(id): Path<String>, Body(_): Body) -> ApiResult {
            dispose(&app, &ConfigurationVersionId::from(id), $disposal).await?;
            Ok(StatusCode::OK.into_response())
        }
    )+ };
}

garbage_collection! {
    soft_delete => Disposal::SoftDelete;
    restore => Disposal::Restore;
    permanently_delete => Disposal::PermanentlyDelete;
}

async fn download(State(app): State<App>, Path(id): Path<String>) -> ApiResult {
    redirect(&app, &find(&app, id).await?)
}

async fn download_of_run(State(app): State<App>, Path(run): Path<String>) -> ApiResult {
    redirect(&app, &of_run(&app, run).await?)
}

async fn find(app: &App, id: String) -> ApiResult<ConfigurationVersion> {
    store::find(&app.db, &ConfigurationVersionId::from(id)).await?.ok_or_else(ApiError::not_found)
}

async fn of_run(app: &App, run: String) -> ApiResult<ConfigurationVersion> {
    let run = runs::store::find(&app.db, &RunId::from(run)).await?.ok_or_else(ApiError::not_found)?;
    store::find(&app.db, &run.configuration_version_id).await?.ok_or_else(ApiError::not_found)
}

/// 302 to the archive; 404 while there is none.
fn redirect(app: &App, version: &ConfigurationVersion) -> ApiResult {
    if version.status != ConfigurationStatus::Uploaded {
        return Err(ApiError::not_found());
    }
    let expires = app.clock.now().plus(app.config.limits.plan_url_life);
    let url = app
        .url(app.signer.path(Purpose::ConfigurationDownload, version.id.as_str(), expires).expose_secret());
    Ok((StatusCode::FOUND, [(header::LOCATION, url)]).into_response())
}
