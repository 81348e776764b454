//! The route table: a domain's `routes()` names each route once, and from it come the router, the authorization
//! of every request and the tests that visit every route.

use crate::app::App;
use crate::platform::access::{Guard, Needs, authorize};
use axum::Router;
use axum::handler::Handler;
use axum::http::Method;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodFilter, MethodRouter, on};

/// One route.
#[derive(Debug, Clone)]
pub struct Route {
    /// `GET`, `POST`, ….
    pub method: Method,
    /// With `{parameters}`.
    pub path: &'static str,
    /// A name, unique in the program.
    pub operation: &'static str,
    /// What a caller must have; checked before the handler runs.
    pub needs: Needs,
    handler: MethodRouter<App>,
}

macro_rules! verbs {
    ($($name:ident $filter:ident),+) => { $(
        #[doc = concat!("A `", stringify!($filter), "` route.")]
        pub fn $name<H, T>(path: &'static str, operation: &'static str, needs: Needs, handler: H) -> Route
        where
            H: Handler<T, App>,
            T: 'static,
        {
            Route { method: Method::$filter, path, operation, needs, handler: on(MethodFilter::$filter, handler) }
        }
    )+ };
}

verbs!(get GET, head HEAD, post POST, put PUT, patch PATCH, delete DELETE);

/// Joins routes into a router in which no handler can be reached without its `needs`.
pub fn join(app: &App, routes: Vec<Route>) -> Router<App> {
    routes.into_iter().fold(Router::new(), |router, route| {
        let guard = Guard::new(app, route.path, &route.method, route.needs);
        let guarded = route.handler.layer(from_fn_with_state(guard, authorize));
        router.route(route.path, guarded)
    })
}
