//! To what a set is applied.

use super::{make, many, named, names, no_agent, variable};
use serde_json::json;
use terrane_testkit::{Actor, TestServer, on_both};

async fn default_project(server: &TestServer) -> String {
    let projects = server.owner.get("/organizations/acme/projects").await.expect_status(200);
    projects.at("/data/0/id").as_str().expect("a project").to_owned()
}

/// Another project of `acme`; there is no route that makes one here.
pub async fn another_project(server: &TestServer) -> String {
    let id = "prj-2222222222222222".to_owned();
    let make = "INSERT INTO projects (id, organization_id, name, is_default, created_at) \
        SELECT $1, o.id, 'other', FALSE, 1 FROM organizations o WHERE o.name = $2";
    server.sql(make, &[&id, "acme"]).await;
    id
}

async fn apply(actor: &Actor, set: &str, kind: &str, ids: &[&str], status: u16) {
    actor.post(&format!("/varsets/{set}/relationships/{kind}"), &many(kind, ids)).await.expect_status(status);
}

async fn take_away(actor: &Actor, set: &str, kind: &str, ids: &[&str]) {
    let path = format!("/varsets/{set}/relationships/{kind}");
    let request = actor.request(reqwest::Method::DELETE, &path).json(&many(kind, ids));
    actor.send(request).await.expect_status(204);
}

on_both!(workspaces_are_added_and_taken_away, no_agent(), |server| {
    let owner = &server.owner;
    let (one, two) = (owner.workspace("one").await, owner.workspace("two").await);
    let set = named(owner, "shared").await;
    let path = format!("/varsets/{set}");
    apply(owner, &set, "workspaces", &[&one], 204).await;
    apply(owner, &set, "workspaces", &[&two, &one], 204).await;
    let read = owner.get(&path).await;
    assert_eq!(read.at("/data/relationships/workspaces"), many("workspaces", &[&one, &two]));
    assert_eq!(read.attribute("workspace-count"), 2);
    assert_eq!(names(owner, &format!("/workspaces/{one}/varsets")).await, ["shared"]);
    take_away(owner, &set, "workspaces", &[&one, "ws-nothing"]).await;
    take_away(owner, &set, "workspaces", &[]).await;
    assert_eq!(owner.get(&path).await.at("/data/relationships/workspaces"), many("workspaces", &[&two]));
    assert_eq!(names(owner, &format!("/workspaces/{one}/varsets")).await, Vec::<String>::new());
    owner.delete(&format!("/workspaces/{two}")).await.expect_status(204);
    assert_eq!(owner.get(&path).await.attribute("workspace-count"), 0);
});

on_both!(a_project_s_workspaces_have_its_sets, no_agent(), |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    let (default, other) = (default_project(server).await, another_project(server).await);
    let (shared, elsewhere) = (named(owner, "shared").await, named(owner, "elsewhere").await);
    make(owner, &json!({ "name": "everywhere", "global": true }), &json!({})).await.expect_status(201);
    let parent = json!({ "parent": { "data": { "type": "projects", "id": default } } });
    let owned = make(owner, &json!({ "name": "owned" }), &parent).await.expect_status(201);
    assert_eq!(owned.at("/data/relationships/parent/data"), json!({ "type": "projects", "id": default }));
    apply(owner, &shared, "projects", &[&default], 204).await;
    apply(owner, &elsewhere, "projects", &[&other], 204).await;

    let of_project = |query: &str| format!("/projects/{default}/varsets{query}");
    assert_eq!(names(owner, &of_project("")).await, ["everywhere", "owned", "shared"]);
    assert_eq!(names(owner, &of_project("?scope=applied")).await, ["everywhere", "shared"]);
    assert_eq!(names(owner, &of_project("?scope=owned")).await, ["owned"]);
    assert_eq!(names(owner, &of_project("?scope=shared&q=sh")).await, ["shared"]);
    owner.get(&of_project("?scope=nonsense")).await.expect_status(400);
    assert_eq!(
        names(owner, "/organizations/acme/varsets?scope=owned").await,
        ["elsewhere", "everywhere", "shared"]
    );

    let here = format!("/workspaces/{workspace}/varsets");
    assert_eq!(names(owner, &here).await, ["everywhere", "shared"]);
    let applicable = format!("/workspaces/{workspace}/applicable-varsets");
    assert_eq!(names(owner, &applicable).await, ["elsewhere", "owned"]);
    assert_eq!(names(owner, &format!("{applicable}?q=els")).await, ["elsewhere"]);
    apply(owner, &owned.id(), "projects", &[&default], 204).await;
    assert_eq!(names(owner, &here).await, ["everywhere", "owned", "shared"]);
    assert_eq!(names(owner, &applicable).await, ["elsewhere"]);

    // In another project the sets of this one do not follow, nor one that its project owns and that names the workspace.
    take_away(owner, &owned.id(), "projects", &[&default]).await;
    apply(owner, &owned.id(), "workspaces", &[&workspace], 204).await;
    let relationships = json!({ "project": { "data": { "type": "projects", "id": other } } });
    let moved = json!({ "data": { "type": "workspaces", "relationships": relationships } });
    owner.patch(&format!("/workspaces/{workspace}"), &moved).await.expect_status(200);
    assert_eq!(names(owner, &here).await, ["elsewhere", "everywhere"]);
});

on_both!(a_set_that_becomes_global_names_nothing, no_agent(), |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    let set = named(owner, "shared").await;
    apply(owner, &set, "workspaces", &[&workspace], 204).await;
    let wish = terrane_testkit::body("varsets", &json!({ "global": true }));
    let global = owner.patch(&format!("/varsets/{set}"), &wish).await.expect_status(200);
    assert_eq!((global.attribute("global"), global.attribute("workspace-count")), (json!(true), json!(0)));
    apply(owner, &set, "workspaces", &[&workspace], 422).await;
    assert_eq!(names(owner, &format!("/workspaces/{workspace}/varsets")).await, ["shared"]);
});

on_both!(what_stands_elsewhere_cannot_be_named, no_agent(), |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    let set = named(owner, "shared").await;
    owner.organization("south").await;
    let wish = terrane_testkit::body("workspaces", &json!({ "name": "net" }));
    let foreign = owner.post("/organizations/south/workspaces", &wish).await.expect_status(201).id();
    let path = format!("/varsets/{set}/relationships/workspaces");
    for id in [foreign.as_str(), "ws-nothing", "nonsense"] {
        let refused = owner.post(&path, &many("workspaces", &[&workspace, id])).await.expect_status(422);
        assert_eq!(refused.at("/errors/0/source/pointer"), "/data/1/id");
    }
    assert_eq!(owner.get(&format!("/varsets/{set}")).await.attribute("workspace-count"), 0, "all or none");
    let wrong = owner.post(&path, &many("projects", &[&workspace])).await.expect_status(422);
    assert_eq!(wrong.at("/errors/0/source/pointer"), "/data/0/type");
    let missing = owner.post(&path, &json!({ "data": [{ "type": "workspaces" }] })).await.expect_status(422);
    assert_eq!(missing.at("/errors/0/source/pointer"), "/data/0/id");
    let other = another_project(server).await;
    let parent = json!({ "parent": { "data": { "type": "projects", "id": other } } });
    let owned = make(owner, &json!({ "name": "owned" }), &parent).await.expect_status(201).id();
    apply(owner, &owned, "workspaces", &[&workspace], 422).await;
    let default = default_project(server).await;
    apply(owner, &owned, "projects", &[&default], 422).await;
    variable(owner, &owned, "a", "1").await.expect_status(201);
});
