//! Where runs happen: inherited from organization and project, or the workspace's own say (api-contract 8.4).

use super::{LIST, make, no_agent};
use serde_json::{Value, json};
use terrane_testkit::{Answer, TestServer, body, on_both};

/// Agent pools are made by agents; a test makes them behind the server's back.
async fn pool(server: &TestServer, id: &'static str) {
    let insert = "INSERT INTO agent_pools (id, name, organization_id, created_at) \
                  SELECT $1, $1, id, 0 FROM organizations WHERE name = 'acme'";
    server.sql(insert, &[id]).await;
}

fn seen(answer: &Answer) -> Value {
    let pool = answer.at("/data/relationships/agent-pool/data/id");
    let overwrites = answer.attribute("setting-overwrites");
    assert_eq!(answer.attribute("agent-pool-id"), pool);
    assert_eq!(answer.attribute("operations"), answer.attribute("execution-mode") != "local");
    json!([answer.attribute("execution-mode"), pool, overwrites["execution-mode"], overwrites["agent-pool"]])
}

on_both!(settings_are_inherited_until_they_are_overwritten, no_agent(), |server| {
    let owner = &server.owner;
    pool(server, "apool-1").await;
    pool(server, "apool-2").await;
    let workspace = make(owner, &json!({ "name": "net" })).await.expect_status(201);
    let project = workspace.at("/data/relationships/project/data/id").as_str().unwrap().to_owned();
    let (path, project) = (format!("/workspaces/{}", workspace.id()), format!("/projects/{project}"));
    let now = async || seen(&owner.get(&path).await.expect_status(200));
    let set = async |attributes: Value| {
        seen(&owner.patch(&path, &body("workspaces", &attributes)).await.expect_status(200))
    };
    assert_eq!(now().await, json!(["remote", null, false, false]));

    // The organization's say.
    let wish = json!({ "data": { "attributes": { "default-execution-mode": "agent" }, "relationships": {
        "default-agent-pool": { "data": { "type": "agent-pools", "id": "apool-1" } } } } });
    let changed = owner.patch("/organizations/acme", &wish).await.expect_status(200);
    assert_eq!(changed.attribute("default-execution-mode"), "agent");
    assert_eq!(changed.at("/data/relationships/default-agent-pool/data/id"), "apool-1");
    assert_eq!(now().await, json!(["agent", "apool-1", false, false]));
    let read = owner.get(&project).await;
    assert_eq!(read.attribute("default-execution-mode"), "agent");
    assert_eq!(
        read.attribute("setting-overwrites"),
        json!({ "default-execution-mode": false, "default-agent-pool": false })
    );

    // The project's.
    let wish = body("projects", &json!({ "default-execution-mode": "local" }));
    let changed = owner.patch(&project, &wish).await.expect_status(200);
    assert_eq!(changed.attribute("setting-overwrites")["default-execution-mode"], true);
    assert_eq!(now().await, json!(["local", null, false, false]));
    let wish = json!({ "default-execution-mode": "agent", "default-agent-pool-id": "apool-2" });
    owner.patch(&project, &body("projects", &wish)).await.expect_status(200);
    assert_eq!(now().await, json!(["agent", "apool-2", false, false]));

    // The workspace's own.
    assert_eq!(set(json!({ "execution-mode": "remote" })).await, json!(["remote", null, true, true]));
    let own = json!({ "execution-mode": "agent", "agent-pool-id": "apool-1" });
    assert_eq!(set(own).await, json!(["agent", "apool-1", true, true]));
    let pool_again = json!({ "setting-overwrites": { "agent-pool": false } });
    assert_eq!(set(pool_again).await, json!(["agent", "apool-2", true, false]));
    let again = json!({ "setting-overwrites": { "execution-mode": false, "agent-pool": false } });
    assert_eq!(set(again).await, json!(["agent", "apool-2", false, false]));
    let keep = json!({ "setting-overwrites": { "execution-mode": true, "agent-pool": true } });
    assert_eq!(set(keep).await, json!(["agent", "apool-2", true, true]));
    let back =
        json!({ "setting-overwrites": { "default-execution-mode": false, "default-agent-pool": false } });
    owner.patch(&project, &body("projects", &back)).await.expect_status(200);
    assert_eq!(now().await, json!(["agent", "apool-2", true, true]), "what is its own stays");
    assert_eq!(set(json!({ "operations": false })).await, json!(["local", null, true, true]));
    assert_eq!(set(json!({ "operations": true })).await, json!(["remote", null, true, true]));
    let listed = owner.get(LIST).await;
    assert_eq!(listed.at("/data/0/attributes/execution-mode"), "remote");
});

on_both!(a_pool_of_nobody_is_refused_everywhere, no_agent(), |server| {
    let owner = &server.owner;
    let organization = json!({ "data": { "attributes": { "default-execution-mode": "agent" }, "relationships": {
        "default-agent-pool": { "data": { "type": "agent-pools", "id": "apool-nothing" } } } } });
    let refused = owner.patch("/organizations/acme", &organization).await.expect_status(422);
    assert_eq!(refused.at("/errors/0/source/pointer"), "/data/relationships/default-agent-pool");
    let project = owner.get("/organizations/acme").await.at("/data/relationships/default-project/data/id");
    let path = format!("/projects/{}", project.as_str().unwrap());
    let wish = json!({ "default-execution-mode": "agent", "default-agent-pool-id": "apool-nothing" });
    let refused = owner.patch(&path, &body("projects", &wish)).await.expect_status(422);
    assert_eq!(refused.at("/errors/0/source/pointer"), "/data/attributes/default-agent-pool-id");
    for (kind, path) in [("organizations", "/organizations/acme"), ("projects", path.as_str())] {
        let refused = owner.patch(path, &body(kind, &json!({ "default-execution-mode": "cloud" }))).await;
        let place = "/data/attributes/default-execution-mode";
        assert_eq!(refused.expect_status(422).at("/errors/0/source/pointer"), place);
        assert_eq!(owner.get(path).await.attribute("default-execution-mode"), "remote");
    }
});

on_both!(a_local_workspace_keeps_state_only, |server| {
    let owner = &server.owner;
    let workspace = owner.workspace_with(&json!({ "name": "net", "execution-mode": "local" })).await;
    let configuration = owner.configuration(&workspace, crate::support::creates(1)).await;
    for attributes in [json!({}), json!({ "plan-only": true })] {
        let refused = owner.post_run(&workspace, &configuration, &attributes).await.expect_status(422);
        assert!(refused.error().contains("execution mode is local"), "{}", refused.error());
    }
    owner.state(&workspace, 1, &terrane_testkit::state_file(1)).await;
    let read = owner.get(&format!("/workspaces/{workspace}")).await;
    assert_eq!(
        (read.attribute("resource-count"), read.attribute("can-queue-destroy-plan")),
        (json!(3), json!(false))
    );
    // Back to where runs are.
    let path = format!("/workspaces/{workspace}");
    owner.patch(&path, &body("workspaces", &json!({ "execution-mode": "remote" }))).await.expect_status(200);
    let run = owner.run_of(&workspace, &configuration, &json!({})).await;
    assert_eq!(owner.planned(&run).await.attribute("status"), "finished");
});
