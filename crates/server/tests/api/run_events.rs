//! `/runs/:id/run-events`, `/run-events/:id`.

use crate::support::{assert_body, creates};
use serde_json::json;
use terrane_testkit::on_both;

on_both!(each_step_of_a_run_is_an_event, |server| {
    let workspace = server.owner.workspace("net").await;
    let run = server.owner.run(&workspace, creates(1), &json!({})).await;
    let path = format!("/runs/{}/run-events", run.id);
    server.owner.get(&path).await.expect_status(200);
    server.owner.planned(&run).await;
    server.owner.post(&format!("/runs/{}/actions/discard", run.id), &json!({})).await.expect_status(202);
    let listed = server.owner.get(&format!("{path}?include=actor,comment")).await.expect_status(200);
    assert_body!("run_events", listed);
    let data = listed.at("/data").as_array().unwrap().clone();
    let actions: Vec<&str> =
        data.iter().map(|event| event["attributes"]["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["created", "queued", "planning", "planned", "discarded"]);
    let last = data.last().unwrap();
    let one =
        server.owner.get(&format!("/run-events/{}", last["id"].as_str().unwrap())).await.expect_status(200);
    assert_eq!(&one.at("/data"), last);
    let read = server.owner.get(&format!("/runs/{}", run.id)).await;
    assert_eq!(read.at("/data/relationships/run-events/data").as_array().unwrap().len(), data.len());
});

on_both!(a_history_that_is_not_legal_is_found, |server| {
    let workspace = server.owner.workspace("net").await;
    let run = server.owner.run(&workspace, creates(1), &json!({ "plan-only": true })).await;
    server.owner.planned(&run).await;
    assert_eq!(server.check_histories().await, Ok(()));
    let change = "UPDATE run_events SET action = $1 WHERE run_id = $2 AND action = $3";
    server.sql(change, &["applying", &run.id, "planning"]).await;
    let found = server.check_histories().await.unwrap_err();
    assert!(found.contains(&run.id) && found.contains("PlanQueued does not become Applying"), "{found}");
    server.sql(change, &["planning", &run.id, "applying"]).await;
});
