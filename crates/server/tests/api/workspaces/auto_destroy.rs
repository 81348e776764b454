//! Workspaces that are destroyed by themselves: at a time, or so long after the last activity.

use super::no_agent;
use crate::support::creates;
use serde_json::{Value, json};
use std::time::Duration;
use terrane_testkit::{Actor, TestServer, body, on_both, state_file};
use tokio::time::{Instant, sleep};

const HOUR: Duration = Duration::from_secs(3600);

async fn change(owner: &Actor, workspace: &str, attributes: Value) -> Value {
    let path = format!("/workspaces/{workspace}");
    let changed = owner.patch(&path, &body("workspaces", &attributes)).await.expect_status(200);
    changed.attribute("auto-destroy-at")
}

/// The time that is so many hours from the server's now.
fn in_hours(server: &TestServer, hours: u32) -> String {
    server.app().clock.now().plus(HOUR * hours).rfc3339()
}

/// Whether a time is about so many hours away.
fn is_about(server: &TestServer, at: &Value, hours: u32) -> bool {
    let at: jiff::Timestamp = at.as_str().expect("a time").parse().expect("a time");
    let expected = server.app().clock.now().plus(HOUR * hours).0;
    (expected - at.as_microsecond()).abs() < 120_000_000
}

/// Waits until the schedule of a workspace is over; the messages of its destroy runs.
async fn destroyed(server: &TestServer, workspace: &str) -> Vec<Value> {
    let deadline = Instant::now() + Duration::from_secs(30);
    while server.owner.get(&format!("/workspaces/{workspace}")).await.attribute("auto-destroy-at")
        != Value::Null
    {
        assert!(Instant::now() < deadline, "nothing is destroyed");
        sleep(Duration::from_millis(50)).await;
    }
    let runs = server.owner.get(&format!("/workspaces/{workspace}/runs")).await.at("/data");
    let runs = runs.as_array().unwrap().iter();
    runs.filter(|run| run["attributes"]["is-destroy"] == true).cloned().collect()
}

on_both!(when_the_time_has_come_one_destroy_run_is_started, no_agent(), |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    owner.configuration(&workspace, creates(1)).await;
    owner.state(&workspace, 1, &state_file(1)).await;
    let at = in_hours(server, 2);
    assert_eq!(change(owner, &workspace, json!({ "auto-destroy-at": at })).await, json!(at));
    sleep(Duration::from_secs(3)).await;
    assert_eq!(owner.get(&format!("/workspaces/{workspace}")).await.attribute("auto-destroy-at"), json!(at));
    server.app().clock.advance(HOUR * 3);
    let runs = destroyed(server, &workspace).await;
    assert_eq!(runs.len(), 1);
    let run = &runs[0]["attributes"];
    assert_eq!((&run["auto-apply"], &run["plan-only"]), (&json!(true), &json!(false)));
    let ada = owner.get("/account/details").await.id();
    assert_eq!(runs[0]["relationships"]["created-by"]["data"]["id"], ada);
    assert_eq!(
        owner.get(&format!("/workspaces/{workspace}")).await.attribute("auto-destroy-status"),
        Value::Null
    );
});

on_both!(a_time_that_is_over_is_kept_and_nothing_comes_of_it, no_agent(), |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    owner.configuration(&workspace, creates(1)).await;
    owner.state(&workspace, 1, &state_file(1)).await;
    let past = "2020-01-01T00:00:00.000Z";
    assert_eq!(change(owner, &workspace, json!({ "auto-destroy-at": past })).await, past);
    sleep(Duration::from_secs(3)).await;
    let read = owner.get(&format!("/workspaces/{workspace}")).await;
    assert_eq!(read.attribute("auto-destroy-at"), past);
    assert_eq!(owner.get(&format!("/workspaces/{workspace}/runs")).await.at("/data"), json!([]));
    assert_eq!(change(owner, &workspace, json!({ "auto-destroy-at": null })).await, Value::Null);
});

on_both!(what_cannot_be_destroyed_says_so, no_agent(), |server| {
    let owner = &server.owner;
    let at = in_hours(server, 1);
    // Nothing to destroy; no configuration; not allowed.
    let mut workspaces = Vec::new();
    for (name, has_state, may) in [("empty", false, true), ("bare", true, true), ("kept", true, false)] {
        let attributes = json!({ "name": name, "auto-destroy-at": at, "allow-destroy-plan": may });
        let workspace = owner.workspace_with(&attributes).await;
        if has_state {
            owner.state(&workspace, 1, &state_file(1)).await;
        }
        if name != "bare" {
            owner.configuration(&workspace, creates(1)).await;
        }
        workspaces.push((workspace, if has_state { json!("errored") } else { Value::Null }));
    }
    server.app().clock.advance(HOUR * 2);
    for (workspace, status) in workspaces {
        assert_eq!(destroyed(server, &workspace).await.len(), 0);
        assert_eq!(
            owner.get(&format!("/workspaces/{workspace}")).await.attribute("auto-destroy-status"),
            status
        );
    }
});

