//! Strange ids in every place of every path: never 5xx, and 404 like any other id that does not exist.

use super::{Gate, body_for, gate};
use crate::direct::Direct;
use crate::world::{World, agent_token, parameters};
use axum::http::{Method, Uri};
use terrane_server::platform::http::Route;
use terrane_server::router::routes;
use terrane_testkit::{TestServer, on_both};

/// Percent-encoded where a request line cannot hold them otherwise.
pub(super) fn strange_ids() -> Vec<String> {
    let mut ids: Vec<String> = [
        "nonexisting",
        "sv-999999999",
        "run-",
        "-",
        "0",
        "null",
        "..",
        ".",
        "%2e%2e",
        "..%2f..%2fetc%2fpasswd",
        "%00",
        "run-%00",
        "%0d%0a",
        "%20",
        "%25",
        "%2500",
        "%ff%fe",
        "%c3%bc%e2%82%ac%f0%9f%8d%8c",
        "%27%20OR%20%271%27%3D%271",
        "%22%3B--",
        "$1",
        "*",
        "{run_id}",
        "%7Brun_id%7D",
        "%E2%80%AE",
    ]
    .map(str::to_owned)
    .to_vec();
    ids.extend(["a".repeat(300), format!("run-{}", "a".repeat(30_000)), "%F0%9F%8D%8C".repeat(2_000)]);
    // A brace is no part of a URI as the standard has it, but servers meet it.
    ids.retain(|id| id.parse::<Uri>().is_ok() || format!("/{id}").parse::<Uri>().is_ok());
    ids
}

/// Everybody whom the route lets in, so that the id reaches as far as it can.
async fn insiders(server: &TestServer, route: &Route) -> Vec<String> {
    match gate(route.needs) {
        Gate::Agent => vec![agent_token(server).await],
        Gate::Open | Gate::Signed | Gate::Page | Gate::Code => vec![String::new()],
        Gate::AnyUser | Gate::Admin | Gate::Scoped | Gate::InBody | Gate::InQuery => {
            [&server.owner, &server.stranger, &server.admin].map(|actor| actor.token().to_owned()).to_vec()
        }
    }
}

on_both!(strange_ids_are_404_and_never_5xx, |server| {
    let (direct, world) = (Direct::new(server), World::of(&server.owner, "north").await);
    for route in routes().into_iter().filter(|route| gate(route.needs) != Gate::Page) {
        for name in parameters(route.path) {
            for token in insiders(server, &route).await {
                for id in strange_ids() {
                    let path = world.path(route.path, &[(name, &id)]);
                    let reply = direct.call(&route.method, &path, &token, &body_for(&route, &world)).await;
                    match gate(route.needs) {
                        Gate::Scoped | Gate::Admin => {
                            reply.expect_not_found();
                        }
                        Gate::Signed => assert!(matches!(reply.status, 403 | 404), "{}", reply.describe()),
                        Gate::AnyUser if route.operation == "listUserTokens" => {
                            assert!(
                                reply.status == 404 || reply.text() == r#"{"data":[]}"#,
                                "{}",
                                reply.describe()
                            );
                        }
                        Gate::AnyUser => {
                            reply.expect_not_found();
                        }
                        Gate::Open | Gate::Agent | Gate::InBody | Gate::InQuery | Gate::Page | Gate::Code => {
                            reply.expect_civil();
                        }
                    }
                }
            }
        }
    }
});

on_both!(strange_ids_without_a_token_are_401, |server| {
    let (direct, world) = (Direct::new(server), World::of(&server.owner, "north").await);
    for route in routes() {
        if !matches!(gate(route.needs), Gate::Scoped | Gate::Admin | Gate::AnyUser | Gate::Agent) {
            continue;
        }
        for name in parameters(route.path) {
            for id in ["nonexisting", "..", "%00", "%ff"] {
                let path = world.path(route.path, &[(name, id)]);
                direct.call(&route.method, &path, "", b"").await.expect_unauthorized();
            }
        }
    }
});

on_both!(strange_queries_are_answered, |server| {
    let (direct, world) = (Direct::new(server), World::of(&server.owner, "north").await);
    let long = |name: &str| format!("{name}={}", "a".repeat(60_000));
    let percents = |name: &str| format!("{name}={}", "%25".repeat(20_000));
    let short = [
        "%00",
        "search[name]=%00",
        "search[wildcard-name]=%00",
        "filter[project][id]=%00",
        "filter[workspace][name]=%27&filter[organization][name]=%27",
        "filter[status]=pending,nonsense,finalized",
        "filter[status]=%00&filter[operation]=plan_only",
        "search[name]=%ff",
        "search[name]=%27%3B--",
        "search[name]=%5C",
        "search[wildcard-name]=%2A%5C%2A",
        "page[number]=0&page[size]=0",
        "page[number]=-1",
        "page[number]=99999999999999999999",
        "page[number]=4294967295&page[size]=100",
        "page[size]=abc",
        "page[number]=%00",
        "page=2",
        "sort=nonsense",
        "include=nonsense,..,%00",
        "&&&===",
        "offset=99999999999999999999&limit=-1",
    ]
    .map(str::to_owned);
    let mut large = Vec::new();
    for name in ["search[name]", "search[wildcard-name]", "filter[project][id]", "include", "q"] {
        large.extend([long(name), percents(name)]);
    }
    large.push(format!("filter[status]={}&filter[operation]=plan_only,plan_and_apply", "a,".repeat(30_000)));
    large.push(format!("filter[current-run][status]={}", "a,".repeat(32_000)));
    large.push("a&".repeat(30_000));
    for route in routes().into_iter().filter(|route| route.method == Method::GET) {
        // Large ones are read by lists alone, and take their time.
        let large = if route.operation.starts_with("list") { large.as_slice() } else { &large[..1] };
        for query in short.iter().chain(large) {
            let path = world.path(route.path, &[]);
            let sign = if path.contains('?') { '&' } else { '?' };
            let path = format!("{path}{sign}{query}");
            for token in insiders(server, &route).await.iter().take(1) {
                let reply = direct.call(&route.method, &path, token, b"").await;
                assert!(reply.status < 500, "{}", reply.describe());
                if !matches!(gate(route.needs), Gate::Signed | Gate::Page) {
                    reply.expect_civil();
                }
            }
        }
    }
});
