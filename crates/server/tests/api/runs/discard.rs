//! `POST /runs/:id/actions/discard` (api-contract 4.6).

use crate::support::{creates, hangs};
use serde_json::json;
use terrane_testkit::on_both;

on_both!(a_planned_run_is_discarded_and_frees_the_workspace, |server| {
    let workspace = server.owner.workspace("net").await;
    let run = server.owner.run(&workspace, creates(1), &json!({})).await;
    let next = server.owner.run(&workspace, creates(2), &json!({})).await;
    server.owner.wait_for(&run, &["planned"]).await;
    let path = format!("/runs/{}/actions/discard", run.id);
    server.stranger.post(&path, &json!({})).await.expect_status(404);
    // An empty body is a body.
    let request = server.owner.request(reqwest::Method::POST, &path);
    assert!(server.owner.send(request).await.expect_status(202).bytes.is_empty());
    let ended = server.owner.get(&format!("/runs/{}", run.id)).await;
    assert_eq!(ended.attribute("status"), "discarded");
    assert!(ended.at("/data/attributes/status-timestamps/discarded-at").is_string());
    assert_eq!(ended.at("/data/attributes/actions/is-discardable"), false);
    // Its plan stays what it was.
    assert_eq!(server.owner.planned(&run).await.attribute("status"), "finished");
    server.owner.wait_for(&next, &["planned"]).await;
    server.owner.post(&path, &json!({})).await.expect_status(409);
});

on_both!(a_planning_run_is_canceled_not_discarded, |server| {
    let workspace = server.owner.workspace("net").await;
    let run = server.owner.run(&workspace, hangs(), &json!({})).await;
    server.owner.wait_for(&run, &["planning"]).await;
    let refused = server.owner.post(&format!("/runs/{}/actions/discard", run.id), &json!({})).await;
    assert!(refused.expect_status(409).error().contains("it is planning"));
});
