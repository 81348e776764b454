//! Who may do what: every route of the table, tried as every kind of caller, with real, unknown and strange ids.

mod bodies;
mod pages;
mod strange;

use crate::direct::{Direct, Reply};
use crate::world::{World, agent_token, expired_token, parameters};
use axum::http::Method;
use terrane_server::platform::access::Needs;
use terrane_server::platform::http::Route;
use terrane_server::router::routes;
use terrane_testkit::{TestServer, on_both};

/// Looks like an id of the right kind, and is none.
const UNKNOWN: &str = "1111111111111111";

/// What stands between a caller and a route. A new kind of need does not compile until it has its place here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gate {
    Open,
    Signed,
    AnyUser,
    Admin,
    Agent,
    Scoped,
    InBody,
    InQuery,
    Page,
    Code,
}

fn gate(needs: Needs) -> Gate {
    match needs {
        Needs::Anonymous => Gate::Open,
        Needs::SignedUrl => Gate::Signed,
        Needs::User => Gate::AnyUser,
        Needs::SiteAdmin => Gate::Admin,
        Needs::Agent => Gate::Agent,
        Needs::Organization(_)
        | Needs::Project(_)
        | Needs::SshKey(_)
        | Needs::Tag(_)
        | Needs::Workspace(_)
        | Needs::WorkspaceByName(_)
        | Needs::Run(_)
        | Needs::Plan(_)
        | Needs::Apply(_)
        | Needs::Comment(_)
        | Needs::ConfigurationVersion(_)
        | Needs::RunEvent(_)
        | Needs::StateVersion(_)
        | Needs::StateVersionOutput(_)
        | Needs::RunTrigger(_)
        | Needs::Varset(_)
        | Needs::RecoverableItem(_) => Gate::Scoped,
        Needs::InBody(_) => Gate::InBody,
        Needs::InQuery(_) => Gate::InQuery,
        Needs::Visitor
        | Needs::Session
        | Needs::SessionOrganization(_)
        | Needs::SessionWorkspace(_)
        | Needs::SessionRun(_) => Gate::Page,
        Needs::AuthorizationCode => Gate::Code,
    }
}

/// What anybody may look at; an invitation that there is not is a 404.
fn is_open_page(route: &Route) -> bool {
    route.needs == Needs::Visitor && route.method == Method::GET
}

/// What a stranger is answered by a route that any user may call, when its path names the owner's objects.
fn of_any_user(operation: &str) -> u16 {
    match operation {
        // Of the caller's own, or of nobody; for others an empty list (api-contract section 10).
        "listOrganizations" | "getAccount" | "listUserTokens" | "listAllRecoverableItems" => 200,
        // The name behind a run's `created-by` is no secret.
        "getUser" => 200,
        "createUserToken" | "getToken" | "deleteToken" | "getMetrics" => 404,
        // An empty body names no organization.
        "createOrganization" => 422,
        other => panic!("a new route for any user: say what a stranger gets from {other}"),
    }
}

/// What only an apply that broke leaves; the tests of applies read one.
fn leaves_nothing(route: &Route) -> bool {
    route.operation == "getErroredState"
}

/// The callers that no route but open ones and signed URLs lets in.
async fn nobodies(server: &TestServer) -> Vec<(&'static str, String)> {
    let changed = format!("{}x", server.owner.token());
    vec![
        ("anonymous", String::new()),
        ("a bad token", "swordfish".to_owned()),
        ("nearly the owner's token", changed),
        ("an expired token of the owner", expired_token(server).await),
    ]
}

async fn call(direct: &Direct, route: &Route, path: &str, token: &str, body: &[u8]) -> Reply {
    direct.call(&route.method, path, token, body).await
}

/// The body a route is called with: empty, which each accepts or refuses only for what is missing in it.
fn body_for(route: &Route, world: &World) -> Vec<u8> {
    if gate(route.needs) == Gate::InBody { world.run_body() } else { Vec::new() }
}

