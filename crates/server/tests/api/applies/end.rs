//! How an apply ends.

use crate::agents::{NO_AGENT, Played, state};
use crate::support::creates;
use serde_json::{Value, json};
use terrane_testkit::{Run, TestServer, on_both};

async fn started(server: &TestServer, agent: &Played, workspace: &str) -> (Run, Value) {
    let run = server.owner.run(workspace, creates(1), &json!({ "auto-apply": true })).await;
    agent.plan(1).await;
    let job = agent.claim().await;
    agent.start(&job, "x").await.expect_status(204);
    (run, job)
}

async fn run_of(server: &TestServer, run: &Run) -> terrane_testkit::Answer {
    server.owner.get(&format!("/runs/{}", run.id)).await.expect_status(200)
}

on_both!(an_apply_that_failed_by_itself_keeps_its_state, NO_AGENT, |server| {
    let workspace = server.owner.workspace("net").await;
    let agent = Played::new(server).await;
    let (run, job) = started(server, &agent, &workspace).await;
    agent
        .log(&job, 0, "terraform_data.a: Creation complete after 0s [id=a]\nError: no\n")
        .await
        .expect_status(200);
    agent.state(&job, 0, &state(1, &["a"])).await.expect_status(200);
    agent.report(&job, &json!({ "how": "errored", "reason": "no" }), false).await.expect_status(204);
    assert_eq!(run_of(server, &run).await.attribute("status"), "errored");
    let apply = server.owner.apply(&run).await;
    assert_eq!(
        (apply.attribute("status"), apply.attribute("resource-additions")),
        (json!("errored"), json!(1))
    );
    let free = server.owner.get(&format!("/workspaces/{workspace}?include=current_state_version")).await;
    assert_eq!(
        (free.attribute("locked"), free.at("/included/0/attributes/serial")),
        (json!(false), json!(1))
    );
    server.owner.get(&format!("/applies/{}/errored-state", apply.id())).await.expect_status(404);
});

on_both!(a_cancel_interrupts_once_and_the_state_counts, NO_AGENT, |server| {
    let workspace = server.owner.workspace("net").await;
    let agent = Played::new(server).await;
    let (run, job) = started(server, &agent, &workspace).await;
    let cancel = format!("/runs/{}/actions/cancel", run.id);
    server.owner.post(&cancel, &json!({ "comment": "stop" })).await.expect_status(202);
    assert_eq!(run_of(server, &run).await.attribute("status"), "applying");
    assert_eq!(agent.beat(&job).await.json(), json!({ "stop": "interrupt" }));
    server.owner.post(&cancel, &json!({})).await.expect_status(409);
    agent.state(&job, 0, &state(1, &["a"])).await.expect_status(200);
    agent.report(&job, &json!({ "how": "canceled" }), false).await.expect_status(204);
    let ended = run_of(server, &run).await;
    assert_eq!(ended.attribute("status"), "canceled");
    assert_eq!(ended.at("/data/relationships/canceled-by/data/type"), "users");
    assert_eq!(server.owner.apply(&run).await.attribute("status"), "canceled");
    let free = server.owner.get(&format!("/workspaces/{workspace}?include=current_state_version")).await;
    assert_eq!(
        (free.attribute("locked"), free.at("/included/0/attributes/serial")),
        (json!(false), json!(1))
    );
});

on_both!(a_cancel_before_the_start_ends_it_at_once, NO_AGENT, |server| {
    let workspace = server.owner.workspace("net").await;
    let agent = Played::new(server).await;
    let run = server.owner.run(&workspace, creates(1), &json!({ "auto-apply": true })).await;
    agent.plan(1).await;
    let job = agent.claim().await;
    server.owner.post(&format!("/runs/{}/actions/cancel", run.id), &json!({})).await.expect_status(202);
    assert_eq!(run_of(server, &run).await.attribute("status"), "canceled");
    agent.start(&job, "x").await.expect_status(404);
    agent.beat(&job).await.expect_status(404);
});

on_both!(an_engine_that_was_killed_leaves_the_workspace_locked, NO_AGENT, |server| {
    let workspace = server.owner.workspace("net").await;
    let agent = Played::new(server).await;
    let (run, job) = started(server, &agent, &workspace).await;
    agent.log(&job, 0, "terraform_data.a: Creation complete after 0s [id=a]\n").await.expect_status(200);
    let reason = json!({ "how": "errored", "reason": "tofu apply was ended by signal 9" });
    agent.report(&job, &reason, true).await.expect_status(204);
    let held = server.owner.get(&format!("/workspaces/{workspace}")).await;
    assert_eq!(
        (held.attribute("locked"), run_of(server, &run).await.attribute("status")),
        (json!(true), json!("errored"))
    );
    let refused = server.owner.post(&format!("/workspaces/{workspace}/actions/unlock"), &json!({})).await;
    refused.expect_status(409);
    server
        .owner
        .post(&format!("/workspaces/{workspace}/actions/force-unlock"), &json!({}))
        .await
        .expect_status(200);
});

on_both!(an_errored_tfstate_is_kept_for_a_person, NO_AGENT, |server| {
    let workspace = server.owner.workspace("net").await;
    let agent = Played::new(server).await;
    let (run, job) = started(server, &agent, &workspace).await;
    agent.log(&job, 0, "terraform_data.a: Creation complete after 0s [id=a]\n").await.expect_status(200);
    let text = state(7, &["a"]).to_string();
    let artefact = agent.upload(&job["task"]["errored_state"], String::leak(text.clone())).await;
    let mut report = crate::agents::report(&job, &json!({ "how": "errored", "reason": "disk full" }));
    report["errored_state"] = artefact;
    report["is_state_uncertain"] = json!(true);
    agent.post(&job, "report", &report).await.expect_status(204);
    let apply = server.owner.apply(&run).await;
    let kept = server.owner.get(&format!("/applies/{}/errored-state", apply.id())).await.expect_status(307);
    assert_eq!(server.anonymous.get(kept.header("location")).await.expect_status(200).text(), text);
    let recovered = apply.at("/data/relationships/state-versions/data/0/id").as_str().unwrap().to_owned();
    let version = server.owner.get(&format!("/state-versions/{recovered}")).await.expect_status(200);
    assert_eq!((version.attribute("serial"), version.attribute("recovered")), (json!(7), json!(true)));
    assert_eq!(version.attribute("completed-but-not-in-state"), json!([]));
});

on_both!(deleting_the_workspace_lets_go_of_everything, NO_AGENT, |server| {
    let workspace = server.owner.workspace("net").await;
    let agent = Played::new(server).await;
    let (_, job) = started(server, &agent, &workspace).await;
    agent.state(&job, 0, &state(1, &["a"])).await.expect_status(200);
    server.owner.delete(&format!("/workspaces/{workspace}")).await.expect_status(204);
    // The engine that runs is waited for; nothing else is left.
    assert_eq!(agent.beat(&job).await.expect_status(200).json(), json!({ "stop": "interrupt" }));
    agent.report(&job, &json!({ "how": "finished" }), false).await.expect_status(204);
    agent.beat(&job).await.expect_status(404);
});
