//! How many statements a read costs: a run or a plan is read thousands of times, and a list must not cost more for each
//! of its rows.

use crate::direct::Direct;
use crate::support::creates;
use crate::world::World;
use axum::http::Method;
use serde_json::json;
use terrane_server::platform::db::counted;
use terrane_server::platform::http::Route;
use terrane_server::router::routes;
use terrane_testkit::{TestServer, body, on_both, state_file};

/// What is asked for again and again while a run goes on.
const HOT: [&str; 6] =
    ["getRun", "getPlan", "getPlanOfRun", "getApply", "getWorkspace", "getCurrentStateVersion"];
const HOT_MAX: u64 = 2;
const ANY_MAX: u64 = 4;

/// An owner's world with more than one of everything that is listed.
async fn crowded(server: &TestServer) -> World {
    let owner = &server.owner;
    let world = World::of(owner, "north").await;
    let workspace = world.id("workspace_id");
    for number in 0..4 {
        let wish = body("workspaces", &json!({ "name": format!("more-{number}") }));
        owner.post("/organizations/north/workspaces", &wish).await.expect_status(201);
        let variable = json!({ "key": format!("more-{number}"), "value": "1", "category": "env" });
        owner.variable(workspace, &variable).await;
        owner.run(workspace, creates(1), &json!({ "plan-only": true })).await;
        owner.state(workspace, number + 2, &state_file(number + 2)).await;
    }
    world
}

fn is_read(route: &Route) -> bool {
    route.method == Method::GET && route.path.starts_with("/api/v2/")
}

on_both!(a_read_takes_few_statements, |server| {
    let (world, direct) = (crowded(server).await, Direct::new(server));
    let mut dear = Vec::new();
    for route in routes().into_iter().filter(is_read) {
        let path = world.path(route.path, &[]);
        let asked = direct.call(&route.method, &path, server.owner.token(), b"");
        let (reply, statements) = counted(asked).await;
        assert!(reply.status < 400 || route.operation == "getErroredState", "{}", reply.describe());
        let limit = if HOT.contains(&route.operation) { HOT_MAX } else { ANY_MAX };
        if statements > limit {
            dear.push(format!("{}: {statements}, at most {limit}", route.operation));
        }
    }
    assert!(dear.is_empty(), "statements for one read:\n{}", dear.join("\n"));
});
