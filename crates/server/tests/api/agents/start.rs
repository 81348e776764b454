//! `POST /agent/v1/jobs/:id/start`: an apply is started once, ever, and only as it was planned.

use super::played;
use crate::agents::{NO_AGENT, Played, state};
use crate::support::creates;
use serde_json::{Value, json};
use terrane_testkit::{Run, TestServer, on_both};

/// A run that was planned and confirmed, and the job of its apply.
async fn confirmed(server: &TestServer, agent: &Played, workspace: &str) -> (Run, Value) {
    let run = server.owner.run(workspace, creates(1), &json!({})).await;
    agent.plan(1).await;
    server.owner.post(&format!("/runs/{}/actions/apply", run.id), &json!({})).await.expect_status(202);
    let job = agent.claim().await;
    assert_eq!(job["task"]["phase"], "apply");
    (run, job)
}

async fn status(server: &TestServer, run: &Run) -> String {
    let run = server.owner.get(&format!("/runs/{}", run.id)).await.expect_status(200);
    run.attribute("status").as_str().unwrap().to_owned()
}

on_both!(once_and_never_again, NO_AGENT, |server| {
    let workspace = server.owner.workspace("net").await;
    let agent = Played::new(server).await;
    let (run, job) = confirmed(server, &agent, &workspace).await;
    assert_eq!(status(server, &run).await, "apply_queued", "a claim is no start");
    agent.start(&job, "first").await.expect_status(204);
    assert_eq!(status(server, &run).await, "applying");
    // The answer was lost: the same call again is the same start.
    agent.start(&job, "first").await.expect_status(204);
    for nonce in ["second", "", "First"] {
        let refused = agent.start(&job, nonce).await.expect_status(409);
        assert!(refused.error().contains("must not be started"), "{}", refused.error());
    }
    let mut other_epoch = played::start(&job, "first");
    other_epoch["lease_epoch"] = json!(2);
    agent.post(&job, "start", &other_epoch).await.expect_status(409);
    agent.state(&job, 0, &state(1, &["a"])).await.expect_status(200);
    agent.report(&job, &json!({ "how": "finished" }), false).await.expect_status(204);
    assert_eq!(status(server, &run).await, "applied");
    agent.start(&job, "first").await.expect_status(404);
});

on_both!(racing_starts_have_one_winner, NO_AGENT, |server| {
    let workspace = server.owner.workspace("net").await;
    let agent = Played::new(server).await;
    let (_, job) = confirmed(server, &agent, &workspace).await;
    let starts: Vec<_> = (0..12)
        .map(|number| {
            let (agent, job) = (agent.clone(), job.clone());
            tokio::spawn(async move { agent.start(&job, &format!("nonce {number}")).await.status })
        })
        .collect();
    let mut won = 0;
    for start in starts {
        match start.await.unwrap() {
            204 => won += 1,
            status => assert_eq!(status, 409),
        }
    }
    assert_eq!(won, 1);
});

on_both!(what_differs_from_the_plan_is_refused, NO_AGENT, |server| {
    let workspace = server.owner.workspace("net").await;
    let agent = Played::new(server).await;
    let (run, job) = confirmed(server, &agent, &workspace).await;
    for (field, value, told) in [
        ("plan_file_sha256", json!("00"), "the plan file is not the one"),
        ("configuration_sha256", json!("00"), "the configuration is not the one"),
        ("lock_file_sha256", json!("00"), "the dependency lock file is not the one"),
        ("lock_file_sha256", json!(null), "the dependency lock file is not the one"),
        ("engine_sha256", json!("other"), "the engine's program is not the one"),
        ("engine_sha256", json!(null), "the engine's program is not the one"),
        ("state", json!({ "id": "sv-1", "sha256": "00" }), "the state is not the one"),
    ] {
        let mut start = played::start(&job, "x");
        start[field] = value;
        let refused = agent.post(&job, "start", &start).await.expect_status(409);
        assert!(refused.error().contains(told), "{field}: {}", refused.error());
        assert_eq!(status(server, &run).await, "apply_queued");
    }
    let reason = json!({ "how": "errored", "reason": "it must not be started" });
    agent.report(&job, &reason, false).await.expect_status(204);
    assert_eq!(status(server, &run).await, "errored");
    assert_eq!(server.owner.get(&format!("/workspaces/{workspace}")).await.attribute("locked"), false);
});

on_both!(a_state_that_has_changed_since_the_plan_is_refused, NO_AGENT, |server| {
    let workspace = server.owner.workspace("net").await;
    let agent = Played::new(server).await;
    // A first apply leaves a state; the second run is planned against it.
    let (_, first) = confirmed(server, &agent, &workspace).await;
    agent.start(&first, "x").await.expect_status(204);
    agent.state(&first, 0, &state(1, &["a"])).await.expect_status(200);
    agent.report(&first, &json!({ "how": "finished" }), false).await.expect_status(204);
    let (run, job) = confirmed(server, &agent, &workspace).await;
    assert_eq!(job["state"]["serial"], 1);
    assert_eq!(
        server.anonymous.get(&format!("/{}", job["state"]["file"]["url"].as_str().unwrap())).await.bytes,
        state(1, &["a"]).to_string().as_bytes()
    );
    // Nobody can write a state while the run holds the lock; take the lock from under it.
    let query = "UPDATE workspaces SET lock_kind = 'user', lock_holder_id = $1 WHERE id = $2";
    let ada = server.owner.get("/account/details").await.id();
    server.sql(query, &[&ada, &workspace]).await;
    let newer = state(2, &["a", "b"]).to_string();
    let wish = json!({ "data": { "type": "state-versions", "attributes": { "serial": 2, "lineage": "one",
        "md5": crate::support::md5(newer.as_bytes()), "state": crate::support::base64(newer.as_bytes()) } } });
    server.owner.post(&format!("/workspaces/{workspace}/state-versions"), &wish).await.expect_status(201);
    let refused = agent.start(&job, "x").await.expect_status(409);
    assert!(refused.error().contains("the state has changed since the plan was made"), "{}", refused.error());
    assert_eq!(status(server, &run).await, "apply_queued");
});

on_both!(an_apply_is_for_the_engine_that_planned, NO_AGENT, |server| {
    let workspace = server.owner.workspace("net").await;
    let agent = Played::new(server).await;
    let run = server.owner.run(&workspace, creates(1), &json!({})).await;
    agent.plan(1).await;
    server.sql("UPDATE plans SET engine_version = '1.50.0' WHERE run_id = $1", &[&run.id]).await;
    server.owner.post(&format!("/runs/{}/actions/apply", run.id), &json!({})).await.expect_status(202);
    assert_eq!(agent.try_claim().await.status, 204);
    assert_eq!(status(server, &run).await, "errored");
    let apply = server.owner.apply(&run).await;
    assert_eq!(apply.attribute("status"), "errored");
    assert!(server.owner.apply_log(&run).await.contains("the plan was made by tofu 1.50.0"));
});
