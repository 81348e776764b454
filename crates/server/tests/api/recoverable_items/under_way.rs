//! A workspace that is deleted while its apply runs: gone at once, and its apply comes to an end all the same.

use super::{DAY, ITEMS, delete, names, state_of, until};
use crate::agents::{NO_AGENT, Played, state};
use crate::support::creates;
use serde_json::{Value, json};
use terrane_testkit::{TestServer, fake_archive, on_both, state_file};

/// A started apply of a new workspace, with or without a state before it.
async fn started(server: &TestServer, agent: &Played, before: bool) -> (String, Value) {
    let workspace = server.owner.workspace("net").await;
    if before {
        server.owner.state(&workspace, 1, &state_file(1)).await;
    }
    let run = server.owner.run(&workspace, creates(1), &json!({})).await;
    agent.plan(1).await;
    server.owner.post(&format!("/runs/{}/actions/apply", run.id), &json!({})).await.expect_status(202);
    let job = agent.claim().await;
    agent.start(&job, "once").await.expect_status(204);
    (workspace, job)
}

async fn item(server: &TestServer) -> String {
    server.owner.get(ITEMS).await.expect_status(200).at("/data/0/id").as_str().unwrap().to_owned()
}

on_both!(the_engine_is_interrupted_and_its_last_state_is_kept, NO_AGENT, |server| {
    let mut agent = Played::new(server).await;
    let (workspace, job) = started(server, &agent, true).await;
    agent.state(&job, 0, &state(5, &["a"])).await.expect_status(200);
    delete(&server.owner, &workspace).await;
    server.owner.get(&format!("/workspaces/{workspace}")).await.expect_status(404);
    let item = item(server).await;
    let kept = state_of(server, &server.owner, &item).await.0;
    assert_eq!(kept, state(5, &["a"]).to_string().into_bytes(), "the snapshot that came before");
    let read = async || server.owner.get(&format!("/recoverable-items/{item}")).await.expect_status(200);
    assert_eq!(read().await.attribute("apply-under-way"), true);
    let early = server.owner.put(&format!("/recoverable-items/{item}/actions/recover"), "").await;
    assert!(early.expect_status(422).error().contains("under way"));

    assert_eq!(agent.beat(&job).await.expect_status(200).json()["stop"], "interrupt");
    agent.log(&job, 0, "interrupted\n").await.expect_status(200);
    assert_eq!(agent.restart(&[&job]).await, Vec::<String>::new(), "an agent that was restarted goes on");
    agent.state(&job, 1, &state(6, &["a", "b"])).await.expect_status(200);
    // What was sent before and comes once more changes nothing.
    agent.state(&job, 0, &state(5, &["a"])).await.expect_status(200);
    let json_form = agent.put(&job, &format!("states/1/json?epoch={}", job["lease_epoch"]), "{}").await;
    json_form.expect_status(200);
    let mut old_lease = job.clone();
    old_lease["lease_epoch"] = json!(7);
    agent.state(&old_lease, 2, &state(9, &[])).await.expect_status(409);
    agent.report(&old_lease, &json!({ "how": "canceled" }), false).await.expect_status(409);
    agent.report(&job, &json!({ "how": "canceled" }), false).await.expect_status(204);
    agent.report(&job, &json!({ "how": "canceled" }), false).await.expect_status(204);
    agent.beat(&job).await.expect_status(404);

    let ended = read().await;
    assert_eq!((ended.attribute("apply-under-way"), ended.attribute("serial")), (json!(false), json!(6)));
    assert_eq!(ended.attribute("unmanaged-resources"), 2);
    let kept = state_of(server, &server.owner, &item).await.0;
    assert_eq!(kept, state(6, &["a", "b"]).to_string().into_bytes());
    server.owner.put(&format!("/recoverable-items/{item}/actions/recover"), "").await.expect_status(204);
    let current = server.owner.get(&format!("/workspaces/{workspace}/current-state-version")).await;
    assert_eq!(current.expect_status(200).attribute("serial"), 6);
});

