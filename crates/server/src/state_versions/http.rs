//! The routes of state versions (api-contract section 7).

mod create;
mod document;
mod download;
mod related;
mod upload;

pub(super) use create::LINEAGE_CHARS_MAX;
pub(super) use document::STATE_VERSION;
pub use document::document;
pub use download::{read_json_state, read_state};
pub use upload::{upload_json_state, upload_state};

use self::related::related;
use super::model::StateVersionStatus;
use super::store::{self, Filter, StateVersion};
use crate::app::App;
use crate::ids::StateVersionId;
use crate::platform::access::{Caller, Granted, Needs, Right, WorkspaceScope, grant_workspace_by_name};
use crate::platform::db::Tx;
use crate::platform::http::{ApiError, ApiResult, Body, Listing, Route, created, get, ok, patch, post};
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use terrane_jsonapi::{Document, Errors, Query};

/// This folder's routes.
pub fn routes() -> Vec<Route> {
    const OF_WORKSPACE: &str = "/api/v2/workspaces/{workspace_id}/state-versions";
    const ONE: &str = "/api/v2/state-versions/{state_version_id}";
    vec![
        get("/api/v2/state-versions", "listStateVersions", Needs::InQuery(Right::ReadState), list),
        post(OF_WORKSPACE, "createStateVersion", Needs::Workspace(Right::WriteState), create::make),
        patch(OF_WORKSPACE, "rollbackStateVersion", Needs::Workspace(Right::WriteState), roll_back),
        get(
            "/api/v2/workspaces/{workspace_id}/current-state-version",
            "getCurrentStateVersion",
            Needs::Workspace(Right::ReadState),
            show_current,
        ),
        get(ONE, "getStateVersion", Needs::StateVersion(Right::ReadState), show),
        get(
            "/api/v2/state-versions/{state_version_id}/download",
            "downloadStateVersion",
            Needs::StateVersion(Right::ReadState),
            download::redirect,
        ),
        post(
            "/api/v2/state-versions/{state_version_id}/actions/accept",
            "acceptStateVersion",
            Needs::StateVersion(Right::WriteState),
            accept,
        ),
    ]
}

/// Both filters must be there; the workspace they name is the scope.
async fn list(State(app): State<App>, caller: Caller, listing: Listing) -> ApiResult {
    let named = |name: &str| {
        let missing = || Errors::malformed(format!("the parameter {name} is missing: name one workspace"));
        listing.query.get(name).map(str::to_owned).ok_or_else(missing)
    };
    let workspace = named("filter[workspace][name]")?;
    let organization = named("filter[organization][name]")?;
    let granted = grant_workspace_by_name(&app, &caller, &organization, &workspace, Right::ReadState).await?;
    let wanted = listing.query.list("filter[status]");
    let statuses = StateVersionStatus::ALL.iter().filter(|status| wanted.contains(&status.as_str()));
    let filter = Filter { statuses: (!wanted.is_empty()).then(|| statuses.copied().collect()) };
    let (page, id) = (listing.page, granted.workspace_id.as_str());
    let mut view = app.db.snapshot().await?;
    let versions = store::list(&mut view, id, &filter, page).await?;
    let total = store::count(&mut view, id, &filter).await?;
    let may_write = granted.may(Right::WriteState);
    let resources = versions.iter().map(|version| document(&app, version, may_write)).collect();
    let included = related(&app, &mut view, &versions, &listing.query).await?;
    Ok(listing.answer_with(resources, total, included))
}

async fn show(
    State(app): State<App>,
    granted: Granted<WorkspaceScope>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> ApiResult {
    let mut view = app.db.snapshot().await?;
    let version = store::find(&mut view, &StateVersionId::from(id)).await?.ok_or_else(ApiError::not_found)?;
    Ok(ok(&answer(&app, &mut view, &granted, &version, query.as_deref()).await?))
}

/// 404 only when the workspace has no state: everything else that goes wrong must not look so.
async fn show_current(
    State(app): State<App>,
    granted: Granted<WorkspaceScope>,
    RawQuery(query): RawQuery,
) -> ApiResult {
    let mut view = app.db.snapshot().await?;
    let version = store::current(&mut view, &granted.workspace_id).await?.ok_or_else(ApiError::not_found)?;
    let document = answer(&app, &mut view, &granted, &version, query.as_deref()).await?;
    Ok(with_snapshot_interval(&app, ok(&document)))
}

async fn roll_back(State(app): State<App>, granted: Granted<WorkspaceScope>, Body(body): Body) -> ApiResult {
    body.expect_kind("state-versions")?;
    let to = body.related("rollback-state-version")?.value().ok_or_else(|| {
        let detail =
            "Rollback state version is missing: name one in relationships.rollback-state-version.data.id";
        ApiError::invalid_relationship("rollback-state-version", detail)
    })?;
    let caller = &granted.caller().user_id;
    let version = super::rollback::rollback(&app, &granted.workspace_id, caller, &to).await?;
    let mut view = app.db.snapshot().await?;
    Ok(created(&answer(&app, &mut view, &granted, &version, None).await?))
}

async fn accept(
    State(app): State<App>,
    granted: Granted<WorkspaceScope>,
    Path(id): Path<String>,
    Body(_): Body,
) -> ApiResult {
    let (id, caller) = (StateVersionId::from(id), &granted.caller().user_id);
    let version = super::accept::accept(&app, &granted.workspace_id, &id, caller).await?;
    let mut view = app.db.snapshot().await?;
    Ok(ok(&answer(&app, &mut view, &granted, &version, None).await?))
}

async fn answer(
    app: &App,
    view: &mut Tx,
    granted: &Granted<WorkspaceScope>,
    version: &StateVersion,
    query: Option<&str>,
) -> ApiResult<Document> {
    let query = Query::parse(query.unwrap_or_default());
    let included = related(app, view, std::slice::from_ref(version), &query).await?;
    let resource = document(app, version, granted.may(Right::WriteState));
    Ok(Document::one(resource).include(included))
}

/// Asks clients that apply by themselves for snapshots meanwhile.
fn with_snapshot_interval(app: &App, mut response: Response) -> Response {
    let seconds = app.config.limits.state_snapshot_interval.as_secs();
    let name = HeaderName::from_static("x-terraform-snapshot-interval");
    response.headers_mut().insert(name, HeaderValue::from(seconds));
    response
}
