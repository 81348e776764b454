//! `/workspaces/:id/vars`, `/workspaces/:id/all-vars` and `/varsets/:id/relationships/vars` (api-contract section 9).

mod document;
mod in_workspace;
mod used;

pub(super) use document::VARIABLE;
pub use document::resource;
pub(super) use used::USED_VARIABLE;

use super::model::Owner;
use super::{store, write};
use crate::app::App;
use crate::ids::VarsetId;
use crate::platform::access::{Granted, Needs, Right, WorkspaceScope};
use crate::platform::http::{
    ApiError, ApiResult, Body, ListBody, Route, created, delete, get, no_content, ok, patch, post,
};
use axum::extract::{Path, State};
use std::collections::HashMap;
use terrane_jsonapi::{Document, Incoming, Resource};

/// This folder's routes.
pub fn routes() -> Vec<Route> {
    const LIST: &str = "/api/v2/workspaces/{workspace_id}/vars";
    const ONE: &str = "/api/v2/workspaces/{workspace_id}/vars/{variable_id}";
    const ALL: &str = "/api/v2/workspaces/{workspace_id}/all-vars";
    const MANY: &str = "/api/v2/workspaces/{workspace_id}/relationships/vars";
    const OF_SET: &str = "/api/v2/varsets/{varset_id}/relationships/vars";
    const ONE_OF_SET: &str = "/api/v2/varsets/{varset_id}/relationships/vars/{varset_variable_id}";
    const SEEN: &str = "/api/v2/workspaces/{workspace_id}/varsets/{varset_id}/relationships/vars";
    const ONE_SEEN: &str =
        "/api/v2/workspaces/{workspace_id}/varsets/{varset_id}/relationships/vars/{varset_variable_id}";
    const USED: &str = "/api/v2/runs/{run_id}/vars";
    let (read, write) = (Needs::Workspace(Right::ReadVariables), Needs::Workspace(Right::WriteVariables));
    let (read_set, write_set) = (Needs::Varset(Right::ReadVarsets), Needs::Varset(Right::ManageVarsets));
    vec![
        get(LIST, "listVariables", read, list),
        post(LIST, "createVariable", write, make),
        get(ONE, "getVariable", read, show),
        patch(ONE, "updateVariable", write, change),
        delete(ONE, "deleteVariable", write, remove),
        get(ALL, "listAllVariables", read, in_workspace::all),
        patch(MANY, "updateVariables", write, change_many),
        get(OF_SET, "listVariablesOfVarset", read_set, list_of_set),
        post(OF_SET, "createVariableOfVarset", write_set, make_in_set),
        get(ONE_OF_SET, "getVariableOfVarset", read_set, show_of_set),
        patch(ONE_OF_SET, "updateVariableOfVarset", write_set, change_in_set),
        delete(ONE_OF_SET, "deleteVariableOfVarset", write_set, remove_from_set),
        get(SEEN, "listVariablesOfVarsetInWorkspace", read, in_workspace::of_set),
        get(ONE_SEEN, "getVariableOfVarsetInWorkspace", read, in_workspace::one_of_set),
        get(USED, "listVariablesOfRun", Needs::Run(Right::ReadRuns), used::list),
    ]
}

type Ids = Path<HashMap<String, String>>;

fn id<'a>(ids: &'a Ids, name: &str) -> &'a str {
    ids.get(name).map_or("", String::as_str)
}

fn of_workspace(granted: &Granted<WorkspaceScope>) -> Owner {
    Owner::Workspace(granted.workspace_id.clone())
}

fn of_set(ids: &Ids) -> Owner {
    Owner::Varset(VarsetId::from(id(ids, "varset_id").to_owned()))
}

async fn list(State(app): State<App>, granted: Granted<WorkspaceScope>) -> ApiResult {
    answer_all(&app, &of_workspace(&granted)).await
}

async fn list_of_set(State(app): State<App>, ids: Ids) -> ApiResult {
    answer_all(&app, &of_set(&ids)).await
}

async fn answer_all(app: &App, owner: &Owner) -> ApiResult {
    let variables = store::list(&app.db, owner).await?;
    let resources: ApiResult<Vec<Resource>> =
        variables.iter().map(|variable| resource(app, variable)).collect();
    Ok(ok(&Document::many(resources?)))
}

async fn make(State(app): State<App>, granted: Granted<WorkspaceScope>, Body(body): Body) -> ApiResult {
    answer_made(&app, of_workspace(&granted), &body).await
}

async fn make_in_set(State(app): State<App>, ids: Ids, Body(body): Body) -> ApiResult {
    answer_made(&app, of_set(&ids), &body).await
}

async fn answer_made(app: &App, owner: Owner, body: &Incoming) -> ApiResult {
    let variable = write::create(app, owner, body).await?;
    Ok(created(&Document::one(resource(app, &variable)?)))
}

async fn show(State(app): State<App>, granted: Granted<WorkspaceScope>, ids: Ids) -> ApiResult {
    answer_one(&app, &of_workspace(&granted), id(&ids, "variable_id")).await
}

async fn show_of_set(State(app): State<App>, ids: Ids) -> ApiResult {
    answer_one(&app, &of_set(&ids), id(&ids, "varset_variable_id")).await
}

async fn answer_one(app: &App, owner: &Owner, id: &str) -> ApiResult {
    let found = store::find(&app.db, owner, id).await?.ok_or_else(ApiError::not_found)?;
    Ok(ok(&Document::one(resource(app, &found)?)))
}

async fn change(
    State(app): State<App>,
    granted: Granted<WorkspaceScope>,
    ids: Ids,
    Body(body): Body,
) -> ApiResult {
    let variable = write::update(&app, of_workspace(&granted), id(&ids, "variable_id"), &body).await?;
    Ok(ok(&Document::one(resource(&app, &variable)?)))
}

async fn change_in_set(State(app): State<App>, ids: Ids, Body(body): Body) -> ApiResult {
    let variable = write::update(&app, of_set(&ids), id(&ids, "varset_variable_id"), &body).await?;
    Ok(ok(&Document::one(resource(&app, &variable)?)))
}

/// All or none (`PATCH /workspaces/:id/relationships/vars`).
async fn change_many(
    State(app): State<App>,
    granted: Granted<WorkspaceScope>,
    ListBody(items): ListBody,
) -> ApiResult {
    write::update_many(&app, &granted.workspace_id, &items).await?;
    Ok(no_content())
}

async fn remove(State(app): State<App>, granted: Granted<WorkspaceScope>, ids: Ids) -> ApiResult {
    write::delete(&app, of_workspace(&granted), id(&ids, "variable_id")).await?;
    Ok(no_content())
}

async fn remove_from_set(State(app): State<App>, ids: Ids) -> ApiResult {
    write::delete(&app, of_set(&ids), id(&ids, "varset_variable_id")).await?;
    Ok(no_content())
}