on_both!(without_a_good_token_every_route_is_401, |server| {
    let (direct, world) = (Direct::new(server), World::of(&server.owner, "north").await);
    for (who, token) in nobodies(server).await {
        for route in routes() {
            let path = world.path(route.path, &[]);
            let reply = call(&direct, &route, &path, &token, &body_for(&route, &world)).await;
            match gate(route.needs) {
                Gate::Open => assert!(reply.status < 300, "{who}: {}", reply.describe()),
                Gate::Signed => assert_eq!(reply.status, 403, "{who}: {}", reply.describe()),
                Gate::AnyUser | Gate::Admin | Gate::Agent | Gate::Scoped | Gate::InBody | Gate::InQuery => {
                    reply.expect_unauthorized();
                }
                // A token opens no page; the tests of pages try all else.
                Gate::Page => {
                    assert!(
                        matches!(reply.status, 303 | 403) || is_open_page(&route),
                        "{}",
                        reply.describe()
                    );
                }
                Gate::Code => assert_eq!(reply.status, 400, "{}", reply.describe()),
            }
        }
    }
    // Nothing was done.
    for route in
        routes().into_iter().filter(|route| route.method == Method::GET && gate(route.needs) == Gate::Scoped)
    {
        let reply = call(&direct, &route, &world.path(route.path, &[]), server.owner.token(), b"").await;
        assert!(reply.status < 400 || leaves_nothing(&route), "{}", reply.describe());
    }
});

on_both!(agents_and_users_do_not_pass_for_each_other, |server| {
    let (direct, world) = (Direct::new(server), World::of(&server.owner, "north").await);
    let agent = agent_token(server).await;
    for route in routes() {
        let path = world.path(route.path, &[]);
        match gate(route.needs) {
            Gate::AnyUser | Gate::Admin | Gate::Scoped | Gate::InBody | Gate::InQuery => {
                call(&direct, &route, &path, &agent, &body_for(&route, &world)).await.expect_unauthorized();
            }
            Gate::Agent => {
                for user in [&server.owner, &server.stranger, &server.admin] {
                    call(&direct, &route, &path, user.token(), b"").await.expect_unauthorized();
                }
                let reply = call(&direct, &route, &path, &agent, b"").await.expect_civil();
                assert_ne!(reply.status, 401, "{}", reply.describe());
            }
            Gate::Open | Gate::Signed | Gate::Page | Gate::Code => {}
        }
    }
});

on_both!(for_a_stranger_nothing_of_the_owner_exists, |server| {
    let (direct, world) = (Direct::new(server), World::of(&server.owner, "north").await);
    let stranger = server.stranger.token();
    for route in routes() {
        let path = world.path(route.path, &[]);
        let reply = call(&direct, &route, &path, stranger, &body_for(&route, &world)).await;
        match gate(route.needs) {
            Gate::Scoped | Gate::InBody | Gate::InQuery => {
                reply.expect_not_found();
            }
            Gate::Admin => {
                reply.expect_not_found();
                call(&direct, &route, &path, server.owner.token(), b"").await.expect_not_found();
            }
            Gate::AnyUser => {
                assert_eq!(reply.status, of_any_user(route.operation), "{}", reply.describe());
                assert!(!reply.text().contains("spare"), "{}", reply.describe());
            }
            Gate::Open | Gate::Signed | Gate::Agent | Gate::Page | Gate::Code => {}
        }
    }
    let token = format!("/authentication-tokens/{}", world.id("token_id"));
    server.owner.get(&token).await.expect_status(200);
});

