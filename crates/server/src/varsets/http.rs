//! `/varsets` and the lists of sets of organizations, projects and workspaces (api-contract section 9).

mod document;
mod include;

pub(super) use document::VARSET;

use super::store::{self, Filter, Of, ProjectScope, Target, Varset};
use super::{apply, write};
use crate::app::App;
use crate::ids::{ProjectId, VarsetId};
use crate::platform::access::{Granted, Needs, OrganizationScope, Right, WorkspaceScope};
use crate::platform::db::Tx;
use crate::platform::http::{
    ApiError, ApiResult, Body, ListBody, Listing, Route, created, delete, get, no_content, ok, patch, post,
};
use axum::extract::{Path, RawQuery, State};
use terrane_jsonapi::{Document, Errors, Query};

/// A longer text is not looked for: SQLite fails on patterns of some ten thousand characters.
pub(super) const SEARCH_CHARS_MAX: usize = 1000;

/// This folder's routes.
pub fn routes() -> Vec<Route> {
    const OF_ORGANIZATION: &str = "/api/v2/organizations/{organization}/varsets";
    const ONE: &str = "/api/v2/varsets/{varset_id}";
    const WORKSPACES: &str = "/api/v2/varsets/{varset_id}/relationships/workspaces";
    const PROJECTS: &str = "/api/v2/varsets/{varset_id}/relationships/projects";
    const OF_PROJECT: &str = "/api/v2/projects/{project_id}/varsets";
    const OF_WORKSPACE: &str = "/api/v2/workspaces/{workspace_id}/varsets";
    const APPLICABLE: &str = "/api/v2/workspaces/{workspace_id}/applicable-varsets";
    let (read, write) = (Needs::Varset(Right::ReadVarsets), Needs::Varset(Right::ManageVarsets));
    let in_workspace = Needs::Workspace(Right::ReadVariables);
    vec![
        get(OF_ORGANIZATION, "listVarsets", Needs::Organization(Right::ReadVarsets), list),
        post(OF_ORGANIZATION, "createVarset", Needs::Organization(Right::ManageVarsets), make),
        get(ONE, "getVarset", read, show),
        patch(ONE, "updateVarset", write, change),
        post(ONE, "updateVarsetByPost", write, change),
        delete(ONE, "deleteVarset", write, remove),
        post(WORKSPACES, "applyVarsetToWorkspaces", write, add_workspaces),
        delete(WORKSPACES, "removeVarsetFromWorkspaces", write, remove_workspaces),
        post(PROJECTS, "applyVarsetToProjects", write, add_projects),
        delete(PROJECTS, "removeVarsetFromProjects", write, remove_projects),
        get(OF_PROJECT, "listVarsetsOfProject", Needs::Project(Right::ReadVarsets), list_of_project),
        get(OF_WORKSPACE, "listVarsetsOfWorkspace", in_workspace, list_of_workspace),
        get(APPLICABLE, "listApplicableVarsets", in_workspace, list_applicable),
    ]
}

async fn list(State(app): State<App>, granted: Granted<OrganizationScope>, listing: Listing) -> ApiResult {
    let organization = &granted.organization_id;
    let of = match listing.query.get("scope") {
        Some("owned") => Of::OwnedByOrganization(organization),
        None => Of::Organization(organization),
        Some(_) => return Err(Errors::malformed("scope can only be owned here").into()),
    };
    answer_page(&app, of, &listing).await
}

async fn list_of_project(State(app): State<App>, Path(project): Path<String>, listing: Listing) -> ApiResult {
    let scope = match listing.query.get("scope") {
        None | Some("all") => ProjectScope::All,
        Some("applied") => ProjectScope::Applied,
        Some("shared") => ProjectScope::Shared,
        Some("owned") => ProjectScope::Owned,
        Some(_) => return Err(Errors::malformed("scope must be applied, shared, owned or all").into()),
    };
    answer_page(&app, Of::Project(&ProjectId::from(project), scope), &listing).await
}

