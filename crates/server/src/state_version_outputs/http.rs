//! The routes of outputs (api-contract section 7, section 20 rows 2 and 21).

use super::keep::open;
use super::store::{self, StateVersionOutput};
use crate::app::App;
use crate::ids::{StateVersionId, StateVersionOutputId};
use crate::platform::access::{Granted, Needs, Right, WorkspaceScope};
use crate::platform::db::Tx;
use crate::platform::http::{ApiError, ApiResult, Listing, Route, get, ok};
use crate::platform::openapi::ResourceType;
use crate::state_versions;
use axum::extract::{Path, State};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;
use terrane_jsonapi::{Document, Resource};

/// The type among a workspace's included resources; the ids are the same.
pub const OUTPUTS_OF_WORKSPACE: &str = "workspace-outputs";

/// This folder's routes.
pub fn routes() -> Vec<Route> {
    const RIGHT: Right = Right::ReadStateOutputs;
    vec![
        get(
            "/api/v2/state-versions/{state_version_id}/outputs",
            "listStateVersionOutputs",
            Needs::StateVersion(RIGHT),
            list,
        ),
        get(
            "/api/v2/state-version-outputs/{state_version_output_id}",
            "getStateVersionOutput",
            Needs::StateVersionOutput(RIGHT),
            show,
        ),
        get(
            "/api/v2/workspaces/{workspace_id}/current-state-version-outputs",
            "getCurrentStateVersionOutputs",
            Needs::Workspace(RIGHT),
            list_current,
        ),
    ]
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct OutputAttributes<'a> {
    name: &'a str,
    sensitive: bool,
    #[serde(rename = "type")]
    kind: &'a str,
    /// Never null: without it the CLI reads the whole state.
    detailed_type: Box<RawValue>,
    value: Option<Box<RawValue>>,
}

/// Outputs, for their description.
pub(super) const OUTPUT: ResourceType =
    ResourceType::of::<OutputAttributes<'static>>("state-version-outputs");

/// An output as a resource. `with_secrets` shows the value of a sensitive one too.
pub fn resource(app: &App, output: &StateVersionOutput, with_secrets: bool) -> ApiResult<Resource> {
    let attributes = attributes(app, output, with_secrets)?;
    Ok(Resource::new("state-version-outputs", &output.id, &attributes)
        .link("self", format!("/api/v2/state-version-outputs/{}", output.id)))
}

fn attributes<'a>(
    app: &App,
    output: &'a StateVersionOutput,
    with_secrets: bool,
) -> ApiResult<OutputAttributes<'a>> {
    let raw = |text: String| RawValue::from_string(text).map_err(|error| ApiError::Broken(error.to_string()));
    let value = if with_secrets || !output.sensitive { Some(raw(open(app, output)?)?) } else { None };
    Ok(OutputAttributes {
        name: &output.name,
        sensitive: output.sensitive,
        kind: &output.kind,
        detailed_type: raw(output.detailed_type.clone())?,
        value,
    })
}

/// All outputs of some state versions, for an `include`.
pub async fn resources_of(
    app: &App,
    view: &mut Tx,
    versions: &[&StateVersionId],
    with_secrets: bool,
) -> ApiResult<Vec<Resource>> {
    let outputs = store::of_versions(&mut *view, versions).await?;
    outputs.iter().map(|output| resource(app, output, with_secrets)).collect()
}

/// The same as workspaces include them, each with its state version. Sensitive values are null: who needs one reads it
/// by its id.
pub async fn workspace_outputs(
    app: &App,
    view: &mut Tx,
    versions: &[&StateVersionId],
) -> ApiResult<Vec<(StateVersionId, Resource)>> {
    let outputs = store::of_versions(&mut *view, versions).await?;
    let each = outputs.into_iter().map(|output| {
        let attributes = attributes(app, &output, false)?;
        let resource = Resource::new(OUTPUTS_OF_WORKSPACE, &output.id, &attributes);
        Ok((output.state_version_id, resource))
    });
    each.collect()
}

/// Sensitive values for whoever may read the state, which holds them anyway.
async fn list(
    State(app): State<App>,
    granted: Granted<WorkspaceScope>,
    Path(id): Path<String>,
    listing: Listing,
) -> ApiResult {
    let (id, page) = (StateVersionId::from(id), listing.page);
    let with_secrets = granted.may(Right::ReadState);
    let mut view = app.db.snapshot().await?;
    let outputs = store::list(&mut view, &id, page).await?;
    let total = store::count(&mut view, &id).await?;
    let resources =
        outputs.iter().map(|output| resource(&app, output, with_secrets)).collect::<ApiResult<_>>()?;
    Ok(listing.answer(resources, total))
}

async fn show(State(app): State<App>, Path(id): Path<String>) -> ApiResult {
    let output =
        store::find(&app.db, &StateVersionOutputId::from(id)).await?.ok_or_else(ApiError::not_found)?;
    Ok(ok(&Document::one(resource(&app, &output, true)?)))
}

/// Not paginated; sensitive values are null for everybody.
async fn list_current(State(app): State<App>, granted: Granted<WorkspaceScope>) -> ApiResult {
    let mut view = app.db.snapshot().await?;
    let current = state_versions::store::current(&mut view, &granted.workspace_id).await?;
    let current = current.ok_or_else(ApiError::not_found)?;
    Ok(ok(&Document::many(resources_of(&app, &mut view, &[&current.id], false).await?)))
}
