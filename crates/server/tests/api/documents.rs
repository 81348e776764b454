//! Every document we answer, held against the official description of the API.

mod forms;
mod routes_file;

use crate::direct::Direct;
use crate::state_versions::from_run;
use crate::world::World;
use axum::http::Method;
use serde_json::{Value, json};
use terrane_server::platform::access::Needs;
use terrane_server::platform::http::Route;
use terrane_server::router::routes;
use terrane_testkit::{OpenApi, TestServer, on_both, state_body, state_file};

/// Where our status is not one that the file has, and why (api-contract section 18).
const OTHER_STATUSES: [(&str, u16, &str); 2] = [
    ("downloadConfigurationVersion", 302, "row 6: the file shows the answer after the redirect"),
    ("downloadConfigurationVersionOfRun", 302, "row 6: the file shows the answer after the redirect"),
];

/// The file describes this answer as a bare resource; go-tfe reads it as a document, like every other.
const WITHOUT_ENVELOPE: &str = "getIngressAttributes";

/// One answer of one route.
pub struct Visited {
    pub route: Route,
    pub operation: &'static str,
    pub status: u16,
    /// `null` where the answer is no document: the address of bytes.
    pub body: Value,
}

/// The body that makes a route of this operation answer with a document.
fn wish(operation: &str, world: &World) -> Vec<u8> {
    let attributes = match operation {
        "createOrganization" => json!({ "name": "fresh", "email": "ops@example.com" }),
        "createWorkspace" => json!({ "name": "fresh" }),
        "createProject" => json!({ "name": "fresh" }),
        "createSshKey" => json!({ "name": "fresh", "value": "a private key" }),
        "addWorkspaceTagBindings" | "addProjectTagBindings" => {
            return br#"{"data":[{"type":"tag-bindings","attributes":{"key":"env","value":"prod"}}]}"#
                .to_vec();
        }
        "addWorkspaceTags" => {
            return br#"{"data":[{"type":"tags","attributes":{"name":"fresh"}}]}"#.to_vec();
        }
        "addTagToWorkspaces" | "moveWorkspacesIntoProject" | "addWorkspaceRemoteStateConsumers" => {
            let workspace = json!({ "type": "workspaces", "id": world.id("workspace_id") });
            return json!({ "data": [workspace] }).to_string().into_bytes();
        }
        "createVariable" | "createVariableOfVarset" => {
            json!({ "key": "fresh", "value": "1", "category": "env" })
        }
        "createVarset" => json!({ "name": "fresh", "description": "d", "priority": true }),
        "updateVarsetByPost" => json!({ "description": "changed" }),
        // What a list is added to answers without a document.
        "applyVarsetToWorkspaces" | "applyVarsetToProjects" => return Vec::new(),
        "createConfigurationVersion" => json!({ "auto-queue-runs": false }),
        "createTerraformVersion" => json!({ "version": "1.5.8", "engine": "tofu" }),
        "createComment" => json!({ "body": "fine" }),
        "createUserToken" => json!({ "description": "fresh" }),
        "createRun" => return world.run_body(),
        "createStateVersion" => return state_body(2, None, &state_file(2)).to_string().into_bytes(),
        "rollbackStateVersion" => {
            let to = json!({ "data": { "type": "state-versions", "id": world.id("state_version_id") } });
            let body = json!({ "data": { "relationships": { "rollback-state-version": to } } });
            return body.to_string().into_bytes();
        }
        "createRunTrigger" => {
            let other = json!({ "data": { "type": "workspaces", "id": world.id("another_source_id") } });
            let body =
                json!({ "data": { "type": "run-triggers", "relationships": { "sourceable": other } } });
            return body.to_string().into_bytes();
        }
        "acceptStateVersion" => return Vec::new(),
        "lockWorkspace" => return br#"{"reason":"maintenance"}"#.to_vec(),
        "unlockWorkspace" | "forceUnlockWorkspace" => return Vec::new(),
        other => panic!("a new route that takes a document: say what makes {other} answer"),
    };
    json!({ "data": { "attributes": attributes } }).to_string().into_bytes()
}