async fn list_of_workspace(
    State(app): State<App>,
    granted: Granted<WorkspaceScope>,
    listing: Listing,
) -> ApiResult {
    answer_page(&app, Of::Workspace(&granted.workspace_id), &listing).await
}

async fn list_applicable(
    State(app): State<App>,
    granted: Granted<WorkspaceScope>,
    listing: Listing,
) -> ApiResult {
    answer_page(&app, Of::NotYetOfWorkspace(&granted.workspace_id), &listing).await
}

async fn answer_page(app: &App, of: Of<'_>, listing: &Listing) -> ApiResult {
    let (filter, page) = (filter(&listing.query)?, listing.page);
    let mut view = app.db.snapshot().await?;
    let sets = store::list(&mut view, of, &filter, page).await?;
    let total = store::count(&mut view, of, &filter).await?;
    let ids: Vec<VarsetId> = sets.iter().map(|set| set.id.clone()).collect();
    let links = store::links(&mut view, &ids).await?;
    let included = include::included(app, &mut view, &sets, &links, &listing.query).await?;
    let resources = sets.iter().map(|set| document::resource(set, &links)).collect();
    Ok(listing.answer_with(resources, total, included))
}

fn filter(query: &Query) -> ApiResult<Filter> {
    let search = query.get("q").map(str::to_owned);
    if search.as_ref().is_some_and(|text| text.chars().count() > SEARCH_CHARS_MAX) {
        return Err(Errors::malformed(format!("q is longer than {SEARCH_CHARS_MAX} characters")).into());
    }
    let global = match query.get("filter[global]") {
        None => None,
        Some("true") => Some(true),
        Some("false") => Some(false),
        Some(_) => return Err(Errors::malformed("filter[global] must be true or false").into()),
    };
    Ok(Filter { search, global })
}

async fn show(State(app): State<App>, Path(id): Path<String>, RawQuery(query): RawQuery) -> ApiResult {
    let mut view = app.db.snapshot().await?;
    let set = store::find(&mut view, &VarsetId::from(id)).await?.ok_or_else(ApiError::not_found)?;
    Ok(ok(&document_of(&app, &mut view, set, query.as_deref()).await?))
}

async fn document_of(app: &App, view: &mut Tx, set: Varset, query: Option<&str>) -> ApiResult<Document> {
    let query = Query::parse(query.unwrap_or_default());
    let links = store::links(&mut *view, std::slice::from_ref(&set.id)).await?;
    let resource = document::resource(&set, &links);
    let included = include::included(app, view, &[set], &links, &query).await?;
    Ok(Document::one(resource).include(included))
}

async fn make(
    State(app): State<App>,
    granted: Granted<OrganizationScope>,
    RawQuery(query): RawQuery,
    Body(body): Body,
) -> ApiResult {
    let set = write::create(&app, &granted, &body).await?;
    let mut view = app.db.snapshot().await?;
    Ok(created(&document_of(&app, &mut view, set, query.as_deref()).await?))
}

async fn change(
    State(app): State<App>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    Body(body): Body,
) -> ApiResult {
    let set = write::update(&app, &VarsetId::from(id), &body).await?;
    let mut view = app.db.snapshot().await?;
    Ok(ok(&document_of(&app, &mut view, set, query.as_deref()).await?))
}

async fn remove(State(app): State<App>, Path(id): Path<String>) -> ApiResult {
    write::delete(&app, &VarsetId::from(id)).await?;
    Ok(no_content())
}

macro_rules! applications {
    ($($action:ident => $operation:path, $target:expr;)+) => { $(
        async fn $action(
            State(app): State<App>,
            Path(id): Path<String>,
            ListBody(items): ListBody,
        ) -> ApiResult {
            $operation(&app, &VarsetId::from(id), $target, &items).await?;
            Ok(no_content())
        }
    )+ };
}

applications! {
    add_workspaces => apply::add, Target::Workspaces;
    remove_workspaces => apply::remove, Target::Workspaces;
    add_projects => apply::add, Target::Projects;
    remove_projects => apply::remove, Target::Projects;
}