on_both!(owners_and_site_administrators_reach_every_handler, |server| {
    let direct = Direct::new(server);
    let mut number = 0;
    for actor in [&server.owner, &server.admin] {
        let world = World::of(&server.owner, &format!("world-{number}")).await;
        let mut order = routes();
        order.retain(|route| matches!(gate(route.needs), Gate::Scoped | Gate::InBody | Gate::InQuery));
        // Read before anything changes: of a run canceled in time there is no JSON plan to reach.
        order.sort_by_key(|route| route.method != Method::GET);
        for route in order {
            number += 1;
            // What deletes gets a world of its own.
            let fresh;
            let world = if [Method::DELETE, Method::PUT].contains(&route.method) {
                fresh = World::of(&server.owner, &format!("world-{number}")).await;
                &fresh
            } else {
                &world
            };
            let path = world.path(route.path, &[]);
            let reply = call(&direct, &route, &path, actor.token(), &body_for(&route, world)).await;
            let is_reached = reply.status < 300
                || reply.status == 409 && is_refused_by_what_is_there(&route)
                || matches!(reply.status, 302 | 307)
                || leaves_nothing(&route)
                || matches!(reply.status, 409 | 422) && takes_a_wish(&route)
                // Said by the handler: its run is not pending.
                || reply.status == 403 && route.operation == "forceExecuteRun"
                || reply.status == 400 && collects_garbage(&route);
            assert!(is_reached, "{}", reply.describe());
        }
    }
});

/// What may refuse with 400 because it is not in the right state (api-contract 2.5).
fn collects_garbage(route: &Route) -> bool {
    route.path.ends_with("_backing_data")
}

/// The default project stays; a workspace that manages something is not deleted safely.
fn is_refused_by_what_is_there(route: &Route) -> bool {
    matches!(route.operation, "deleteProject" | "safeDeleteWorkspace" | "safeDeleteWorkspaceByName")
}

/// What an empty body may be too little for.
fn takes_a_wish(route: &Route) -> bool {
    route.method == Method::POST || route.operation == "rollbackStateVersion"
}

on_both!(what_does_not_exist_is_the_404_that_strangers_get, |server| {
    let (direct, world) = (Direct::new(server), World::of(&server.owner, "north").await);
    for route in routes().into_iter().filter(|route| gate(route.needs) == Gate::Scoped) {
        for name in parameters(route.path) {
            let own = world.id(name);
            let unknown = match own.split_once('-') {
                Some((prefix, _)) if name.ends_with("_id") => format!("{prefix}-{UNKNOWN}"),
                _ => "nowhere".to_owned(),
            };
            let path = world.path(route.path, &[(name, &unknown)]);
            for actor in [&server.owner, &server.admin, &server.stranger] {
                let body = body_for(&route, &world);
                call(&direct, &route, &path, actor.token(), &body).await.expect_not_found();
            }
        }
    }
});

on_both!(an_object_is_not_reached_through_another_parent, |server| {
    let world = World::of(&server.owner, "north").await;
    let other = World::of(&server.owner, "south").await;
    let wrong = format!("/workspaces/{}/vars/{}", other.id("workspace_id"), world.id("variable_id"));
    server.owner.get(&wrong).await.expect_status(404);
    server.owner.patch(&wrong, &serde_json::json!({})).await.expect_status(404);
    server.owner.delete(&wrong).await.expect_status(404);
    server
        .owner
        .get(&format!("/workspaces/{}/vars/{}", world.id("workspace_id"), world.id("variable_id")))
        .await
        .expect_status(200);
});

on_both!(a_configuration_of_another_organization_is_refused, |server| {
    let world = World::of(&server.owner, "north").await;
    let foreign = World::of(&server.stranger, "elsewhere").await;
    let (workspace, configuration) = (world.id("workspace_id"), foreign.id("configuration_version_id"));
    let unknown = format!("cv-{UNKNOWN}");
    let refused =
        server.owner.post_run(workspace, configuration, &serde_json::json!({})).await.expect_status(422);
    let missing = server.owner.post_run(workspace, &unknown, &serde_json::json!({})).await.expect_status(422);
    assert_eq!(refused.text(), missing.text());
});

#[test]
fn operations_and_routes_are_unique() {
    let mut names: Vec<_> = routes().iter().map(|route| route.operation).collect();
    let mut places: Vec<_> =
        routes().iter().map(|route| format!("{} {}", route.method, route.path)).collect();
    names.sort_unstable();
    places.sort_unstable();
    let (all_names, all_places) = (names.len(), places.len());
    names.dedup();
    places.dedup();
    assert_eq!((names.len(), places.len()), (all_names, all_places));
}
