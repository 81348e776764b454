//! Hellos that come twice, late, or after a silence.

use crate::agents::{NO_AGENT, Played};
use crate::support::creates;
use serde_json::json;
use std::time::Duration;
use terrane_testkit::on_both;

on_both!(one_that_comes_twice_takes_nothing_away, NO_AGENT, |server| {
    let workspace = server.owner.workspace("net").await;
    let run = server.owner.run(&workspace, creates(1), &json!({})).await;
    let mut agent = Played::new(server).await;
    agent.restart_as(1).await;
    let job = agent.claim().await;
    // The network had kept a copy of the first call, from before there was a job.
    agent.say_hello(&json!(agent.id), &terrane_wire::instance_of(1, "a"), &[]).await.expect_status(200);
    agent.beat(&job).await.expect_status(200);
    assert_eq!(server.owner.get(&format!("/runs/{}", run.id)).await.attribute("status"), "planning");
});

on_both!(one_of_an_earlier_process_is_refused, NO_AGENT, |server| {
    let workspace = server.owner.workspace("net").await;
    server.owner.run(&workspace, creates(1), &json!({})).await;
    let mut agent = Played::new(server).await;
    agent.restart_as(10).await;
    let job = agent.claim().await;
    agent.say_hello(&json!(agent.id), &terrane_wire::instance_of(9, "f"), &[]).await.expect_status(409);
    agent.beat(&job).await.expect_status(200);
    assert_eq!(agent.try_claim().await.status, 204, "it is still the one that may claim");
});

on_both!(one_after_a_silence_is_noted, NO_AGENT, |server| {
    let workspace = server.owner.workspace("net").await;
    let mut agent = Played::new(server).await;
    let run = server.owner.run(&workspace, creates(1), &json!({})).await;
    agent.plan(1).await;
    server.owner.post(&format!("/runs/{}/actions/apply", run.id), &json!({})).await.expect_status(202);
    let job = agent.claim().await;
    agent.start(&job, "x").await.expect_status(204);
    server.app().clock.advance(Duration::from_secs(31));
    let has = async |event: &str| {
        let events = server.owner.get(&format!("/runs/{}/run-events", run.id)).await.at("/data");
        events.as_array().unwrap().iter().any(|one| one["attributes"]["action"] == event)
    };
    while !has("agent_silent").await {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(agent.restart(&[&job]).await.is_empty());
    assert!(has("agent_back").await);
});
