//! `/organizations/:organization/runs/queue`, `/organizations/:organization/capacity` (api-contract 4.7).

use crate::agents::{NO_AGENT, Played};
use crate::support::creates;
use serde_json::{Value, json};
use terrane_testkit::on_both;

on_both!(what_agents_have_to_do_in_the_order_of_its_turns, NO_AGENT, |server| {
    let agent = Played::new(server).await;
    let (one, two, three) = (
        server.owner.workspace("one").await,
        server.owner.workspace("two").await,
        server.owner.workspace("three").await,
    );
    let applying = server.owner.run(&one, creates(1), &json!({})).await;
    agent.plan(1).await;
    let speculative = server.owner.run(&two, creates(1), &json!({ "plan-only": true })).await;
    let normal = server.owner.run(&three, creates(1), &json!({})).await;
    server.owner.post(&format!("/runs/{}/actions/apply", applying.id), &json!({})).await.expect_status(202);
    let queue = async || {
        let listed = server.owner.get("/organizations/acme/runs/queue").await.expect_status(200).at("/data");
        let place = |run: &Value| {
            (run["id"].as_str().unwrap().to_owned(), run["attributes"]["position-in-queue"].as_u64().unwrap())
        };
        listed.as_array().unwrap().iter().map(place).collect::<Vec<_>>()
    };
    let at = |run: &terrane_testkit::Run, place| (run.id.clone(), place);
    assert_eq!(queue().await, [at(&applying, 1), at(&normal, 2), at(&speculative, 3)]);
    let capacity = async || {
        server.owner.get("/organizations/acme/capacity").await.expect_status(200).at("/data/attributes")
    };
    assert_eq!(capacity().await, json!({ "pending": 3, "running": 0 }));
    assert_eq!(agent.claim().await["run_id"], applying.id.as_str());
    assert_eq!(agent.claim().await["run_id"], normal.id.as_str());
    assert_eq!(capacity().await, json!({ "pending": 1, "running": 2 }));
    assert_eq!(queue().await.last().unwrap(), &at(&speculative, 3));
    for path in ["/organizations/acme/runs/queue", "/organizations/acme/capacity"] {
        server.stranger.get(path).await.expect_status(404);
    }
});
