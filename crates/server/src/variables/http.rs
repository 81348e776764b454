//! `/workspaces/:id/vars` (api-contract section 9).

use super::model::VariableCategory;
use super::store::{self, Variable};
use super::write;
use crate::app::App;
use crate::clock::Time;
use crate::platform::access::{Granted, Needs, Right, WorkspaceScope};
use crate::platform::http::{
    ApiError, ApiResult, Body, Route, created, delete, get, no_content, ok, patch, post,
};
use crate::platform::openapi::ResourceType;
use axum::extract::{Path, State};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::HashMap;
use terrane_jsonapi::{Document, Relationship, Resource};

/// This folder's routes.
pub fn routes() -> Vec<Route> {
    const LIST: &str = "/api/v2/workspaces/{workspace_id}/vars";
    const ONE: &str = "/api/v2/workspaces/{workspace_id}/vars/{variable_id}";
    vec![
        get(LIST, "listVariables", Needs::Workspace(Right::ReadVariables), list),
        post(LIST, "createVariable", Needs::Workspace(Right::WriteVariables), make),
        get(ONE, "getVariable", Needs::Workspace(Right::ReadVariables), show),
        patch(ONE, "updateVariable", Needs::Workspace(Right::WriteVariables), change),
        delete(ONE, "deleteVariable", Needs::Workspace(Right::WriteVariables), remove),
    ]
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct VariableAttributes<'a> {
    key: &'a str,
    value: Option<String>,
    sensitive: bool,
    category: VariableCategory,
    hcl: bool,
    description: Option<&'a str>,
    version_id: &'a str,
    created_at: Time,
}

/// Variables, for their description.
pub(super) const VARIABLE: ResourceType = ResourceType::of::<VariableAttributes<'static>>("vars");

fn resource(app: &App, variable: &Variable) -> ApiResult<Resource> {
    let attributes = VariableAttributes {
        key: &variable.key,
        value: if variable.sensitive { None } else { Some(write::open(app, variable)?) },
        sensitive: variable.sensitive,
        category: variable.category,
        hcl: variable.hcl,
        description: variable.description.as_deref(),
        version_id: &variable.version_id,
        created_at: variable.created_at,
    };
    let workspace = &variable.workspace_id;
    Ok(Resource::new("vars", &variable.id, &attributes)
        .relate("configurable", Relationship::to("workspaces", workspace))
        .link("self", format!("/api/v2/workspaces/{workspace}/vars/{}", variable.id)))
}

type Ids = Path<HashMap<String, String>>;

fn variable_id(ids: &Ids) -> &str {
    ids.get("variable_id").map_or("", String::as_str)
}

async fn list(State(app): State<App>, granted: Granted<WorkspaceScope>) -> ApiResult {
    let variables = store::list(&app.db, &granted.workspace_id).await?;
    let resources: ApiResult<Vec<Resource>> =
        variables.iter().map(|variable| resource(&app, variable)).collect();
    Ok(ok(&Document::many(resources?)))
}

async fn make(State(app): State<App>, granted: Granted<WorkspaceScope>, Body(body): Body) -> ApiResult {
    let variable = write::create(&app, &granted, &body).await?;
    Ok(created(&Document::one(resource(&app, &variable)?)))
}

async fn show(State(app): State<App>, granted: Granted<WorkspaceScope>, ids: Ids) -> ApiResult {
    let found = store::find(&app.db, &granted.workspace_id, variable_id(&ids)).await?;
    Ok(ok(&Document::one(resource(&app, &found.ok_or_else(ApiError::not_found)?)?)))
}

async fn change(
    State(app): State<App>,
    granted: Granted<WorkspaceScope>,
    ids: Ids,
    Body(body): Body,
) -> ApiResult {
    let variable = write::update(&app, &granted, variable_id(&ids), &body).await?;
    Ok(ok(&Document::one(resource(&app, &variable)?)))
}

async fn remove(State(app): State<App>, granted: Granted<WorkspaceScope>, ids: Ids) -> ApiResult {
    write::delete(&app, &granted, variable_id(&ids)).await?;
    Ok(no_content())
}
