//! `/organizations/:organization/projects`, `/projects/:id`.

use crate::support::assert_body;
use crate::world::World;
use serde_json::{Value, json};
use terrane_testkit::{Actor, Answer, Engines, Setup, body, on_both};

const LIST: &str = "/organizations/acme/projects";

fn no_agent() -> Setup {
    Setup { engines: Engines::Fake, configure: |config| config.agent_slots = 0 }
}

async fn make(owner: &Actor, attributes: &Value) -> Answer {
    owner.post(LIST, &body("projects", attributes)).await
}

async fn asked(owner: &Actor, query: &str) -> Vec<String> {
    let list = owner.get(&format!("{LIST}?{query}")).await.expect_status(200);
    assert_eq!(list.at("/meta/pagination/total-count"), list.at("/data").as_array().unwrap().len());
    let data = list.at("/data");
    data.as_array()
        .unwrap()
        .iter()
        .map(|one| one["attributes"]["name"].as_str().unwrap().to_owned())
        .collect()
}

on_both!(an_organization_has_a_default_project, |server| {
    let listed = server.owner.get("/organizations/acme/projects").await.expect_status(200);
    assert_body!("projects", listed);
    let id = listed.at("/data/0/id").as_str().unwrap().to_owned();
    let organization = server.owner.get("/organizations/acme").await;
    assert_eq!(organization.at("/data/relationships/default-project/data/id"), id.as_str());
    let one = server.owner.get(&format!("/projects/{id}")).await.expect_status(200);
    assert_eq!(one.at("/data"), listed.at("/data/0"));
    server.stranger.get(&format!("/projects/{id}")).await.expect_status(404);
    server.stranger.get("/organizations/acme/projects").await.expect_status(404);
    server.owner.get("/projects/prj-nothing").await.expect_status(404);
});

on_both!(a_project_is_made_changed_and_deleted, no_agent(), |server| {
    let owner = &server.owner;
    let wish = json!({ "name": "Network Team", "description": "d", "auto-destroy-activity-duration": "14d",
        "default-execution-mode": "local" });
    let made = make(owner, &wish).await.expect_status(201);
    let path = format!("/projects/{}", made.id());
    for (name, value) in wish.as_object().unwrap() {
        assert_eq!(made.attribute(name), *value, "{name}");
    }
    assert_eq!((made.attribute("workspace-count"), made.attribute("is-default")), (json!(0), json!(false)));
    let change = json!({ "name": "networks", "description": null, "unknown": [1] });
    let changed = owner.patch(&path, &body("projects", &change)).await.expect_status(200);
    assert_eq!(changed.attribute("name"), "networks");
    assert_eq!(changed.attribute("description"), Value::Null);
    assert_eq!(changed.attribute("auto-destroy-activity-duration"), "14d", "what is not named stays");
    assert_eq!(owner.get(&path).await.json(), changed.json());
    for (method, status) in [("get", 404), ("patch", 404), ("delete", 404)] {
        let method = reqwest::Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
        server.stranger.send(server.stranger.request(method, &path).body("{}")).await.expect_status(status);
    }
    owner.delete(&path).await.expect_status(204);
    owner.get(&path).await.expect_status(404);
    owner.delete(&path).await.expect_status(404);
});

on_both!(names_are_checked_and_unique_in_their_organization, no_agent(), |server| {
    let owner = &server.owner;
    for name in ["", "ab", " abc", "abc ", "a/b/c", "ünicode", "a\tb", &"x".repeat(41)] {
        let refused = make(owner, &json!({ "name": name })).await.expect_status(422);
        assert_eq!(refused.at("/errors/0/source/pointer"), "/data/attributes/name", "{name:?}");
    }
    let long =
        make(owner, &json!({ "name": "abc", "description": "x".repeat(257) })).await.expect_status(422);
    assert_eq!(long.at("/errors/0/source/pointer"), "/data/attributes/description");
    let made = make(owner, &json!({ "name": "abc" })).await.expect_status(201);
    assert_eq!(
        make(owner, &json!({ "name": "abc" })).await.expect_status(422).error(),
        "Name has already been taken"
    );
    let other = make(owner, &json!({ "name": "other" })).await.expect_status(201).id();
    let taken =
        owner.patch(&format!("/projects/{other}"), &body("projects", &json!({ "name": "abc" }))).await;
    assert_eq!(taken.expect_status(422).error(), "Name has already been taken");
    owner.organization("north").await;
    let elsewhere = body("projects", &json!({ "name": "abc" }));
    let elsewhere = owner.post("/organizations/north/projects", &elsewhere).await.expect_status(201);
    assert_ne!(elsewhere.id(), made.id());
});

