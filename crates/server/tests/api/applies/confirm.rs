//! `POST /runs/:id/actions/apply` (api-contract 4.6, 4.9).

use crate::support::{assert_body, changes_nothing, creates};
use serde_json::json;
use terrane_testkit::on_both;

on_both!(a_confirmed_run_is_applied, |server| {
    let workspace = server.owner.workspace("net").await;
    let run = server.owner.run(&workspace, creates(2), &json!({})).await;
    let planned = server.owner.wait_for(&run, &["planned"]).await;
    assert_eq!(planned.at("/data/attributes/actions/is-confirmable"), true);
    let path = format!("/runs/{}/actions/apply", run.id);
    server.stranger.post(&path, &json!({})).await.expect_status(404);
    let answer = server.owner.post(&path, &json!({ "comment": "looks right" })).await.expect_status(202);
    assert!(answer.bytes.is_empty());
    let applied = server.owner.wait_for(&run, &["applied", "errored"]).await;
    assert_eq!(applied.attribute("status"), "applied", "{}", server.owner.apply_log(&run).await);
    assert_body!("run_applied", applied);
    let apply = server.owner.apply(&run).await;
    assert_body!("apply_finished", apply);
    let framed = server.owner.framed_log_of(&apply).await;
    assert_eq!((framed.first(), framed.last()), (Some(&2), Some(&3)));
    server.owner.post(&path, &json!({})).await.expect_status(409);
    let comments = server.owner.get(&format!("/runs/{}/comments", run.id)).await.expect_status(200);
    assert_eq!(comments.at("/data/0/attributes/body"), "looks right");
    let id = comments.at("/data/0/id").as_str().unwrap().to_owned();
    let one = server.owner.get(&format!("/comments/{id}")).await.expect_status(200);
    assert_eq!(one.at("/data"), comments.at("/data/0"));
    let event = one.at("/data/relationships/run-event/data/id").as_str().unwrap().to_owned();
    let event = server.owner.get(&format!("/run-events/{event}")).await.expect_status(200);
    assert_eq!(event.at("/data/relationships/comment/data/id"), id.as_str());
});

on_both!(what_does_not_wait_for_it_is_not_applied, |server| {
    let workspace = server.owner.workspace("net").await;
    let confirm = async |run: &terrane_testkit::Run| {
        server
            .owner
            .post(&format!("/runs/{}/actions/apply", run.id), &json!({}))
            .await
            .expect_status(409)
            .error()
    };
    let speculative = server.owner.run(&workspace, creates(1), &json!({ "plan-only": true })).await;
    server.owner.wait_for(&speculative, &["planned_and_finished"]).await;
    assert!(confirm(&speculative).await.contains("it is planned_and_finished"));
    let first = server.owner.run(&workspace, creates(1), &json!({})).await;
    let second = server.owner.run(&workspace, creates(1), &json!({})).await;
    server.owner.wait_for(&first, &["planned"]).await;
    assert!(confirm(&second).await.contains("it is pending"));
    server.owner.post(&format!("/runs/{}/actions/discard", first.id), &json!({})).await.expect_status(202);
    assert!(confirm(&first).await.contains("it is discarded"));
    server.owner.wait_for(&second, &["planned"]).await;
    server.owner.post("/runs/run-nothing/actions/apply", &json!({})).await.expect_status(404);
});

on_both!(a_run_of_its_own_accord, |server| {
    let attributes = json!({ "name": "net", "auto-apply": true });
    let workspace = server.owner.workspace_with(&attributes).await;
    let run = server.owner.run(&workspace, creates(1), &json!({})).await;
    let applied = server.owner.wait_for(&run, &["applied"]).await;
    assert_eq!(applied.at("/data/relationships/confirmed-by/data"), json!(null));
    let held_back = server.owner.run(&workspace, creates(1), &json!({ "auto-apply": false })).await;
    server.owner.wait_for(&held_back, &["planned"]).await;
});

on_both!(an_empty_plan_is_applied_where_that_is_wanted, |server| {
    let workspace = server.owner.workspace("net").await;
    let run = server.owner.run(&workspace, changes_nothing(), &json!({ "allow-empty-apply": true })).await;
    server.owner.wait_for(&run, &["applied"]).await;
});

on_both!(two_confirmations_make_one_apply, |server| {
    let workspace = server.owner.workspace("net").await;
    let run = server.owner.run(&workspace, creates(1), &json!({})).await;
    server.owner.wait_for(&run, &["planned"]).await;
    let path = format!("/runs/{}/actions/apply", run.id);
    let posts: Vec<_> = (0..6)
        .map(|_| {
            let (owner, path) = (server.owner.clone(), path.clone());
            tokio::spawn(async move { owner.post(&path, &json!({})).await.status })
        })
        .collect();
    let mut accepted = 0;
    for post in posts {
        match post.await.unwrap() {
            202 => accepted += 1,
            status => assert_eq!(status, 409),
        }
    }
    assert_eq!(accepted, 1);
    server.owner.wait_for(&run, &["applied"]).await;
});
