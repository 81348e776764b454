//! Saved plans (api-contract 4.8).

use crate::support::{changes_nothing, creates};
use serde_json::{Value, json};
use std::time::Duration;
use terrane_testkit::{Run, TestServer, body, fake_archive, on_both, state_file};

/// A plan that changes something, and an apply that writes a state.
fn writes_state() -> Vec<u8> {
    fake_archive(
        &json!({ "plan": [{ "plan": { "additions": 1 } }], "apply": [{ "write_state": { "holds": 1 } }] }),
    )
}

async fn status(server: &TestServer, run: &Run) -> Value {
    server.owner.get(&format!("/runs/{}", run.id)).await.expect_status(200).attribute("status")
}

async fn act(server: &TestServer, run: &Run, action: &str, expected: u16) -> String {
    let answer = server.owner.post(&format!("/runs/{}/actions/{action}", run.id), &json!({})).await;
    answer.expect_status(expected).text()
}

async fn events(server: &TestServer, run: &Run) -> Vec<String> {
    let events = server.owner.get(&format!("/runs/{}/run-events", run.id)).await.expect_status(200);
    let events = events.at("/data");
    let actions = events.as_array().unwrap().iter().map(|event| event["attributes"]["action"].as_str());
    actions.map(|action| action.unwrap().to_owned()).collect()
}

const SAVE: fn() -> Value = || json!({ "save-plan": true, "auto-apply": true });

on_both!(a_saved_plan_waits_without_holding_anybody_up, |server| {
    let workspace = server.owner.workspace("net").await;
    let lock = format!("/workspaces/{workspace}/actions");
    server.owner.post(&format!("{lock}/lock"), &json!({})).await.expect_status(200);
    let saved = server.owner.run(&workspace, writes_state(), &SAVE()).await;
    let waiting = server.owner.wait_for(&saved, &["planned_and_saved"]).await;
    assert_eq!(
        (waiting.attribute("save-plan"), waiting.attribute("has-changes")),
        (json!(true), json!(true))
    );
    for (name, expected) in [("confirmable", true), ("discardable", true), ("cancelable", false)] {
        assert_eq!(waiting.at(&format!("/data/attributes/actions/is-{name}")), expected, "{name}");
    }
    assert!(waiting.at("/data/attributes/status-timestamps/planned-and-saved-at").is_string());
    let read = server.owner.get(&format!("/workspaces/{workspace}")).await;
    assert_eq!(read.at("/data/relationships/current-run/data"), Value::Null);
    // It needs the workspace for itself.
    let refused = act(server, &saved, "apply", 409).await;
    assert!(refused.contains("its workspace is locked by a person"), "{refused}");
    server.owner.post(&format!("{lock}/unlock"), &json!({})).await.expect_status(200);
    let normal = server.owner.run(&workspace, creates(1), &json!({})).await;
    server.owner.wait_for(&normal, &["planned"]).await;
    let refused = act(server, &saved, "apply", 409).await;
    assert!(refused.contains(&format!("its workspace is locked by {}", normal.id)), "{refused}");
    act(server, &normal, "discard", 202).await;
    act(server, &saved, "apply", 202).await;
    let read = server.owner.get(&format!("/workspaces/{workspace}")).await;
    assert_eq!(read.at("/data/relationships/current-run/data/id"), saved.id.as_str());
    server.owner.wait_for(&saved, &["applied"]).await;
    assert_eq!(server.owner.get(&format!("/workspaces/{workspace}")).await.attribute("locked"), false);
});

on_both!(a_saved_plan_is_overtaken_by_the_apply_of_another, |server| {
    let workspace = server.owner.workspace("net").await;
    let configuration = server.owner.configuration(&workspace, writes_state()).await;
    let mut saved = Vec::new();
    for _ in 0..3 {
        saved.push(server.owner.run_of(&workspace, &configuration, &SAVE()).await);
    }
    for run in &saved {
        server.owner.wait_for(run, &["planned_and_saved"]).await;
    }
    act(server, &saved[1], "apply", 202).await;
    server.owner.wait_for(&saved[1], &["applied"]).await;
    for run in [&saved[0], &saved[2]] {
        assert_eq!(status(server, run).await, "discarded");
        assert_eq!(events(server, run).await[3..], ["planned_and_saved", "plan_overtaken", "discarded"]);
        assert_eq!(server.owner.apply(run).await.attribute("status"), "unreachable");
        act(server, run, "apply", 409).await;
    }
    // A plan of the new state is none of them, and one that does not change it overtakes nobody.
    let next = server.owner.run_of(&workspace, &configuration, &SAVE()).await;
    server.owner.wait_for(&next, &["planned_and_saved"]).await;
    let empty = server.owner.run(&workspace, changes_nothing(), &json!({ "allow-empty-apply": true })).await;
    server.owner.wait_for(&empty, &["applied"]).await;
    assert_eq!(status(server, &next).await, "planned_and_saved");
});

