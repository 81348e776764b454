//! `POST /runs/:id/actions/force-execute` (api-contract 4.6, section 19 row 10).

use crate::support::{creates, hangs};
use serde_json::{Value, json};
use terrane_testkit::{Answer, Run, TestServer, on_both};

async fn force(server: &TestServer, run: &Run) -> Answer {
    server.owner.post(&format!("/runs/{}/actions/force-execute", run.id), &json!({})).await
}

async fn status(server: &TestServer, run: &Run) -> Value {
    server.owner.get(&format!("/runs/{}", run.id)).await.expect_status(200).attribute("status")
}

on_both!(a_run_passes_all_that_were_before_it, |server| {
    let workspace = server.owner.workspace("net").await;
    let configuration = server.owner.configuration(&workspace, creates(1)).await;
    let mut runs = Vec::new();
    for _ in 0..4 {
        runs.push(server.owner.run_of(&workspace, &configuration, &json!({})).await);
    }
    server.owner.wait_for(&runs[0], &["planned"]).await;
    let path = format!("/runs/{}/actions/force-execute", runs[2].id);
    server.stranger.post(&path, &json!({})).await.expect_status(404);
    assert!(force(server, &runs[2]).await.expect_status(202).bytes.is_empty());
    server.owner.wait_for(&runs[2], &["planned"]).await;
    assert_eq!(status(server, &runs[0]).await, "discarded");
    assert_eq!(status(server, &runs[3]).await, "pending");
    let passed = server.owner.get(&format!("/runs/{}", runs[1].id)).await;
    assert_eq!(passed.attribute("status"), "canceled");
    assert!(passed.attribute("canceled-at").is_string());
    assert!(passed.at("/data/relationships/canceled-by/data/id").is_string());
    assert_eq!(server.owner.planned(&runs[1]).await.attribute("status"), "unreachable");
    let read = server.owner.get(&format!("/workspaces/{workspace}")).await;
    assert_eq!(read.at("/data/relationships/locked-by/data/id"), runs[2].id.as_str());
    let refused = force(server, &runs[2]).await.expect_status(403);
    assert!(refused.error().contains("the run is not pending, it is planned"), "{}", refused.text());
    assert_eq!(refused.at("/errors/0/status"), "403");
});

on_both!(only_a_run_that_can_be_discarded_makes_room, |server| {
    let workspace = server.owner.workspace("net").await;
    let busy = server.owner.run(&workspace, hangs(), &json!({})).await;
    let waiting = server.owner.run(&workspace, creates(1), &json!({})).await;
    server.owner.wait_for(&busy, &["planning"]).await;
    let refused = force(server, &waiting).await.expect_status(409);
    assert!(
        refused.error().contains(&format!("{}, which cannot be discarded", busy.id)),
        "{}",
        refused.text()
    );
    assert_eq!(status(server, &waiting).await, "pending");
    server.owner.post(&format!("/runs/{}/actions/cancel", busy.id), &json!({})).await.expect_status(202);
    server.owner.wait_for(&waiting, &["planned"]).await;
});

on_both!(a_person_s_lock_is_not_broken, |server| {
    let workspace = server.owner.workspace("net").await;
    server.owner.post(&format!("/workspaces/{workspace}/actions/lock"), &json!({})).await.expect_status(200);
    let waiting = server.owner.run(&workspace, creates(1), &json!({})).await;
    let refused = force(server, &waiting).await.expect_status(409);
    assert!(refused.error().contains("locked by a person"), "{}", refused.text());
    let missing = Run { id: "run-1111111111111111".to_owned(), plan: String::new() };
    force(server, &missing).await.expect_status(404);
});
