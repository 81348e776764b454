//! Lists of runs: of a workspace, of an organization, and the queue of an organization.

use super::document;
use super::filter::filter;
use super::related::related;
use crate::app::App;
use crate::platform::access::{Caller, Granted, OrganizationScope, Right, WorkspaceScope, grant_workspace};
use crate::platform::db::Tx;
use crate::platform::http::{ApiError, ApiResult, Listing, ok};
use crate::runs::store::{self, Run, Scope};
use axum::extract::State;
use terrane_jsonapi::{Document, Errors, Pagination, Query};

/// The runs of a workspace, newest first.
pub async fn of_workspace(
    State(app): State<App>,
    granted: Granted<WorkspaceScope>,
    listing: Listing,
) -> ApiResult {
    counted(&app, &granted, &listing).await
}

/// The same, for a workspace that the query names.
pub async fn of_query(State(app): State<App>, caller: Caller, listing: Listing) -> ApiResult {
    let missing = || Errors::malformed("the parameter workspace_id is missing: name one workspace");
    let workspace = listing.query.get("workspace_id").ok_or_else(missing)?;
    let granted = grant_workspace(&app, &caller, workspace, Right::ReadRuns).await?;
    if listing.query.get("organization_name").is_some_and(|name| name != granted.organization_name) {
        return Err(ApiError::not_found());
    }
    counted(&app, &granted, &listing).await
}

async fn counted(app: &App, granted: &Granted<WorkspaceScope>, listing: &Listing) -> ApiResult {
    let (filter, page) = (filter(&listing.query, None, app.clock.now())?, listing.page);
    let scope = Scope::Workspace(&granted.workspace_id);
    let mut view = app.db.snapshot().await?;
    let runs = store::list(&mut view, scope, &filter, page).await?;
    let total = store::count(&mut view, scope, &filter).await?;
    answer(app, &mut view, &runs, listing.of(total), &listing.query).await
}

/// The runs of an organization, newest first, those of the last year unless told otherwise. They are not counted
/// (api-contract 4.3).
pub async fn of_organization(
    State(app): State<App>,
    granted: Granted<OrganizationScope>,
    listing: Listing,
) -> ApiResult {
    let (filter, page) = (filter(&listing.query, Some("year"), app.clock.now())?, listing.page);
    let scope = Scope::Organization(&granted.organization_id);
    let mut view = app.db.snapshot().await?;
    let (runs, has_next) = store::list_uncounted(&mut view, scope, &filter, page).await?;
    answer(&app, &mut view, &runs, listing.uncounted(has_next), &listing.query).await
}

async fn answer(app: &App, view: &mut Tx, runs: &[Run], pagination: Pagination, query: &Query) -> ApiResult {
    let resources = runs.iter().map(|run| document::resource(app, run, 0)).collect::<Result<_, _>>()?;
    let included = related(app, view, runs, query).await?;
    Ok(ok(&Document::page(resources, pagination).include(included)))
}

/// What agents work on and have to work on, in the order of their turns, counted from 1 (api-contract 4.7).
pub async fn queue(
    State(app): State<App>,
    granted: Granted<OrganizationScope>,
    listing: Listing,
) -> ApiResult {
    let (page, organization) = (listing.page, &granted.organization_id);
    let mut view = app.db.snapshot().await?;
    let runs = store::queue(&mut view, organization, page).await?;
    let in_queue = store::in_queue(&mut view, organization).await?;
    let total = u64::try_from(in_queue.pending + in_queue.running).unwrap_or(0);
    let first = u64::try_from(page.offset()).unwrap_or(0) + 1;
    let positions = (first..).zip(&runs);
    let resources = positions.map(|(position, run)| document::resource(&app, run, position));
    let resources = resources.collect::<Result<_, _>>()?;
    Ok(listing.answer(resources, total))
}
