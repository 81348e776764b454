//! The runs of a workspace.

use super::Place;
use super::page::status;
use crate::app::App;
use crate::ids::UserId;
use crate::platform::access::{Granted, WorkspaceScope};
use crate::platform::http::distinct;
use crate::platform::pages::{Page, PageResult, day, page_number, pager};
use crate::runs::store::{self, Filter, Run, Scope};
use crate::users;
use axum::extract::{Path, RawQuery, State};
use axum::response::IntoResponse;
use maud::{Markup, html};
use std::collections::HashMap;

const RUNS_A_PAGE: u64 = 30;

pub async fn show(
    State(app): State<App>,
    granted: Granted<WorkspaceScope>,
    Path(place): Path<Place>,
    RawQuery(query): RawQuery,
) -> PageResult {
    let number = page_number(query.as_deref());
    let (rows, has_next) = table(&app, &granted, &place.workspace, number, RUNS_A_PAGE).await?;
    let body = html! {
        h1 { "Runs" }
        (rows)
        (pager(number, has_next))
    };
    let Place { organization, workspace, .. } = &place;
    let page = Page::new(format!("Runs of {workspace}"), body)
        .shown_to(&granted.caller().username)
        .below(organization, format!("/app/{organization}/workspaces"))
        .below(workspace, format!("/app/{organization}/workspaces/{workspace}"));
    Ok(page.into_response())
}

/// Some runs of a workspace as a table, the newest first, and whether there are more.
pub async fn table(
    app: &App,
    granted: &Granted<WorkspaceScope>,
    workspace: &str,
    number: u64,
    size: u64,
) -> PageResult<(Markup, bool)> {
    let page = terrane_jsonapi::Page { number, size };
    let mut view = app.db.snapshot().await?;
    let scope = Scope::Workspace(&granted.workspace_id);
    let (runs, has_next) = store::list_uncounted(&mut view, scope, &Filter::default(), page).await?;
    let ids: Vec<UserId> = runs.iter().filter_map(|run| run.created_by.clone()).map(UserId::from).collect();
    let ids = distinct(&ids);
    let users = if ids.is_empty() { Vec::new() } else { users::store::of_ids(&mut view, &ids).await? };
    let names: HashMap<String, String> =
        users.into_iter().map(|user| (String::from(user.id), user.username)).collect();
    let path = format!("/app/{}/{workspace}/runs", granted.organization_name);
    Ok((rows(&path, &runs, &names), has_next))
}

fn rows(path: &str, runs: &[Run], names: &HashMap<String, String>) -> Markup {
    if runs.is_empty() {
        return html! { p.muted { "No runs." } };
    }
    html! {
        table.rows.stack {
            thead { tr { th { "Status" } th { "Run" } th { "By" } th { "Made" } } }
            tbody {
                @for run in runs {
                    tr {
                        td { (status(run.status)) }
                        td {
                            a href={ (path) "/" (run.id) } {
                                @if run.message.is_empty() { (run.id) } @else { (run.message) }
                            }
                            @if run.is_destroy { " " span.status.bad { "destroy" } }
                            @if run.plan_only { " " span.muted { "plan only" } }
                        }
                        td {
                            @let name = run.created_by.as_ref().and_then(|id| names.get(id));
                            (name.map_or("the server", String::as_str))
                        }
                        td { (day(run.created_at)) }
                    }
                }
            }
        }
    }
}