/// A document of every route of the API that reads one or makes one. The run has finished, another waits for a
/// decision, the workspace is locked by a person while it is read.
pub async fn visit_all(server: &TestServer) -> Vec<Visited> {
    let owner = &server.owner;
    let world = World::of(owner, "north").await.with_version(&server.admin).await;
    let workspace = world.id("workspace_id");
    owner
        .variable(workspace, &json!({ "key": "s", "value": "x", "category": "env", "sensitive": true }))
        .await;
    let run = owner
        .run_of(
            workspace,
            world.id("configuration_version_id"),
            &json!({ "variables": [{ "key": "a", "value": "1" }] }),
        )
        .await;
    let first =
        terrane_testkit::Run { id: world.id("run_id").to_owned(), plan: world.id("plan_id").to_owned() };
    owner.planned(&first).await;
    owner.planned(&run).await;
    owner.post(&format!("/runs/{}/actions/discard", run.id), &json!({})).await.expect_status(202);
    let direct = Direct::new(server);
    let is_last = |route: &Route| matches!(route.operation, "unlockWorkspace" | "forceUnlockWorkspace");
    let is_shown = |route: &Route| {
        route.path.starts_with("/api/v2/")
            // Bytes, and there only after an apply that broke.
            && route.operation != "getErroredState"
            // About the documents, and none.
            && route.operation != "getOpenapi"
            // They refuse what manages something, and have tests of their own.
            && !route.operation.starts_with("safeDelete")
            && (matches!(route.method, Method::GET)
                || route.operation == "rollbackStateVersion"
                // The actions of a run and of an archive answer without one.
                || route.method == Method::POST
                    && !route.path.contains("/runs/{run_id}/actions/")
                    && !route.path.contains("/{configuration_version_id}/actions/"))
    };
    let mut order: Vec<Route> = routes().into_iter().filter(is_shown).collect();
    // Locked first, so that a locked workspace is read too.
    let first = ["lockWorkspace", "acceptStateVersion"];
    order.sort_by_key(|route| {
        let place = first.iter().position(|operation| *operation == route.operation);
        (is_last(route), place.unwrap_or(first.len()))
    });
    // One that an apply left, newer than the world's own, so that it can be accepted.
    let recovered = recovered(server, workspace, &run.id).await;
    let mut visited = Vec::new();
    for route in order {
        if route.operation == "forceUnlockWorkspace" {
            owner.post(&format!("/workspaces/{workspace}/actions/lock"), &json!({})).await.expect_status(200);
        }
        let body = if route.method == Method::GET { Vec::new() } else { wish(route.operation, &world) };
        let replaced = [("state_version_id", recovered.as_str())];
        let replaced: &[_] = if route.operation == "acceptStateVersion" { &replaced } else { &[] };
        let path = world.path(route.path, replaced);
        let actor = if route.needs == Needs::SiteAdmin { &server.admin } else { owner };
        let reply = direct.call(&route.method, &path, actor.token(), &body).await;
        let body = match reply.status {
            200 | 201 => serde_json::from_slice(&reply.bytes).expect("a document is JSON"),
            204 | 302 | 307 => Value::Null,
            _ => panic!("{}", reply.describe()),
        };
        visited.push(Visited { operation: route.operation, route, status: reply.status, body });
    }
    visited
}

async fn recovered(server: &TestServer, workspace: &str, run: &str) -> String {
    let id = from_run(server, workspace, run, 0, 2, &state_file(2)).await;
    let mut tx = server.app().db.begin().await.expect("a transaction");
    let completed = ["terraform_data.lost".to_owned()];
    let is_marked = terrane_server::state_versions::mark_recovered(&mut tx, &id, &completed).await;
    assert!(is_marked.expect("a database"));
    tx.commit().await.expect("a database");
    id.into()
}

on_both!(documents_are_as_the_official_file_says, |server| {
    let file = OpenApi::official();
    let (mut wrong, mut checked) = (Vec::new(), 0);
    for Visited { route, operation, body, .. } in visit_all(server).await {
        let Some(schema) = file.answer(route.method.as_str(), route.path) else { continue };
        if operation == WITHOUT_ENVELOPE {
            continue;
        }
        checked += 1;
        for violation in file.violations(schema, &body) {
            wrong.push(format!("{operation} {}: {}", violation.place, violation.what));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // Fewer would mean that the routes are not found in the file any more.
    assert!(checked >= 32, "{checked}");
});

on_both!(statuses_are_those_of_the_official_file, |server| {
    let file = OpenApi::official();
    for Visited { route, operation, status, .. } in visit_all(server).await {
        let Some(described) = file.statuses(route.method.as_str(), route.path) else { continue };
        let excepted =
            OTHER_STATUSES.iter().any(|(other, answer, _)| (*other, *answer) == (operation, status));
        let is_described = described.contains(&status.to_string());
        assert!(is_described != excepted, "{operation}: {status}, the file has {described:?}");
    }
});

on_both!(included_resources_are_as_the_official_file_says, |server| {
    let file = OpenApi::official();
    let world = World::of(&server.owner, "north").await;
    for path in [
        format!("/runs/{}?include=plan,workspace,configuration_version,created_by", world.id("run_id")),
        format!(
            "/workspaces/{}?include=organization,project,current_run,locked_by",
            world.id("workspace_id")
        ),
        format!("/run-events/{}?include=actor", world.id("run_event_id")),
        format!("/state-versions/{}?include=outputs,created_by", world.id("state_version_id")),
        format!("/workspaces/{}?include=current_state_version", world.id("workspace_id")),
    ] {
        let answer = server.owner.get(&path).await.expect_status(200);
        for resource in answer.at("/included").as_array().expect("resources are included") {
            let kind = resource["type"].as_str().expect("a resource has a type");
            let schema = file.schema(kind).unwrap_or_else(|| panic!("the file has no {kind}"));
            assert_eq!(file.violations(schema, resource), [], "{path} {kind}");
        }
    }
});

on_both!(refusals_are_as_the_official_file_says, |server| {
    let file = OpenApi::official();
    let schema = file.schema("errors").expect("the file describes errors");
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    let refusals = [
        server.anonymous.get("/account/details").await.expect_status(401),
        owner.get("/runs/run-nothing").await.expect_status(404),
        owner.post("/runs", &json!({})).await.expect_status(422),
        owner.post("/runs", &json!([])).await.expect_status(400),
        owner.post(&format!("/workspaces/{workspace}/actions/unlock"), &json!({})).await.expect_status(409),
    ];
    for refusal in refusals {
        assert_eq!(file.violations(schema, &refusal.json()), [], "{}", refusal.text());
        assert_eq!(refusal.at("/errors/0/status"), refusal.status.to_string().as_str());
        assert_eq!(refusal.header("content-type"), "application/vnd.api+json");
    }
});