on_both!(what_an_engine_could_not_hand_in_is_kept_too, NO_AGENT, |server| {
    let agent = Played::new(server).await;
    let (workspace, job) = started(server, &agent, false).await;
    delete(&server.owner, &workspace).await;
    let item = item(server).await;
    server.owner.get(&format!("/recoverable-items/{item}/state")).await.expect_status(404);
    let upload = format!("/{}", job["task"]["errored_state"].as_str().unwrap());
    let errored = state(3, &["a"]).to_string();
    server.anonymous.put(&upload, "no state").await.expect_status(200);
    server.anonymous.put(&upload, errored.clone()).await.expect_status(200);
    agent.report(&job, &json!({ "how": "errored", "reason": "x" }), false).await.expect_status(204);
    assert_eq!(state_of(server, &server.owner, &item).await.0, errored.into_bytes());
});

on_both!(an_apply_that_wrote_nothing_leaves_nothing, NO_AGENT, |server| {
    let agent = Played::new(server).await;
    let (workspace, job) = started(server, &agent, false).await;
    delete(&server.owner, &workspace).await;
    assert_eq!(names(&server.owner.get(ITEMS).await), ["net"]);
    agent.report(&job, &json!({ "how": "canceled" }), false).await.expect_status(204);
    assert_eq!(names(&server.owner.get(ITEMS).await), Vec::<String>::new());
});

on_both!(an_agent_that_never_comes_back_is_not_waited_for_longer_than_others, NO_AGENT, |server| {
    let agent = Played::new(server).await;
    let (workspace, job) = started(server, &agent, true).await;
    delete(&server.owner, &workspace).await;
    let item = item(server).await;
    server.app().clock.advance(2 * DAY);
    let read = async || server.owner.get(&format!("/recoverable-items/{item}")).await.expect_status(200);
    until(async || read().await.attribute("apply-under-way") == false).await;
    agent.state(&job, 0, &state(9, &["late"])).await.expect_status(404);
    assert_eq!(read().await.attribute("serial"), 1);
});

on_both!(an_apply_that_was_not_started_is_gone_with_its_workspace, NO_AGENT, |server| {
    let agent = Played::new(server).await;
    let workspace = server.owner.workspace("net").await;
    let run = server.owner.run(&workspace, creates(1), &json!({})).await;
    agent.plan(1).await;
    server.owner.post(&format!("/runs/{}/actions/apply", run.id), &json!({})).await.expect_status(202);
    let job = agent.claim().await;
    delete(&server.owner, &workspace).await;
    agent.start(&job, "late").await.expect_status(404);
    agent.beat(&job).await.expect_status(404);
    assert_eq!(names(&server.owner.get(ITEMS).await), Vec::<String>::new());
});

on_both!(an_engine_comes_to_its_end_and_hands_in_what_it_did, |server| {
    let owner = &server.owner;
    let archive = fake_archive(&json!({ "plan": [{ "plan": { "additions": 2 } }], "apply": [
        { "ignore_sigint": true }, { "write_state": { "holds": 1 } }, { "print": "half\n" },
        { "sleep_ms": 2000 }, { "write_state": { "holds": 2 } } ] }));
    let workspace = owner.workspace("net").await;
    let run = owner.run(&workspace, archive, &json!({ "auto-apply": true })).await;
    until(async || owner.apply_log(&run).await.contains("half")).await;
    delete(owner, &workspace).await;
    owner.get(&format!("/runs/{}", run.id)).await.expect_status(404);
    let item = item(server).await;
    let read = async || owner.get(&format!("/recoverable-items/{item}")).await.expect_status(200);
    assert_eq!(read().await.attribute("apply-under-way"), true);
    until(async || read().await.attribute("apply-under-way") == false).await;
    assert_eq!(read().await.attribute("unmanaged-resources"), 2);
});
