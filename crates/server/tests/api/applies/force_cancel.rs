//! `POST /runs/:id/actions/force-cancel` (api-contract 4.6).

use crate::agents::{NO_AGENT, Played, state};
use crate::support::creates;
use serde_json::json;
use std::time::Duration;
use terrane_testkit::on_both;

on_both!(after_a_cancel_and_some_patience, NO_AGENT, |server| {
    let workspace = server.owner.workspace("net").await;
    let agent = Played::new(server).await;
    let run = server.owner.run(&workspace, creates(1), &json!({ "auto-apply": true })).await;
    agent.plan(1).await;
    let job = agent.claim().await;
    agent.start(&job, "x").await.expect_status(204);
    let force = format!("/runs/{}/actions/force-cancel", run.id);
    let force_cancel = async |status| server.owner.post(&force, &json!({})).await.expect_status(status);
    force_cancel(409).await;
    server.owner.post(&format!("/runs/{}/actions/cancel", run.id), &json!({})).await.expect_status(202);
    force_cancel(409).await;
    server.app().clock.advance(Duration::from_secs(60));
    let offered = server.owner.get(&format!("/runs/{}", run.id)).await;
    assert_eq!(offered.at("/data/attributes/actions/is-force-cancelable"), true);
    server.stranger.post(&force, &json!({})).await.expect_status(404);
    force_cancel(202).await;
    let ended = server.owner.get(&format!("/runs/{}", run.id)).await;
    assert_eq!(ended.attribute("status"), "canceled");
    assert!(ended.at("/data/attributes/status-timestamps/force-canceled-at").is_string());
    assert_eq!(ended.at("/data/attributes/actions/is-force-cancelable"), false);
    assert_eq!(server.owner.apply(&run).await.attribute("status"), "canceled");
    assert_eq!(server.owner.get(&format!("/workspaces/{workspace}")).await.attribute("locked"), false);
    // The agent hears that it must be killed, and what it still brings is kept for a person.
    assert_eq!(agent.beat(&job).await.expect_status(200).json(), json!({ "stop": "kill" }));
    agent.state(&job, 0, &state(1, &["a"])).await.expect_status(200);
    agent.report(&job, &json!({ "how": "canceled" }), true).await.expect_status(204);
    let current = server.owner.get(&format!("/workspaces/{workspace}/current-state-version")).await;
    current.expect_status(404);
    let apply = server.owner.apply(&run).await;
    let kept = apply.at("/data/relationships/state-versions/data/0/id").as_str().unwrap().to_owned();
    assert_eq!(server.owner.get(&format!("/state-versions/{kept}")).await.attribute("recovered"), true);
    force_cancel(409).await;
});