on_both!(a_duration_begins_again_with_every_activity, |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    let path = format!("/workspaces/{workspace}");
    let at = change(owner, &workspace, json!({ "auto-destroy-activity-duration": "12h" })).await;
    assert!(is_about(server, &at, 12), "{at}");
    owner.state(&workspace, 1, &state_file(1)).await;
    server.app().clock.advance(HOUR * 5);
    let run = owner.run(&workspace, creates(1), &json!({})).await;
    owner.wait_for(&run, &["planned"]).await;
    owner.post(&format!("/runs/{}/actions/discard", run.id), &json!({})).await.expect_status(202);
    let read = owner.get(&path).await;
    assert!(is_about(server, &read.attribute("auto-destroy-at"), 12), "{}", read.text());
    assert_eq!(read.attribute("auto-destroy-activity-duration"), "12h");
    assert_eq!(read.attribute("inherits-project-auto-destroy"), false);
    let at = change(owner, &workspace, json!({ "auto-destroy-activity-duration": null })).await;
    assert_eq!(at, Value::Null);
});

on_both!(the_duration_of_a_project_is_inherited, no_agent(), |server| {
    let owner = &server.owner;
    let wish = body("projects", &json!({ "name": "labs", "auto-destroy-activity-duration": "2d" }));
    let project = owner.post("/organizations/acme/projects", &wish).await.expect_status(201).id();
    let into = json!({ "data": { "type": "projects", "id": project } });
    let wish = json!({ "data": { "attributes": { "name": "net" }, "relationships": { "project": into } } });
    let made = owner.post("/organizations/acme/workspaces", &wish).await.expect_status(201);
    let seen = |answer: &terrane_testkit::Answer| {
        (
            answer.attribute("auto-destroy-activity-duration"),
            answer.attribute("inherits-project-auto-destroy"),
        )
    };
    assert_eq!(seen(&made), (json!("2d"), json!(true)));
    assert!(is_about(server, &made.attribute("auto-destroy-at"), 48));
    let (workspace, project) = (made.id(), format!("/projects/{project}"));
    let path = format!("/workspaces/{workspace}");

    owner
        .patch(&project, &body("projects", &json!({ "auto-destroy-activity-duration": "6h" })))
        .await
        .expect_status(200);
    let read = owner.get(&path).await;
    assert_eq!(seen(&read), (json!("6h"), json!(true)));
    assert!(is_about(server, &read.attribute("auto-destroy-at"), 6));

    // Its own say holds, until it inherits again.
    let at = change(owner, &workspace, json!({ "auto-destroy-activity-duration": "1d" })).await;
    assert!(is_about(server, &at, 24));
    owner
        .patch(&project, &body("projects", &json!({ "auto-destroy-activity-duration": "3h" })))
        .await
        .expect_status(200);
    assert_eq!(seen(&owner.get(&path).await), (json!("1d"), json!(false)));
    let at = change(owner, &workspace, json!({ "inherits-project-auto-destroy": true })).await;
    assert!(is_about(server, &at, 3));
    owner
        .patch(&project, &body("projects", &json!({ "auto-destroy-activity-duration": null })))
        .await
        .expect_status(200);
    let read = owner.get(&path).await;
    assert_eq!((seen(&read), read.attribute("auto-destroy-at")), ((Value::Null, json!(true)), Value::Null));

    // Whoever moves into it inherits it.
    owner
        .patch(&project, &body("projects", &json!({ "auto-destroy-activity-duration": "4h" })))
        .await
        .expect_status(200);
    let other = owner.workspace("other").await;
    let wish = json!({ "data": [{ "type": "workspaces", "id": other }] });
    owner.post(&format!("{project}/relationships/workspaces"), &wish).await.expect_status(204);
    let read = owner.get(&format!("/workspaces/{other}")).await;
    assert!(is_about(server, &read.attribute("auto-destroy-at"), 4), "{}", read.text());
    let wrong = body("projects", &json!({ "auto-destroy-activity-duration": "soon" }));
    let refused = owner.patch(&project, &wrong).await.expect_status(422);
    assert_eq!(refused.at("/errors/0/source/pointer"), "/data/attributes/auto-destroy-activity-duration");
});
