//! The start page, `/app`: the organizations that the visitor sees.

use super::store::{self, Filter, Organization};
use crate::app::App;
use crate::platform::access::{Caller, Needs};
use crate::platform::http::{Route, get};
use crate::platform::pages::{Page, PageResult};
use axum::extract::State;
use axum::response::IntoResponse;
use maud::html;

/// More than these are not listed: whoever sees more knows their names.
const LISTED_MAX: i64 = 200;

/// This page's routes.
pub fn routes() -> Vec<Route> {
    vec![get("/app", "showOrganizations", Needs::Session, show)]
}

async fn show(State(app): State<App>, caller: Caller) -> PageResult {
    let filter = Filter { all: caller.is_site_admin, user: &caller.user_id, name: None, email: None };
    let organizations = store::list(&app.db, filter, LISTED_MAX, 0).await?;
    Ok(page(&caller, &organizations).into_response())
}

fn page(caller: &Caller, organizations: &[Organization]) -> Page {
    let body = html! {
        h1 { "Organizations" }
        @if organizations.is_empty() {
            p { "You belong to none yet. One is made through the API: " code { "POST /api/v2/organizations" } "." }
        } @else {
            table.rows {
                tbody { @for organization in organizations { tr { td { a href={ "/app/" (organization.name) "/workspaces" } { (organization.name) } } } } }
            }
        }
        p { a href="/app/settings/tokens" { "Your tokens" } }
    };
    Page::new("Organizations", body).shown_to(&caller.username)
}
