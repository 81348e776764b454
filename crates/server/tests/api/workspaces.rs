//! `/organizations/:organization/workspaces`, `/workspaces/:id`: making, reading, changing, deleting.

mod auto_destroy;
mod consumers;
mod counters;
mod engines;
mod execution;
mod includes;
mod lists;
mod locks;
mod safe_delete;
mod settings;
mod ssh_key;
mod tagged;

use crate::support::{assert_body, creates, hangs};
use crate::world::World;
use serde_json::{Value, json};
use terrane_testkit::{Actor, Answer, Engines, Setup, body, on_both};

const LIST: &str = "/organizations/acme/workspaces";

fn no_agent() -> Setup {
    Setup { engines: Engines::Fake, configure: |config| config.agent_slots = 0 }
}

async fn make(actor: &Actor, attributes: &Value) -> Answer {
    actor.post(LIST, &body("workspaces", attributes)).await
}

on_both!(a_new_workspace_is_complete, |server| {
    let made = make(&server.owner, &json!({ "name": "net-prod" })).await.expect_status(201);
    assert_body!("workspace", made);
    let id = made.id();
    for path in [format!("/workspaces/{id}"), format!("{LIST}/net-prod")] {
        assert_eq!(server.owner.get(&path).await.expect_status(200).json(), made.json(), "{path}");
    }
    assert_eq!(made.at("/data/links/self"), "/api/v2/organizations/acme/workspaces/net-prod");
    assert_eq!(server.owner.get(LIST).await.at("/data/0"), made.at("/data"));
    server.owner.get(&format!("{LIST}/NET-PROD")).await.expect_status(404);
});

on_both!(settings_are_kept_and_changed, no_agent(), |server| {
    let wish = json!({
        "name": "net", "description": "d", "working-directory": "envs/prod", "auto-apply": true,
        "auto-apply-run-trigger": true, "allow-destroy-plan": false, "queue-all-runs": true,
        "speculative-enabled": false, "file-triggers-enabled": false, "global-remote-state": true,
        "trigger-prefixes": ["a", "b/c"], "trigger-patterns": ["**/*.tf"], "source-name": "s",
        "source-url": "https://example.com", "assessments-enabled": true,
        "execution-mode": "remote", "operations": true, "unknown": { "a": [1] } });
    let made = make(&server.owner, &wish).await.expect_status(201);
    let path = format!("/workspaces/{}", made.id());
    let read = server.owner.get(&path).await;
    for (name, value) in wish.as_object().expect("an object").iter().filter(|(name, _)| *name != "unknown") {
        assert_eq!(read.attribute(name), *value, "{name}");
    }
    // What a change does not name stays; null clears what may be empty.
    let change =
        json!({ "description": null, "auto_apply": false, "working-directory": "", "trigger-prefixes": [] });
    let changed = server.owner.patch(&path, &body("workspaces", &change)).await.expect_status(200);
    assert_eq!(changed.attribute("description"), Value::Null);
    assert_eq!(changed.attribute("auto-apply"), false, "snake case is accepted too");
    assert_eq!(changed.attribute("working-directory"), "");
    assert_eq!(changed.attribute("trigger-prefixes"), json!([]));
    assert_eq!(changed.attribute("trigger-patterns"), json!(["**/*.tf"]));
    assert_eq!(server.owner.get(&path).await.json(), changed.json());
    let nothing = server.owner.patch(&format!("{LIST}/net"), &json!({})).await.expect_status(200);
    assert_eq!(nothing.attribute("trigger-patterns"), json!(["**/*.tf"]));
});

on_both!(a_new_name_leads_to_the_same_workspace, no_agent(), |server| {
    let id = server.owner.workspace("old").await;
    server.owner.workspace("other").await;
    let renamed =
        server.owner.patch(&format!("{LIST}/old"), &body("workspaces", &json!({ "name": "new" }))).await;
    assert_eq!(renamed.expect_status(200).id(), id);
    server.owner.get(&format!("{LIST}/old")).await.expect_status(404);
    assert_eq!(server.owner.get(&format!("{LIST}/new")).await.expect_status(200).id(), id);
    let taken =
        server.owner.patch(&format!("{LIST}/new"), &body("workspaces", &json!({ "name": "other" }))).await;
    assert_eq!(taken.expect_status(422).error(), "Name has already been taken");
    assert_eq!(server.owner.get(&format!("/workspaces/{id}")).await.attribute("name"), "new");
});

