//! The routes of remote-state consumers.

use super::document::resource;
use crate::app::App;
use crate::platform::access::{Granted, Needs, Right, WorkspaceScope};
use crate::platform::http::{
    ApiError, ApiResult, Items, Listing, Route, delete, get, no_content, patch, post,
};
use crate::workspaces::consumers::{Change, change};
use crate::workspaces::store::{self, Filter, Order, Workspace};
use axum::extract::State;

pub(super) fn routes() -> Vec<Route> {
    const PATH: &str = "/api/v2/workspaces/{workspace_id}/relationships/remote-state-consumers";
    let write = Needs::Workspace(Right::Administer);
    vec![
        get(PATH, "listWorkspaceRemoteStateConsumers", Needs::Workspace(Right::ReadRuns), list),
        post(PATH, "addWorkspaceRemoteStateConsumers", write, add),
        patch(PATH, "replaceWorkspaceRemoteStateConsumers", write, replace),
        delete(PATH, "removeWorkspaceRemoteStateConsumers", write, remove),
    ]
}

/// Those that may read the state; of a workspace whose state everybody in the organization or in the project may
/// read, all of these, unless only the configured ones are asked for.
async fn list(State(app): State<App>, granted: Granted<WorkspaceScope>, listing: Listing) -> ApiResult {
    let page = listing.page;
    let mut view = app.db.snapshot().await?;
    let workspace = store::find(&mut view, &granted.workspace_id).await?.ok_or_else(ApiError::not_found)?;
    let everybody =
        everybody(&workspace).filter(|_| listing.query.get("show_only_configured") != Some("true"));
    let (consumers, total) = match everybody {
        Some(filter) => {
            let organization = granted.organization_id.as_str();
            let consumers = store::list(&mut view, organization, &filter, page).await?;
            (consumers, store::count(&mut view, organization, &filter).await?)
        }
        None => {
            let consumers = store::consumers(&mut view, &workspace.id, page).await?;
            (consumers, store::count_consumers(&mut view, &workspace.id).await?)
        }
    };
    let resources = consumers.iter().map(resource).collect();
    Ok(listing.answer(resources, total))
}

fn everybody(workspace: &Workspace) -> Option<Filter> {
    let project = workspace.project_remote_state.then(|| workspace.project_id.to_string());
    let filter = Filter { project, order: Order::Name, ..Filter::default() };
    (workspace.global_remote_state || workspace.project_remote_state).then_some(filter)
}

async fn add(State(app): State<App>, granted: Granted<WorkspaceScope>, Items(items): Items) -> ApiResult {
    change(&app, &granted, Change::Add, &items).await?;
    Ok(no_content())
}

async fn replace(State(app): State<App>, granted: Granted<WorkspaceScope>, Items(items): Items) -> ApiResult {
    change(&app, &granted, Change::Replace, &items).await?;
    Ok(no_content())
}

async fn remove(State(app): State<App>, granted: Granted<WorkspaceScope>, Items(items): Items) -> ApiResult {
    change(&app, &granted, Change::Remove, &items).await?;
    Ok(no_content())
}
