//! Agents that go silent, and agents with an old lease.

use crate::support::creates;
use serde_json::{Value, json};
use std::time::Duration;
use terrane_testkit::{Actor, Engines, Setup, TestServer, on_both};

const NO_AGENT: Setup = Setup { engines: Engines::Fake, configure: |config| config.agent_slots = 0 };

/// An agent that the test plays itself.
async fn agent(server: &TestServer) -> Actor {
    let app = server.app();
    let token =
        terrane_server::tokens::embedded_agent_token(&app.db, "played", app.clock.now()).await.unwrap();
    server.owner.with_token(secrecy::ExposeSecret::expose_secret(&token))
}

async fn claim(agent: &Actor) -> Value {
    let offer = json!({ "version": terrane_wire::VERSION, "agent_name": "played", "agent_instance": "1", "wait_ms": 0,
        "engines": [{ "kind": "tofu", "version": "1.99.0" }] });
    agent.post("//agent/v1/claim", &offer).await.expect_status(200).json()
}

on_both!(a_silent_agent_loses_its_plan_and_the_log_says_why, NO_AGENT, |server| {
    let workspace = server.owner.workspace("net").await;
    let run = server.owner.run(&workspace, creates(1), &json!({})).await;
    let agent = agent(server).await;
    let job = claim(&agent).await;
    let (id, epoch) = (job["id"].as_str().unwrap(), job["lease_epoch"].as_i64().unwrap());
    let log = format!("//agent/v1/jobs/{id}/log?epoch={epoch}&offset=0");
    agent.put(&log, "half a line").await.expect_status(200);
    server.app().clock.advance(Duration::from_secs(31));
    let ended = server.owner.wait_for(&run, &["errored"]).await;
    assert!(ended.at("/data/attributes/status-timestamps/errored-at").is_string());
    let framed = server.owner.framed_log(&run).await;
    assert_eq!(framed.last(), Some(&3));
    let text = server.owner.log(&run).await;
    assert!(text.contains("half a line\nterrane: the agent was not heard of for 30 s"), "{text}");
    assert_eq!(server.owner.get(&format!("/workspaces/{workspace}")).await.attribute("locked"), false);
    // Whatever it says now comes too late.
    let beat = json!({ "lease_epoch": epoch, "heard": null, "wait_ms": 0 });
    agent.post(&format!("//agent/v1/jobs/{id}/heartbeat"), &beat).await.expect_status(409);
    agent.put(&format!("//agent/v1/jobs/{id}/log?epoch={epoch}&offset=11"), "more").await.expect_status(409);
    assert_eq!(server.owner.framed_log(&run).await, framed);
});

on_both!(a_job_is_given_to_one_agent, NO_AGENT, |server| {
    let workspace = server.owner.workspace("net").await;
    for _ in 0..4 {
        server.owner.run(&workspace, creates(1), &json!({ "plan-only": true })).await;
    }
    let agent = agent(server).await;
    let claims: Vec<_> = (0..4)
        .map(|_| {
            let agent = agent.clone();
            tokio::spawn(async move { claim(&agent).await })
        })
        .collect();
    let mut jobs = Vec::new();
    for claim in claims {
        jobs.push(claim.await.unwrap()["id"].as_str().unwrap().to_owned());
    }
    jobs.sort_unstable();
    jobs.dedup();
    assert_eq!(jobs.len(), 4);
});

on_both!(a_log_with_a_hole_is_refused_and_a_repeat_is_not_added, NO_AGENT, |server| {
    let workspace = server.owner.workspace("net").await;
    let run = server.owner.run(&workspace, creates(1), &json!({})).await;
    let agent = agent(server).await;
    let job = claim(&agent).await;
    let at =
        |offset: u64| format!("//agent/v1/jobs/{}/log?epoch=1&offset={offset}", job["id"].as_str().unwrap());
    assert_eq!(agent.put(&at(0), "0123456789").await.expect_status(200).json(), json!({ "next_offset": 10 }));
    assert_eq!(agent.put(&at(0), "0123456789").await.expect_status(200).json(), json!({ "next_offset": 10 }));
    assert_eq!(agent.put(&at(5), "56789abc").await.expect_status(200).json(), json!({ "next_offset": 13 }));
    assert_eq!(agent.put(&at(20), "x").await.expect_status(409).json(), json!({ "next_offset": 13 }));
    assert!(server.owner.log(&run).await.ends_with("0123456789abc"));
    // A report that claims more log than has arrived, or results that were not uploaded, is refused.
    let report = |size: u64, file: Value| {
        json!({ "lease_epoch": 1, "outcome": { "how": "finished" }, "counts": null, "plan_file": file,
        "plan_json": null, "log_size_bytes": size, "engine_sha256": null, "lock_file_sha256": null })
    };
    let path = format!("//agent/v1/jobs/{}/report", job["id"].as_str().unwrap());
    agent.post(&path, &report(99, Value::Null)).await.expect_status(409);
    agent.post(&path, &report(13, json!({ "sha256": "00", "size_bytes": 1 }))).await.expect_status(409);
    assert_eq!(server.owner.get(&format!("/runs/{}", run.id)).await.attribute("status"), "planning");
    agent.post(&path, &report(13, Value::Null)).await.expect_status(204);
    agent.post(&path, &report(13, Value::Null)).await.expect_status(204);
    server.owner.wait_for(&run, &["planned_and_finished"]).await;
});