on_both!(names_are_checked_and_unique_in_their_organization, no_agent(), |server| {
    for name in ["", "a b", "a/b", "a.b", "ünicode", "..", "a\nb", &"x".repeat(91)] {
        let refused = make(&server.owner, &json!({ "name": name })).await.expect_status(422);
        assert_eq!(refused.at("/errors/0/source/pointer"), "/data/attributes/name", "{name:?}");
    }
    for name in ["a", "0", "_", "-", "A-b_9", &"x".repeat(90)] {
        make(&server.owner, &json!({ "name": name })).await.expect_status(201);
        let taken = make(&server.owner, &json!({ "name": name })).await.expect_status(422);
        assert_eq!(taken.error(), "Name has already been taken");
        assert_eq!(taken.at("/errors/0/source/pointer"), "/data/attributes/name");
    }
    server.owner.organization("north").await;
    let elsewhere = server
        .owner
        .post("/organizations/north/workspaces", &body("workspaces", &json!({ "name": "a" })))
        .await;
    elsewhere.expect_status(201);
});

// As the Python SDK writes every workspace.
on_both!(an_empty_connection_is_none, no_agent(), |server| {
    let wish = json!({ "name": "net", "vcs-repo": {}, "setting-overwrites": {} });
    let made = make(&server.owner, &wish).await.expect_status(201);
    assert_eq!(made.attribute("vcs-repo"), Value::Null);
});

on_both!(what_is_not_served_is_refused_and_not_ignored, no_agent(), |server| {
    for (name, value) in [
        ("execution-mode", json!("elsewhere")),
        ("execution-mode", json!(7)),
        ("vcs-repo", json!({ "identifier": "a/b" })),
        ("engine", json!("pulumi")),
        ("working-directory", json!("/etc")),
        ("working-directory", json!("a/../../b")),
        ("description", json!("x".repeat(5000))),
        ("trigger-prefixes", json!(["x".repeat(5000)])),
        ("auto-apply", json!("yes")),
        ("trigger-patterns", json!("**")),
    ] {
        let refused = make(&server.owner, &json!({ "name": "net", name: value })).await.expect_status(422);
        assert_eq!(
            refused.at("/errors/0/source/pointer"),
            format!("/data/attributes/{name}").as_str(),
            "{value}"
        );
    }
    server.owner.get(&format!("{LIST}/net")).await.expect_status(404);
});

on_both!(a_workspace_belongs_to_a_project_of_its_organization, no_agent(), |server| {
    let organization = server.owner.get("/organizations/acme").await;
    let default = organization.at("/data/relationships/default-project/data/id");
    let made = make(&server.owner, &json!({ "name": "net" })).await.expect_status(201);
    assert_eq!(made.at("/data/relationships/project/data/id"), default);
    let named = |project: &Value| {
        json!({ "data": { "type": "workspaces", "attributes": { "name": "named" },
        "relationships": { "project": { "data": { "type": "projects", "id": project } } } } })
    };
    server.owner.post(LIST, &named(&default)).await.expect_status(201);
    let foreign = World::of(&server.owner, "north").await;
    let refused = server.owner.post(LIST, &named(&json!(foreign.id("project_id")))).await.expect_status(422);
    assert_eq!(refused.at("/errors/0/source/pointer"), "/data/relationships/project");
    let refused = server.owner.patch(&format!("{LIST}/net"), &named(&json!(foreign.id("project_id")))).await;
    refused.expect_status(422);
});

on_both!(a_workspace_is_deleted_at_once_whatever_it_does, |server| {
    let workspace = server.owner.workspace("busy").await;
    server.owner.variable(&workspace, &json!({ "key": "a", "value": "1", "category": "env" })).await;
    let run = server.owner.run(&workspace, hangs(), &json!({})).await;
    server.owner.wait_for(&run, &["planning"]).await;
    let waiting = server.owner.run(&workspace, creates(1), &json!({})).await;
    server.owner.delete(&format!("/workspaces/{workspace}")).await.expect_status(204);
    for path in [
        format!("/workspaces/{workspace}"),
        format!("{LIST}/busy"),
        format!("/workspaces/{workspace}/vars"),
        format!("/runs/{}", run.id),
        format!("/runs/{}", waiting.id),
        format!("/plans/{}", run.plan),
    ] {
        server.owner.get(&path).await.expect_status(404);
        server.admin.get(&path).await.expect_status(404);
    }
    server.owner.delete(&format!("/workspaces/{workspace}")).await.expect_status(404);
    // Its name is free, and the next one's run gets a slot.
    let again = server.owner.workspace("busy").await;
    let run = server.owner.run(&again, creates(1), &json!({})).await;
    assert_eq!(server.owner.planned(&run).await.attribute("status"), "finished");
    server.owner.post(&format!("/workspaces/{again}/actions/lock"), &json!({})).await;
    server.owner.delete(&format!("{LIST}/busy")).await.expect_status(204);
});
