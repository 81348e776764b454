//! Joins every domain's routes.

use crate::app::App;
use crate::platform::http::{ApiError, Route, join, shared_layers};
use crate::platform::openapi::Operation;
use crate::platform::{objects, openapi, ops, pages};
use crate::{
    agents, applies, comments, configuration_versions, ingress_attributes, invitations, oauth, organizations,
    plans, projects, recoverable_items, run_events, run_triggers, runs, sessions, ssh_keys,
    state_version_outputs, state_versions, tag_bindings, tags, terraform_versions, tokens, users, variables,
    varsets, workspace_resources, workspaces,
};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::Uri;
use axum::response::{IntoResponse, Response};

/// The route table of the program.
pub fn routes() -> Vec<Route> {
    [
        ops::routes(),
        openapi::routes(),
        objects::routes(),
        users::routes(),
        terraform_versions::routes(),
        tokens::routes(),
        organizations::routes(),
        projects::routes(),
        workspaces::routes(),
        recoverable_items::routes(),
        workspace_resources::routes(),
        tag_bindings::routes(),
        tags::routes(),
        ssh_keys::routes(),
        variables::routes(),
        varsets::routes(),
        configuration_versions::routes(),
        ingress_attributes::routes(),
        runs::routes(),
        applies::routes(),
        comments::routes(),
        run_events::routes(),
        run_triggers::routes(),
        plans::routes(),
        state_versions::routes(),
        state_version_outputs::routes(),
        agents::routes(),
        pages::routes(),
        sessions::routes(),
        invitations::routes(),
        oauth::routes(),
        tokens::page_routes(),
        organizations::page_routes(),
        workspaces::page_routes(),
        runs::page_routes(),
    ]
    .concat()
}

/// What is said about the routes, each in the folder that declares it; agents' routes are ours on both ends, and
/// pages are for people.
pub fn operations() -> Vec<Operation> {
    [
        ops::operations(),
        openapi::operations(),
        objects::operations(),
        users::operations(),
        terraform_versions::operations(),
        tokens::operations(),
        organizations::operations(),
        projects::operations(),
        workspaces::operations(),
        recoverable_items::operations(),
        workspace_resources::operations(),
        tag_bindings::operations(),
        tags::operations(),
        ssh_keys::operations(),
        variables::operations(),
        varsets::operations(),
        configuration_versions::operations(),
        ingress_attributes::operations(),
        runs::operations(),
        applies::operations(),
        comments::operations(),
        run_events::operations(),
        run_triggers::operations(),
        plans::operations(),
        state_versions::operations(),
        state_version_outputs::operations(),
    ]
    .concat()
}

/// The router of a server.
pub fn router(app: &App) -> Router {
    let routes = join(app, routes())
        // Each handler reads its body up to its own limit.
        .layer(DefaultBodyLimit::disable())
        .fallback(nothing_here)
        .method_not_allowed_fallback(nothing_here);
    shared_layers(routes).with_state(app.clone())
}

async fn nothing_here(uri: Uri) -> Response {
    if uri.path() == "/app" || uri.path().starts_with("/app/") {
        return pages::not_found();
    }
    ApiError::not_found().into_response()
}