on_both!(a_state_written_by_hand_overtakes_too, |server| {
    let workspace = server.owner.workspace("net").await;
    let slow = fake_archive(&json!({ "plan": [{ "sleep_ms": 1500 }, { "plan": { "additions": 1 } }] }));
    let saved = server.owner.run(&workspace, writes_state(), &SAVE()).await;
    server.owner.wait_for(&saved, &["planned_and_saved"]).await;
    let planning = server.owner.run(&workspace, slow, &SAVE()).await;
    server.owner.wait_for(&planning, &["planning"]).await;
    server.owner.state(&workspace, 1, &state_file(1)).await;
    assert_eq!(status(server, &saved).await, "discarded");
    // This one was made while the state changed.
    server.owner.wait_for(&planning, &["discarded"]).await;
    assert_eq!(events(server, &planning).await[4..], ["plan_overtaken", "discarded"]);
});

on_both!(a_provisional_configuration_is_current_once_it_is_applied, |server| {
    let workspace = server.owner.workspace("net").await;
    let first = server.owner.configuration(&workspace, creates(1)).await;
    let run = server.owner.run_of(&workspace, &first, &json!({})).await;
    server.owner.wait_for(&run, &["planned"]).await;
    act(server, &run, "discard", 202).await;
    let wish = json!({ "auto-queue-runs": false, "provisional": true });
    let path = format!("/workspaces/{workspace}/configuration-versions");
    let made = server.owner.post(&path, &body("configuration-versions", &wish)).await.expect_status(201);
    let url = made.attribute("upload-url");
    server.owner.put(url.as_str().unwrap(), writes_state()).await.expect_status(200);
    let current = async || {
        let read = server.owner.get(&format!("/workspaces/{workspace}")).await;
        read.at("/data/relationships/current-configuration-version/data/id")
    };
    let saved = server.owner.run_of(&workspace, &made.id(), &json!({ "save-plan": true })).await;
    server.owner.wait_for(&saved, &["planned_and_saved"]).await;
    assert_eq!(current().await, first.as_str());
    act(server, &saved, "apply", 202).await;
    server.owner.wait_for(&saved, &["applied"]).await;
    assert_eq!(current().await, made.id().as_str());
});

on_both!(a_saved_plan_that_nobody_applies_is_discarded_after_some_weeks, |server| {
    let workspace = server.owner.workspace("net").await;
    let saved = server.owner.run(&workspace, creates(1), &SAVE()).await;
    server.owner.wait_for(&saved, &["planned_and_saved"]).await;
    let planned = server.owner.run(&workspace, creates(1), &json!({})).await;
    server.owner.wait_for(&planned, &["planned"]).await;
    server.app().clock.advance(Duration::from_secs(20 * 24 * 3600));
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(status(server, &saved).await, "planned_and_saved");
    server.app().clock.advance(Duration::from_secs(2 * 24 * 3600));
    server.owner.wait_for(&saved, &["discarded"]).await;
    assert_eq!(events(server, &saved).await[4..], ["plan_expired", "discarded"]);
    assert_eq!(status(server, &planned).await, "planned");
});

on_both!(a_saved_plan_without_changes_is_done, |server| {
    let workspace = server.owner.workspace("net").await;
    let run = server.owner.run(&workspace, changes_nothing(), &SAVE()).await;
    server.owner.wait_for(&run, &["planned_and_finished"]).await;
    let rejected = server.owner.run(&workspace, creates(1), &SAVE()).await;
    server.owner.wait_for(&rejected, &["planned_and_saved"]).await;
    act(server, &rejected, "cancel", 409).await;
    act(server, &rejected, "discard", 202).await;
    act(server, &rejected, "apply", 409).await;
});
