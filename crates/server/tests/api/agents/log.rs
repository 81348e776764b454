//! `PUT /agent/v1/jobs/:id/log`, and who gets which job.

use crate::agents::{NO_AGENT, Played, report};
use crate::support::creates;
use serde_json::json;
use terrane_testkit::on_both;

on_both!(a_job_is_given_to_one_agent, NO_AGENT, |server| {
    let workspace = server.owner.workspace("net").await;
    for _ in 0..4 {
        server.owner.run(&workspace, creates(1), &json!({ "plan-only": true })).await;
    }
    let agent = Played::new(server).await;
    let claims: Vec<_> = (0..4)
        .map(|_| {
            let agent = agent.clone();
            tokio::spawn(async move { agent.claim().await })
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
    let agent = Played::new(server).await;
    let job = agent.claim().await;
    for (offset, text, status, next) in
        [(0, "0123456789", 200, 10), (0, "0123456789", 200, 10), (5, "56789abc", 200, 13), (20, "x", 409, 13)]
    {
        let answer = agent.log(&job, offset, text).await.expect_status(status);
        assert_eq!(answer.json(), json!({ "next_offset": next }));
    }
    assert!(server.owner.log(&run).await.ends_with("0123456789abc"));
    // A report that claims more log than has arrived, or results that were not uploaded, is refused.
    let mut told = report(&job, &json!({ "how": "finished" }));
    told["log_size_bytes"] = json!(99);
    agent.post(&job, "report", &told).await.expect_status(409);
    told["log_size_bytes"] = json!(13);
    told["plan_file"] = json!({ "sha256": "00", "size_bytes": 1 });
    agent.post(&job, "report", &told).await.expect_status(409);
    assert_eq!(server.owner.get(&format!("/runs/{}", run.id)).await.attribute("status"), "planning");
    told["plan_file"] = json!(null);
    agent.post(&job, "report", &told).await.expect_status(204);
    agent.post(&job, "report", &told).await.expect_status(204);
    server.owner.wait_for(&run, &["planned_and_finished"]).await;
});

on_both!(agents_of_another_pool_see_nothing, NO_AGENT, |server| {
    let workspace = server.owner.workspace("net").await;
    server.owner.run(&workspace, creates(1), &json!({})).await;
    let agent = Played::new(server).await;
    let job = agent.claim().await;
    let stranger = Played::of_pool(server, "others").await;
    stranger.beat(&job).await.expect_status(404);
    stranger.log(&job, 0, "x").await.expect_status(404);
    stranger.report(&job, &json!({ "how": "canceled" }), false).await.expect_status(404);
    agent.beat(&job).await.expect_status(200);
});

on_both!(a_plan_of_a_pool_s_agent_says_so, NO_AGENT, |server| {
    let workspace = server.owner.workspace("net").await;
    let run = server.owner.run(&workspace, creates(1), &json!({})).await;
    let agent = Played::of_pool(server, "runners").await;
    agent.plan(1).await;
    let plan = server.owner.planned(&run).await;
    let details = plan.attribute("execution-details");
    assert_eq!((&details["mode"], &details["agent-id"]), (&json!("agent"), &json!(agent.id)));
    assert_eq!((&details["agent-name"], &details["agent-pool-name"]), (&json!("played"), &json!("runners")));
    assert!(details["agent-pool-id"].as_str().unwrap().starts_with("apool-"));
});
