//! A workspace whose execution mode changes between a plan and its apply (api-contract 4.7).

use crate::agents::{NO_AGENT, Played};
use crate::support::creates;
use serde_json::{Value, json};
use terrane_testkit::{Run, TestServer, body, on_both};

async fn set_mode(server: &TestServer, workspace: &str, mode: &str) {
    let wish = body("workspaces", &json!({ "execution-mode": mode }));
    server.owner.patch(&format!("/workspaces/{workspace}"), &wish).await.expect_status(200);
}

async fn confirm(server: &TestServer, run: &Run) {
    server.owner.post(&format!("/runs/{}/actions/apply", run.id), &json!({})).await.expect_status(202);
}

/// The run ended without a start: it says why, and its workspace is free.
async fn assert_refused(server: &TestServer, workspace: &str, run: &Run, now: &str) {
    let read = server.owner.get(&format!("/runs/{}", run.id)).await.expect_status(200);
    assert_eq!(read.attribute("status"), "errored");
    let apply = server.owner.apply(run).await;
    assert_eq!(apply.attribute("status"), "errored");
    assert_eq!(apply.attribute("status-timestamps")["started-at"], Value::Null);
    let log = server.owner.apply_log(run).await;
    let told = format!("execution mode was remote when the plan was made and is {now} now");
    assert!(log.contains(&told), "{log}");
    let workspace = server.owner.get(&format!("/workspaces/{workspace}")).await;
    assert_eq!(workspace.attribute("locked"), false);
}

on_both!(what_was_planned_elsewhere_is_not_applied, NO_AGENT, |server| {
    let agent = Played::new(server).await;
    for (name, attributes) in [("net", json!({})), ("saved", json!({ "save-plan": true }))] {
        let workspace = server.owner.workspace(name).await;
        let run = server.owner.run(&workspace, creates(1), &attributes).await;
        agent.plan(1).await;
        set_mode(server, &workspace, "local").await;
        confirm(server, &run).await;
        agent.try_claim().await.expect_status(204);
        assert_refused(server, &workspace, &run, "local").await;
    }
});

on_both!(the_organizations_say_counts_too, NO_AGENT, |server| {
    let (agent, workspace) = (Played::new(server).await, server.owner.workspace("net").await);
    let run = server.owner.run(&workspace, creates(1), &json!({})).await;
    agent.plan(1).await;
    let wish = body("organizations", &json!({ "default-execution-mode": "local" }));
    server.owner.patch("/organizations/acme", &wish).await.expect_status(200);
    confirm(server, &run).await;
    agent.try_claim().await.expect_status(204);
    assert_refused(server, &workspace, &run, "local").await;
});

on_both!(a_change_after_the_claim_is_seen_at_the_start, NO_AGENT, |server| {
    let (agent, workspace) = (Played::new(server).await, server.owner.workspace("net").await);
    let run = server.owner.run(&workspace, creates(1), &json!({})).await;
    agent.plan(1).await;
    confirm(server, &run).await;
    let job = agent.claim().await;
    set_mode(server, &workspace, "local").await;
    let refused = agent.start(&job, "x").await.expect_status(409);
    assert!(refused.error().contains("execution mode was remote"), "{}", refused.error());
    // Changed back it is what was planned again.
    set_mode(server, &workspace, "remote").await;
    agent.start(&job, "x").await.expect_status(204);
    set_mode(server, &workspace, "local").await;
    agent.start(&job, "x").await.expect_status(204);
    agent.report(&job, &json!({ "how": "finished" }), false).await.expect_status(204);
    let read = server.owner.get(&format!("/runs/{}", run.id)).await;
    assert_eq!(read.attribute("status"), "applied", "what was started goes on");
});

on_both!(a_workspace_that_keeps_state_only_plans_nothing_that_waited, NO_AGENT, |server| {
    let (agent, workspace) = (Played::new(server).await, server.owner.workspace("net").await);
    let run = server.owner.run(&workspace, creates(1), &json!({})).await;
    set_mode(server, &workspace, "local").await;
    agent.try_claim().await.expect_status(204);
    let read = server.owner.get(&format!("/runs/{}", run.id)).await;
    assert_eq!(read.attribute("status"), "errored");
    let log = server.owner.log(&run).await;
    assert!(log.contains("execution mode is local now"), "{log}");
});
