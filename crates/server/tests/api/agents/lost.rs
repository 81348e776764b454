//! Agents that go silent, come back, or are gone (reliability-security.md R1, R2, R3, R6, R7).

use crate::agents::{NO_AGENT, Played, state};
use crate::support::creates;
use serde_json::{Value, json};
use std::time::Duration;
use terrane_testkit::{Run, TestServer, on_both};

async fn status(server: &TestServer, run: &Run) -> String {
    let run = server.owner.get(&format!("/runs/{}", run.id)).await.expect_status(200);
    run.attribute("status").as_str().unwrap().to_owned()
}

async fn events(server: &TestServer, run: &Run) -> Vec<String> {
    let listed = server.owner.get(&format!("/runs/{}/run-events", run.id)).await.at("/data");
    let action = |event: &Value| event["attributes"]["action"].as_str().unwrap().to_owned();
    listed.as_array().unwrap().iter().map(action).collect()
}

async fn wait_for_event(server: &TestServer, run: &Run, event: &str) {
    while !events(server, run).await.iter().any(|action| action == event) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// An apply that has been started, with one state and one object more than the state has.
async fn started(server: &TestServer, agent: &Played, workspace: &str) -> (Run, Value) {
    let run = server.owner.run(workspace, creates(1), &json!({})).await;
    agent.plan(1).await;
    server.owner.post(&format!("/runs/{}/actions/apply", run.id), &json!({})).await.expect_status(202);
    let job = agent.claim().await;
    agent.start(&job, "x").await.expect_status(204);
    let log = "terraform_data.a: Creation complete after 0s [id=a]\nterraform_data.b: Creation complete after 0s [id=b]\n";
    agent.log(&job, 0, log).await.expect_status(200);
    agent.state(&job, 0, &state(1, &["a"])).await.expect_status(200);
    (run, job)
}

/// Errored as uncertain: locked, said so, and the newest state kept for a person.
async fn is_uncertain(server: &TestServer, run: &Run, workspace: &str) -> String {
    assert_eq!(status(server, run).await, "errored");
    let apply = server.owner.apply(run).await;
    assert_eq!(apply.attribute("status"), "errored");
    assert_eq!(apply.attribute("resource-additions"), 2);
    assert!(server.owner.apply_log(run).await.contains("agent lost, state uncertain"));
    let held = server.owner.get(&format!("/workspaces/{workspace}")).await;
    assert_eq!(
        (held.attribute("locked"), held.at("/data/relationships/locked-by/data/id")),
        (json!(true), json!(run.id))
    );
    assert!(held.attribute("locked-reason").as_str().unwrap().contains("State uncertain"));
    assert_eq!(held.at("/data/relationships/current-state-version/data"), Value::Null);
    let recovered = apply.at("/data/relationships/state-versions/data/0/id").as_str().unwrap().to_owned();
    let version = server.owner.get(&format!("/state-versions/{recovered}")).await.expect_status(200);
    assert_eq!(version.attribute("recovered"), true);
    assert_eq!(version.attribute("completed-but-not-in-state"), json!(["terraform_data.b"]));
    let kept = server.owner.get(&format!("/applies/{}/errored-state", apply.id())).await.expect_status(307);
    let kept = server.anonymous.get(kept.header("location")).await.expect_status(200).json();
    assert_eq!(kept, state(1, &["a"]));
    recovered
}

on_both!(a_lost_plan_is_made_once_more, NO_AGENT, |server| {
    let workspace = server.owner.workspace("net").await;
    let run = server.owner.run(&workspace, creates(1), &json!({})).await;
    let (first, second) = (Played::new(server).await, Played::new(server).await);
    let old = first.claim().await;
    first.log(&old, 0, "half a line").await.expect_status(200);
    server.app().clock.advance(Duration::from_secs(31));
    while second.try_claim().await.status == 204 {
        if server.owner.log(&run).await.contains("the plan is made again") {
            break;
        }
    }
    // The claim of the loop may have taken it already; whoever has it now has another lease.
    assert_eq!(status(server, &run).await, "planning");
    first.beat(&old).await.expect_status(409);
    first.log(&old, 11, "more").await.expect_status(409);
    first.report(&old, &json!({ "how": "finished" }), false).await.expect_status(409);
});

on_both!(the_second_attempt_goes_on_with_the_log, NO_AGENT, |server| {
    let workspace = server.owner.workspace("net").await;
    let run = server.owner.run(&workspace, creates(1), &json!({})).await;
    let (mut first, second) = (Played::new(server).await, Played::new(server).await);
    let old = first.claim().await;
    first.log(&old, 0, "half a line").await.expect_status(200);
    // A new process of the first agent knows nothing of it.
    assert!(first.restart(&[]).await.is_empty());
    let new = second.claim().await;
    assert_eq!((&new["id"], new["lease_epoch"].as_i64()), (&old["id"], Some(2)));
    let log = server.owner.log(&run).await;
    assert!(log.ends_with("half a line\nterrane: the agent was restarted and does not have this run any more; the plan is made again\n"), "{log}");
    let offset = usize::try_from(new["log_offset"].as_u64().unwrap()).unwrap();
    second.log(&new, offset, "second\n").await.expect_status(200);
    // Lost again, it is given up.
    let mut second = second;
    second.restart(&[]).await;
    assert_eq!(status(server, &run).await, "errored");
    assert!(server.owner.log(&run).await.contains("second\nterrane: the agent was restarted"));
    assert_eq!(server.owner.get(&format!("/workspaces/{workspace}")).await.attribute("locked"), false);
});

on_both!(a_silent_agent_of_a_started_apply_is_waited_for, NO_AGENT, |server| {
    let workspace = server.owner.workspace("net").await;
    let (agent, other) = (Played::new(server).await, Played::new(server).await);
    let (run, job) = started(server, &agent, &workspace).await;
    server.app().clock.advance(Duration::from_secs(31));
    wait_for_event(server, &run, "agent_silent").await;
    assert_eq!(status(server, &run).await, "applying");
    assert_eq!(other.try_claim().await.status, 204, "nobody else ever gets it");
    agent.beat(&job).await.expect_status(200);
    wait_for_event(server, &run, "agent_back").await;
    agent.state(&job, 1, &state(2, &["a", "b"])).await.expect_status(200);
    agent.report(&job, &json!({ "how": "finished" }), false).await.expect_status(204);
    assert_eq!(status(server, &run).await, "applied");
    let held = server.owner.get(&format!("/workspaces/{workspace}?include=current_state_version")).await;
    assert_eq!(held.at("/included/0/attributes/serial"), 2);
    assert_eq!(held.attribute("locked"), false);
});

on_both!(one_that_stays_away_is_given_up_as_uncertain, NO_AGENT, |server| {
    let workspace = server.owner.workspace("net").await;
    let agent = Played::new(server).await;
    let (run, job) = started(server, &agent, &workspace).await;
    server.app().clock.advance(Duration::from_secs(31));
    wait_for_event(server, &run, "agent_silent").await;
    server.app().clock.advance(Duration::from_secs(15 * 60));
    server.owner.wait_for(&run, &["errored"]).await;
    let recovered = is_uncertain(server, &run, &workspace).await;
    let next = server.owner.run(&workspace, creates(1), &json!({})).await;
    assert_eq!(status(server, &next).await, "pending", "nothing goes on before a person has decided");
    // Back at last, it is told to end, and what it brings is kept.
    assert_eq!(agent.beat(&job).await.expect_status(200).json(), json!({ "stop": "interrupt" }));
    agent.log(&job, 10_000, "more").await.expect_status(200);
    agent.state(&job, 1, &state(2, &["a", "b"])).await.expect_status(200);
    agent.report(&job, &json!({ "how": "finished" }), false).await.expect_status(204);
    assert_eq!(status(server, &run).await, "errored", "final stays final");
    let apply = server.owner.apply(&run).await;
    let newest = apply.at("/data/relationships/state-versions/data/0/id").as_str().unwrap().to_owned();
    assert_ne!(newest, recovered);
    let accept = format!("/state-versions/{newest}/actions/accept");
    server.owner.post(&accept, &json!({})).await.expect_status(200);
    server
        .owner
        .post(&format!("/workspaces/{workspace}/actions/force-unlock"), &json!({}))
        .await
        .expect_status(200);
    assert_eq!(status(server, &next).await, "plan_queued");
    let job = agent.claim().await;
    assert_eq!(job["state"]["serial"], 2);
});

on_both!(an_agent_whose_host_is_gone_has_lost_its_apply_at_once, NO_AGENT, |server| {
    let workspace = server.owner.workspace("net").await;
    let mut agent = Played::new(server).await;
    let (run, _) = started(server, &agent, &workspace).await;
    agent.restart(&[]).await;
    is_uncertain(server, &run, &workspace).await;
});

on_both!(a_restarted_agent_that_still_has_its_apply_goes_on, NO_AGENT, |server| {
    let workspace = server.owner.workspace("net").await;
    let mut agent = Played::new(server).await;
    let (run, job) = started(server, &agent, &workspace).await;
    assert!(agent.restart(&[&job]).await.is_empty());
    agent.report(&job, &json!({ "how": "finished" }), false).await.expect_status(204);
    assert_eq!(status(server, &run).await, "applied");
    // What is nobody's any more is named.
    let id = job["id"].as_str().unwrap().to_owned();
    assert_eq!(agent.restart(&[&job]).await, [id]);
});

on_both!(an_apply_that_was_not_started_goes_to_another_agent, NO_AGENT, |server| {
    let workspace = server.owner.workspace("net").await;
    let (mut first, second) = (Played::new(server).await, Played::new(server).await);
    let run = server.owner.run(&workspace, creates(1), &json!({})).await;
    first.plan(1).await;
    server.owner.post(&format!("/runs/{}/actions/apply", run.id), &json!({})).await.expect_status(202);
    let old = first.claim().await;
    first.restart(&[]).await;
    assert_eq!(status(server, &run).await, "apply_queued");
    let new = second.claim().await;
    first.start(&old, "x").await.expect_status(409);
    second.start(&new, "y").await.expect_status(204);
    first.start(&old, "x").await.expect_status(409);
    second.report(&new, &json!({ "how": "finished" }), false).await.expect_status(204);
    assert_eq!(status(server, &run).await, "applied");
});

on_both!(a_process_that_was_replaced_claims_nothing, NO_AGENT, |server| {
    let mut agent = Played::new(server).await;
    let old = agent.clone();
    agent.restart(&[]).await;
    assert_eq!(old.try_claim().await.status, 409);
    assert_eq!(agent.try_claim().await.status, 204);
});

on_both!(a_plan_that_was_killed_on_its_agent_is_made_once_more, NO_AGENT, |server| {
    let workspace = server.owner.workspace("net").await;
    let agent = Played::new(server).await;
    let run = server.owner.run(&workspace, creates(1), &json!({})).await;
    let killed = async |job: &Value| {
        let mut report = crate::agents::report(job, &json!({ "how": "errored", "reason": "it was killed" }));
        report["is_lost"] = json!(true);
        agent.post(job, "report", &report).await.expect_status(204);
    };
    let first = agent.claim().await;
    killed(&first).await;
    assert_eq!(status(server, &run).await, "planning");
    let second = agent.claim().await;
    assert_eq!((&second["id"], second["lease_epoch"].as_i64()), (&first["id"], Some(2)));
    agent.beat(&first).await.expect_status(409);
    killed(&second).await;
    assert_eq!(status(server, &run).await, "errored");
    assert!(server.owner.log(&run).await.contains("the plan was killed; the plan is made again"));
    agent.try_claim().await.expect_status(204);
});

on_both!(an_apply_that_wrote_no_state_is_recovered_to_the_one_before, NO_AGENT, |server| {
    let workspace = server.owner.workspace("net").await;
    let agent = Played::new(server).await;
    let run = server.owner.run(&workspace, creates(1), &json!({ "auto-apply": true })).await;
    agent.plan(1).await;
    let job = agent.claim().await;
    agent.start(&job, "x").await.expect_status(204);
    agent.log(&job, 0, "terraform_data.b: Creation complete after 0s [id=b]\n").await.expect_status(200);
    let killed = json!({ "how": "errored", "reason": "tofu apply was ended by signal 9" });
    agent.report(&job, &killed, true).await.expect_status(204);
    assert_eq!(status(server, &run).await, "errored");
    let apply = server.owner.apply(&run).await;
    let states = apply.at("/data/relationships/state-versions/data");
    assert_eq!(states.as_array().map(Vec::len), Some(1), "{states}");
    let version = server.owner.get(&format!("/state-versions/{}", states[0]["id"].as_str().unwrap())).await;
    assert_eq!(
        (version.attribute("recovered"), version.attribute("serial")),
        (json!(true), json!(0)),
        "there was none before: one that holds nothing"
    );
    assert_eq!(version.attribute("completed-but-not-in-state"), json!(["terraform_data.b"]));
    server.owner.get(&format!("/applies/{}/errored-state", apply.id())).await.expect_status(404);
    let accept = format!("/state-versions/{}/actions/accept", version.id());
    server.owner.post(&accept, &json!({})).await.expect_status(200);
});