on_both!(lists_are_filtered_and_sorted, no_agent(), |server| {
    let owner = &server.owner;
    for name in ["net-prod", "net-dev", "db_100"] {
        make(owner, &json!({ "name": name })).await.expect_status(201);
    }
    assert_eq!(asked(owner, "").await, ["Default Project", "db_100", "net-dev", "net-prod"]);
    assert_eq!(asked(owner, "sort=name").await, ["Default Project", "db_100", "net-dev", "net-prod"]);
    assert_eq!(asked(owner, "sort=-name").await, ["net-prod", "net-dev", "db_100", "Default Project"]);
    assert_eq!(asked(owner, "q=NET").await, ["net-dev", "net-prod"]);
    assert_eq!(asked(owner, "q=_").await, ["db_100"]);
    assert_eq!(asked(owner, "q=%25").await, Vec::<String>::new());
    assert_eq!(asked(owner, "filter[names]=net-dev").await, ["net-dev"]);
    assert_eq!(
        asked(owner, "filter%5Bnames%5D=net-dev,Default%20Project,none").await,
        ["Default Project", "net-dev"]
    );
    assert_eq!(asked(owner, "filter[names]=net").await, Vec::<String>::new());
    assert_eq!(asked(owner, "filter[names]=net-dev,db_100&q=net").await, ["net-dev"]);
    assert_eq!(asked(owner, "filter[permissions][update]=true").await.len(), 4);
});

on_both!(only_an_empty_project_is_deleted_and_never_the_default_one, no_agent(), |server| {
    let owner = &server.owner;
    let default = owner.get("/organizations/acme").await.at("/data/relationships/default-project/data/id");
    let refused = owner.delete(&format!("/projects/{}", default.as_str().unwrap())).await.expect_status(409);
    assert!(refused.error().contains("default project"), "{}", refused.error());
    let project = make(owner, &json!({ "name": "full" })).await.expect_status(201).id();
    let workspace = owner.workspace("net").await;
    let path = format!("/projects/{project}");
    let into = json!({ "data": [{ "type": "workspaces", "id": workspace }] });
    owner.post(&format!("{path}/relationships/workspaces"), &into).await.expect_status(204);
    let refused = owner.delete(&path).await.expect_status(409);
    assert!(refused.error().contains("has workspaces"), "{}", refused.error());
    owner.delete(&format!("/workspaces/{workspace}")).await.expect_status(204);
    owner.delete(&path).await.expect_status(204);
});

on_both!(workspaces_move_all_or_none, no_agent(), |server| {
    let owner = &server.owner;
    let foreign = World::of(owner, "north").await;
    let theirs = World::of(&server.stranger, "elsewhere").await;
    let project = make(owner, &json!({ "name": "networks" })).await.expect_status(201).id();
    let (a, b) = (owner.workspace("a").await, owner.workspace("b").await);
    let path = format!("/projects/{project}/relationships/workspaces");
    let named = |ids: &[&str]| json!({ "data": ids.iter().map(|id| json!({ "type": "workspaces", "id": id })).collect::<Vec<_>>() });
    let of = async |workspace: &str| {
        owner.get(&format!("/workspaces/{workspace}")).await.at("/data/relationships/project/data/id")
    };
    for other in [foreign.id("workspace_id"), theirs.id("workspace_id"), "ws-1111111111111111", "nonsense"] {
        let refused = owner.post(&path, &named(&[&a, other, &b])).await.expect_status(403);
        assert_eq!(refused.at("/errors/0/source/pointer"), "/data/1");
        assert_ne!(of(&a).await, project.as_str());
    }
    owner.post(&path, &named(&[&b, &a, &a])).await.expect_status(204);
    assert_eq!((of(&a).await, of(&b).await), (json!(project), json!(project)));
    assert_eq!(owner.get(&format!("/projects/{project}")).await.attribute("workspace-count"), 2);
    assert_eq!(
        owner.get(&format!("{LIST}?filter[names]=networks")).await.at("/data/0/attributes/workspace-count"),
        2
    );
    let listed = owner
        .get(&format!("/organizations/acme/workspaces?filter[project][id]={project}&include=project"))
        .await;
    assert_eq!(listed.at("/meta/pagination/total-count"), 2);
    assert_eq!(listed.at("/included").as_array().unwrap().len(), 1, "the project once");
    server.stranger.post(&path, &named(&[&a])).await.expect_status(404);
    owner.post("/projects/prj-nothing/relationships/workspaces", &named(&[&a])).await.expect_status(404);
});

on_both!(of_many_changes_at_once_none_is_lost, no_agent(), |server| {
    let owner = &server.owner;
    let project = make(owner, &json!({ "name": "networks" })).await.expect_status(201).id();
    let path = format!("/projects/{project}");
    let changes = [
        json!({ "description": "d" }),
        json!({ "default-execution-mode": "local" }),
        json!({ "auto-destroy-activity-duration": "3d" }),
        json!({ "name": "other" }),
    ];
    let bodies = changes.each_ref().map(|change| body("projects", change));
    let answers = futures_util::future::join_all(bodies.iter().map(|wish| owner.patch(&path, wish))).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    let read = owner.get(&path).await;
    for change in changes {
        let (name, value) = change.as_object().unwrap().iter().next().unwrap();
        assert_eq!(read.attribute(name), *value, "{name}");
    }
});
