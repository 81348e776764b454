//! `PUT /agent/v1/jobs/:id/states/:sequence`.

use crate::agents::{NO_AGENT, Played, report, state};
use crate::support::creates;
use serde_json::json;
use terrane_testkit::on_both;

on_both!(states_are_kept_in_order_and_once, NO_AGENT, |server| {
    let workspace = server.owner.workspace("net").await;
    let agent = Played::new(server).await;
    let run = server.owner.run(&workspace, creates(1), &json!({ "auto-apply": true })).await;
    agent.plan(1).await;
    let job = agent.claim().await;
    agent.state(&job, 0, &state(1, &["a"])).await.expect_status(409);
    agent.start(&job, "x").await.expect_status(204);
    agent.state(&job, 0, &state(1, &["a"])).await.expect_status(200);
    agent.state(&job, 0, &state(1, &["a"])).await.expect_status(200);
    agent.state(&job, 0, &state(1, &["b"])).await.expect_status(409);
    let json_place = format!("states/0/json?epoch={}", job["lease_epoch"]);
    agent.put(&job, &json_place, "{\"format_version\":\"1.0\"}").await.expect_status(200);
    agent.put(&job, &json_place, "{\"format_version\":\"1.0\"}").await.expect_status(200);
    agent.put(&job, "states/7/json?epoch=1", "{}").await.expect_status(409);
    agent.state(&job, 1, &state(2, &["a", "b"])).await.expect_status(200);
    let meanwhile = server.owner.get(&format!("/workspaces/{workspace}")).await;
    assert_eq!(meanwhile.at("/data/relationships/current-state-version/data"), json!(null));
    agent.report(&job, &json!({ "how": "finished" }), false).await.expect_status(204);
    let apply = server.owner.apply(&run).await;
    let written = apply.at("/data/relationships/state-versions/data").as_array().unwrap().clone();
    assert_eq!(written.len(), 2);
    let ended = server.owner.get(&format!("/workspaces/{workspace}")).await;
    assert_eq!(ended.at("/data/relationships/current-state-version/data"), written[0]);
    assert_eq!(ended.attribute("resource-count"), 2);
    for strange in ["states/x?epoch=1&serial=1&lineage=l&md5=m", "states/-1?epoch=1&serial=1&lineage=l&md5=m"]
    {
        agent.put(&job, strange, "{}").await.expect_status(404);
    }
});

on_both!(what_is_no_state_is_refused, NO_AGENT, |server| {
    let workspace = server.owner.workspace("net").await;
    let agent = Played::new(server).await;
    server.owner.run(&workspace, creates(1), &json!({ "auto-apply": true })).await;
    agent.plan(1).await;
    let job = agent.claim().await;
    agent.start(&job, "x").await.expect_status(204);
    let place = format!("states/0?epoch={}&serial=1&lineage=l&md5=m", job["lease_epoch"]);
    for junk in ["", "not JSON", "[]", "{\"version\":4"] {
        let status = agent.put(&job, &place, junk).await.status;
        assert!([409, 412, 422].contains(&status), "{junk:?}: {status}");
    }
    agent.put(&job, "states/0?epoch=1&serial=one&lineage=l&md5=m", "{}").await.expect_status(400);
});

on_both!(a_report_of_more_states_than_have_arrived_is_refused, NO_AGENT, |server| {
    let workspace = server.owner.workspace("net").await;
    let agent = Played::new(server).await;
    let run = server.owner.run(&workspace, creates(1), &json!({ "auto-apply": true })).await;
    agent.plan(1).await;
    let job = agent.claim().await;
    agent.start(&job, "x").await.expect_status(204);
    agent.state(&job, 0, &state(1, &["a"])).await.expect_status(200);
    let mut told = report(&job, &json!({ "how": "finished" }));
    told["states_written"] = json!(2);
    let refused = agent.post(&job, "report", &told).await.expect_status(409);
    assert!(refused.text().contains("1 states have arrived, the report says 2"), "{}", refused.text());
    assert_eq!(server.owner.get(&format!("/runs/{}", run.id)).await.attribute("status"), "applying");
    agent.state(&job, 1, &state(2, &["a", "b"])).await.expect_status(200);
    agent.post(&job, "report", &told).await.expect_status(204);
    server.owner.wait_for(&run, &["applied"]).await;
});
