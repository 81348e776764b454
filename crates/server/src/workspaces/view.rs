//! The pages of workspaces: those of an organization, one, and its variables.

use super::store::{self, Filter, Order, Workspace};
use crate::app::App;
use crate::platform::access::{Granted, Needs, OrganizationScope, Right, WorkspaceScope};
use crate::platform::http::{ApiError, Route, get};
use crate::platform::pages::{Page, PageResult, day, page_number, pager, see_other};
use crate::variables::model::Owner;
use crate::variables::store::Variable;
use crate::{runs, variables};
use axum::extract::{Path, RawQuery, State};
use axum::response::IntoResponse;
use maud::{Markup, html};

const WORKSPACES_A_PAGE: u64 = 50;
/// On the page of a workspace; more are on their own.
const RUNS_SHOWN: u64 = 10;

/// These pages' routes.
pub fn routes() -> Vec<Route> {
    let of_organization = Needs::SessionOrganization(Right::ReadOrganization);
    let of_workspace = Needs::SessionWorkspace(Right::ReadRuns);
    vec![
        get("/app/{organization}", "showOrganization", of_organization, organization),
        get("/app/{organization}/workspaces", "showWorkspaces", of_organization, list),
        get("/app/{organization}/workspaces/{workspace}", "showWorkspace", of_workspace, show),
        get("/app/{organization}/{workspace}", "showWorkspaceByName", of_workspace, shown_elsewhere),
        get(
            "/app/{organization}/{workspace}/variables",
            "showVariables",
            Needs::SessionWorkspace(Right::ReadVariables),
            of_variables,
        ),
    ]
}

fn path(organization: &str, workspace: &str) -> String {
    format!("/app/{organization}/workspaces/{workspace}")
}

async fn organization(granted: Granted<OrganizationScope>) -> PageResult {
    Ok(see_other(&format!("/app/{}/workspaces", granted.organization_name)))
}

async fn shown_elsewhere(
    _granted: Granted<WorkspaceScope>,
    Path((organization, workspace)): Path<(String, String)>,
) -> PageResult {
    Ok(see_other(&path(&organization, &workspace)))
}

async fn list(
    State(app): State<App>,
    granted: Granted<OrganizationScope>,
    RawQuery(query): RawQuery,
) -> PageResult {
    let number = page_number(query.as_deref());
    let page = terrane_jsonapi::Page { number, size: WORKSPACES_A_PAGE };
    let filter = Filter { order: Order::Name, ..Filter::default() };
    let organization = &granted.organization_name;
    let mut view = app.db.snapshot().await?;
    let workspaces = store::list(&mut view, granted.organization_id.as_str(), &filter, page).await?;
    let total = store::count(&mut view, granted.organization_id.as_str(), &filter).await?;
    let body = html! {
        h1 { "Workspaces of " (organization) }
        p.muted { (total) " in all" }
        @if !workspaces.is_empty() {
            table.rows.stack {
                thead { tr { th { "Name" } th { "Resources" } th { "Lock" } th { "Last change" } } }
                tbody {
                    @for workspace in &workspaces {
                        tr {
                            td { a href=(path(organization, &workspace.name)) { (workspace.name) } }
                            td { (workspace.resource_count) }
                            td { @if workspace.lock().is_some() { span.status.wait { "locked" } } }
                            td { (day(workspace.updated_at)) }
                        }
                    }
                }
            }
        }
        (pager(number, number * WORKSPACES_A_PAGE < total))
    };
    let page = Page::new(format!("Workspaces of {organization}"), body).shown_to(&granted.caller().username);
    Ok(page.below(organization, format!("/app/{organization}/workspaces")).into_response())
}

async fn show(State(app): State<App>, granted: Granted<WorkspaceScope>) -> PageResult {
    let workspace = store::find(&app.db, &granted.workspace_id).await?.ok_or_else(ApiError::not_found)?;
    let (table, has_more) = runs::table(&app, &granted, &workspace.name, 1, RUNS_SHOWN).await?;
    let (organization, name) = (&granted.organization_name, &workspace.name);
    let body = html! {
        h1 { (name) }
        @if let Some(description) = &workspace.description { p { (description) } }
        (about(&workspace))
        p { a href={ "/app/" (organization) "/" (name) "/variables" } { "Variables" } }
        h2 { "Runs" }
        (table)
        @if has_more { p { a href={ "/app/" (organization) "/" (name) "/runs" } { "All runs" } } }
    };
    Ok(below(&granted, name, name, body).into_response())
}

fn about(workspace: &Workspace) -> Markup {
    html! {
        ul.meta {
            li { (workspace.engine.as_str()) " " (workspace.terraform_version) }
            li { "runs happen: " (workspace.execution().mode.as_str()) }
            li { (workspace.resource_count) " resources" }
            @if workspace.auto_apply { li { "applies without being asked" } }
            li { "made " (day(workspace.created_at)) }
            li { code { (workspace.id) } }
        }
        @if let Some((kind, _)) = workspace.lock() {
            p.card.note.wait {
                "Locked by a " (kind.as_str())
                @if let Some(reason) = &workspace.lock_reason { ": " (reason) }
            }
        }
    }
}

async fn of_variables(
    State(app): State<App>,
    granted: Granted<WorkspaceScope>,
    Path((_, workspace)): Path<(String, String)>,
) -> PageResult {
    let listed = variables::store::list(&app.db, &Owner::Workspace(granted.workspace_id.clone())).await?;
    let body = html! {
        h1 { "Variables" }
        @if listed.is_empty() { p.muted { "No variables." } } @else { (table(&listed)) }
        p.muted { "Values are read and set through the API. Variables of sets come on top of these." }
    };
    Ok(below(&granted, &workspace, &format!("Variables of {workspace}"), body).into_response())
}

fn table(listed: &[Variable]) -> Markup {
    html! {
        table.rows.stack {
            thead { tr { th { "Name" } th { "Kind" } th { "What for" } } }
            tbody {
                @for variable in listed {
                    tr {
                        td { code { (variable.key) } @if variable.sensitive { " " span.status { "sensitive" } } }
                        td { (variable.category.as_str()) }
                        td { (variable.description.as_deref().unwrap_or_default()) }
                    }
                }
            }
        }
    }
}

fn below(granted: &Granted<WorkspaceScope>, workspace: &str, title: &str, body: Markup) -> Page {
    let organization = &granted.organization_name;
    Page::new(title, body)
        .shown_to(&granted.caller().username)
        .below(organization, format!("/app/{organization}/workspaces"))
        .below(workspace, path(organization, workspace))
}
