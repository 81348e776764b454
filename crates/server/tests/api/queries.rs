//! How many statements a read costs: a run or a plan is read thousands of times, and a list must not cost more for each
//! of its rows.

use crate::direct::Direct;
use crate::support::creates;
use crate::world::World;
use axum::http::Method;
use serde_json::json;
use terrane_server::platform::access::Needs;
use terrane_server::platform::db::counted;
use terrane_server::platform::http::Route;
use terrane_server::router::routes;
use terrane_testkit::{TestServer, body, on_both, state_file};

/// What is asked for again and again while a run goes on.
const HOT: [&str; 6] =
    ["getRun", "getPlan", "getPlanOfRun", "getApply", "getWorkspace", "getCurrentStateVersion"];
/// Of these the world has none.
const LEAVES_NOTHING: [&str; 1] = ["getErroredState"];
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
    let (world, direct) = (crowded(server).await.with_version(&server.admin).await, Direct::new(server));
    let mut dear = Vec::new();
    for route in routes().into_iter().filter(is_read) {
        let path = world.path(route.path, &[]);
        let actor = if route.needs == Needs::SiteAdmin { &server.admin } else { &server.owner };
        let asked = direct.call(&route.method, &path, actor.token(), b"");
        let (reply, statements) = counted(asked).await;
        assert!(reply.status < 400 || LEAVES_NOTHING.contains(&route.operation), "{}", reply.describe());
        let limit = if HOT.contains(&route.operation) { HOT_MAX } else { ANY_MAX };
        if statements > limit {
            dear.push(format!("{}: {statements}, at most {limit}", route.operation));
        }
    }
    assert!(dear.is_empty(), "statements for one read:\n{}", dear.join("\n"));
});

/// Lists with everything that can be included.
const WITH_ALL: [&str; 6] = [
    "/api/v2/organizations/north/workspaces?include=organization,project,current_run.plan,current_run.apply,\
     current_run.configuration_version.ingress_attributes,current_configuration_version.ingress_attributes,\
     current_state_version,locked_by,outputs,vars,effective_tag_bindings",
    "/api/v2/workspaces/{workspace_id}/runs?include=plan,apply,workspace,created_by,\
     configuration_version.ingress_attributes&filter[operation]=plan_only,plan_and_apply",
    "/api/v2/organizations/north/runs?include=plan,apply,workspace,created_by,configuration_version&\
     filter[operation]=plan_only,plan_and_apply",
    "/api/v2/workspaces/{workspace_id}/configuration-versions?include=ingress_attributes,run.plan",
    "/api/v2/state-versions?filter[workspace][name]=net&filter[organization][name]=north&\
     include=outputs,created_by,run.created_by,run.configuration_version",
    "/api/v2/organizations/north/varsets?include=vars,workspaces,projects",
];

on_both!(a_list_asks_once_for_each_kind_that_it_includes, |server| {
    let owner = &server.owner;
    let (world, direct) = (World::of(owner, "north").await, Direct::new(server));
    let ask = async |list: &str| {
        let path = list.replace("{workspace_id}", world.id("workspace_id"));
        let (reply, statements) = counted(direct.call(&Method::GET, &path, owner.token(), b"")).await;
        assert_eq!(reply.status, 200, "{}", reply.describe());
        statements
    };
    let configuration = owner.configuration(world.id("another_source_id"), creates(1)).await;
    owner.run_of(world.id("another_source_id"), &configuration, &json!({})).await;
    let mut few = Vec::new();
    for list in WITH_ALL {
        few.push(ask(list).await);
    }
    for number in 0..3 {
        let wish = body("workspaces", &json!({ "name": format!("more-{number}") }));
        let more = owner.post("/organizations/north/workspaces", &wish).await.expect_status(201).id();
        owner.state(&more, 1, &state_file(1)).await;
        owner.variable(&more, &json!({ "key": "more", "value": "1", "category": "env" })).await;
        let configuration = owner.configuration(&more, creates(1)).await;
        owner.run_of(&more, &configuration, &json!({})).await;
        let configuration = owner.configuration(world.id("workspace_id"), creates(1)).await;
        owner.run_of(world.id("workspace_id"), &configuration, &json!({ "plan-only": true })).await;
        owner.state(world.id("workspace_id"), number + 2, &state_file(number + 2)).await;
        let set = body("varsets", &json!({ "name": format!("more-{number}") }));
        owner.post("/organizations/north/varsets", &set).await.expect_status(201);
    }
    for (list, few) in WITH_ALL.into_iter().zip(few) {
        let many = ask(list).await;
        assert!(many <= few, "{many} statements for more rows, {few} for few: {list}");
    }
});
