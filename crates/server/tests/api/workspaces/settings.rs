//! Every attribute of a workspace through create, read, update and list (api-contract 8.2).

use super::{LIST, make, no_agent};
use serde_json::{Value, json};
use terrane_testkit::{body, on_both};

/// Attributes with what they are by default, and another value.
fn settable() -> Vec<(&'static str, Value, Value)> {
    vec![
        ("description", Value::Null, json!("for people")),
        ("terraform-version", json!("1.99.0"), json!("~> 1.5")),
        ("working-directory", Value::Null, json!("envs/prod")),
        ("auto-apply", json!(false), json!(true)),
        ("auto-apply-run-trigger", json!(false), json!(true)),
        ("allow-destroy-plan", json!(true), json!(false)),
        ("queue-all-runs", json!(false), json!(true)),
        ("speculative-enabled", json!(true), json!(false)),
        ("file-triggers-enabled", json!(true), json!(false)),
        ("trigger-prefixes", json!([]), json!(["modules", "a/b"])),
        ("trigger-patterns", json!([]), json!(["**/*.tf"])),
        ("global-remote-state", json!(false), json!(true)),
        ("project-remote-state", json!(false), json!(true)),
        ("assessments-enabled", json!(false), json!(true)),
        ("source-name", Value::Null, json!("our portal")),
        ("source-url", Value::Null, json!("https://example.com/a")),
        ("execution-mode", json!("remote"), json!("local")),
        ("operations", json!(true), json!(false)),
        ("auto-destroy-at", Value::Null, json!("2999-01-31T12:00:00.000Z")),
        ("auto-destroy-activity-duration", Value::Null, json!("14d")),
        ("inherits-project-auto-destroy", json!(true), json!(false)),
    ]
}

on_both!(each_attribute_goes_round, no_agent(), |server| {
    let owner = &server.owner;
    for (number, (name, default, other)) in settable().into_iter().enumerate() {
        let plain = make(owner, &json!({ "name": format!("plain-{number}") })).await.expect_status(201);
        assert_eq!(plain.attribute(name), default, "{name}");
        let path = format!("/workspaces/{}", plain.id());
        let changed =
            owner.patch(&path, &body("workspaces", &json!({ name: other }))).await.expect_status(200);
        assert_eq!(changed.attribute(name), other, "{name}");
        let made = make(owner, &json!({ "name": format!("made-{number}"), name: other })).await;
        let made = made.expect_status(201);
        assert_eq!(made.attribute(name), other, "{name}");
        let listed = owner.get(&format!("{LIST}?search[name]=made-{number}&sort=-name")).await;
        for answer in [owner.get(&path).await, owner.get(&format!("{LIST}/made-{number}")).await] {
            assert_eq!(answer.expect_status(200).attribute(name), other, "{name}");
        }
        let items = listed.at("/data");
        let found = items.as_array().unwrap().iter().find(|item| item["id"] == made.id());
        assert_eq!(found, Some(&made.at("/data")), "{name}");
    }
});

on_both!(what_excludes_each_other_is_refused, no_agent(), |server| {
    for (attributes, place) in [
        (json!({ "global-remote-state": true, "project-remote-state": true }), "project-remote-state"),
        (json!({ "execution-mode": "local", "operations": true }), "operations"),
        (json!({ "execution-mode": "remote", "operations": false }), "operations"),
        (json!({ "execution-mode": "agent" }), "agent-pool-id"),
        (json!({ "execution-mode": "agent", "agent-pool-id": "apool-nothing" }), "agent-pool-id"),
        (json!({ "execution-mode": "remote", "agent-pool-id": "apool-nothing" }), "agent-pool-id"),
        (json!({ "agent-pool-id": "apool-nothing" }), "agent-pool-id"),
        (
            json!({ "execution-mode": "local", "setting-overwrites": { "execution-mode": false } }),
            "execution-mode",
        ),
        (json!({ "setting-overwrites": { "execution-mode": "yes" } }), "setting-overwrites/execution-mode"),
        (json!({ "setting-overwrites": [] }), "setting-overwrites"),
        (
            json!({ "auto-destroy-at": "2999-01-01T00:00:00Z", "auto-destroy-activity-duration": "1d" }),
            "auto-destroy-at",
        ),
        (
            json!({ "auto-destroy-activity-duration": "1d", "inherits-project-auto-destroy": true }),
            "inherits-project-auto-destroy",
        ),
        (json!({ "auto-destroy-at": "tomorrow" }), "auto-destroy-at"),
        (json!({ "auto-destroy-activity-duration": "14" }), "auto-destroy-activity-duration"),
        (json!({ "auto-destroy-activity-duration": "0d" }), "auto-destroy-activity-duration"),
    ] {
        let mut wish = attributes.clone();
        wish["name"] = json!("net");
        let refused = make(&server.owner, &wish).await.expect_status(422);
        let pointer = format!("/data/attributes/{place}");
        assert_eq!(refused.at("/errors/0/source/pointer"), pointer.as_str(), "{attributes}");
        assert_ne!(refused.error(), "", "{attributes}");
    }
    server.owner.get(&format!("{LIST}/net")).await.expect_status(404);
});

on_both!(of_many_changes_at_once_none_is_lost, no_agent(), |server| {
    let workspace = server.owner.workspace("net").await;
    let path = format!("/workspaces/{workspace}");
    let all: Vec<_> = settable().into_iter().filter(|(name, ..)| !name.contains("remote-state")).collect();
    let all: Vec<_> =
        all.into_iter().filter(|(name, ..)| !name.contains("destroy") && *name != "operations").collect();
    let changes: Vec<Value> =
        all.iter().map(|(name, _, other)| body("workspaces", &json!({ *name: other }))).collect();
    let answers =
        futures_util::future::join_all(changes.iter().map(|change| server.owner.patch(&path, change))).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    let read = server.owner.get(&path).await;
    for (name, _, other) in all {
        assert_eq!(read.attribute(name), other, "{name}");
    }
});
