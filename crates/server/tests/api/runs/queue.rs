//! Who may go next (api-contract 4.7).

use crate::support::{creates, hangs, plan_steps};
use serde_json::{Value, json};
use terrane_testkit::{Answer, TestServer, on_both};

async fn workspace_of(server: &TestServer, id: &str) -> Answer {
    server.owner.get(&format!("/workspaces/{id}")).await.expect_status(200)
}

on_both!(the_run_in_progress_holds_the_lock_and_the_others_wait, |server| {
    let workspace = server.owner.workspace("net").await;
    let first = server.owner.run(&workspace, creates(1), &json!({})).await;
    let second = server.owner.run(&workspace, creates(1), &json!({})).await;
    server.owner.wait_for(&first, &["planned"]).await;
    let held = workspace_of(server, &workspace).await;
    assert_eq!(held.attribute("locked"), true);
    let holder = json!({ "id": first.id, "type": "runs" });
    assert_eq!(held.at("/data/relationships/locked-by/data"), holder);
    assert_eq!(held.at("/data/relationships/current-run/data"), holder);
    let waiting = server.owner.get(&format!("/runs/{}", second.id)).await;
    assert_eq!(waiting.attribute("status"), "pending");
    let refused = server.owner.post(&format!("/workspaces/{workspace}/actions/unlock"), &json!({})).await;
    assert!(refused.expect_status(409).error().contains(&format!("is locked by Run {}", first.id)));
    server.owner.post(&format!("/runs/{}/actions/discard", first.id), &json!({})).await.expect_status(202);
    server.owner.wait_for(&second, &["planned"]).await;
    let holder = json!({ "id": second.id, "type": "runs" });
    assert_eq!(workspace_of(server, &workspace).await.at("/data/relationships/locked-by/data"), holder);
});

on_both!(a_person_s_lock_keeps_runs_pending, |server| {
    let workspace = server.owner.workspace("net").await;
    let lock = json!({ "reason": "maintenance" });
    server.owner.post(&format!("/workspaces/{workspace}/actions/lock"), &lock).await.expect_status(200);
    let run = server.owner.run(&workspace, creates(1), &json!({})).await;
    let held = workspace_of(server, &workspace).await;
    assert_eq!(server.owner.get(&format!("/runs/{}", run.id)).await.attribute("status"), "pending");
    assert_eq!(held.at("/data/relationships/current-run/data/id"), run.id.as_str());
    assert_eq!(held.attribute("locked-reason"), "maintenance");
    let speculative = server.owner.run(&workspace, creates(1), &json!({ "plan-only": true })).await;
    server.owner.wait_for(&speculative, &["planned_and_finished"]).await;
    server
        .owner
        .post(&format!("/workspaces/{workspace}/actions/unlock"), &json!({}))
        .await
        .expect_status(200);
    server.owner.wait_for(&run, &["planned"]).await;
});

on_both!(a_speculative_run_waits_for_nobody, |server| {
    let workspace = server.owner.workspace("net").await;
    let normal = server.owner.run(&workspace, hangs(), &json!({})).await;
    server.owner.wait_for(&normal, &["planning"]).await;
    let speculative = server.owner.run(&workspace, creates(1), &json!({ "plan-only": true })).await;
    server.owner.wait_for(&speculative, &["planned_and_finished"]).await;
    let held = workspace_of(server, &workspace).await;
    assert_eq!(held.at("/data/relationships/locked-by/data/id"), normal.id.as_str());
    assert_eq!(held.at("/data/relationships/current-run/data/id"), normal.id.as_str());
});

on_both!(racing_requests_make_one_line, |server| {
    let workspace = server.owner.workspace("net").await;
    let configuration = server.owner.configuration(&workspace, creates(1)).await;
    let posts = (0..8).map(|_| {
        let (owner, workspace, configuration) =
            (server.owner.clone(), workspace.clone(), configuration.clone());
        tokio::spawn(async move { owner.run_of(&workspace, &configuration, &json!({})).await })
    });
    let posts: Vec<_> = posts.collect();
    let mut runs = Vec::new();
    for post in posts {
        runs.push(post.await.unwrap());
    }
    for _ in 0..runs.len() {
        let listed = server.owner.get(&format!("/workspaces/{workspace}/runs")).await;
        let unfinished: Vec<Value> = listed
            .at("/data")
            .as_array()
            .unwrap()
            .iter()
            .rev()
            .filter(|run| run["attributes"]["status"] != "discarded")
            .cloned()
            .collect();
        let first = unfinished.first().expect("one is left")["id"].as_str().unwrap().to_owned();
        let run = runs.iter().find(|run| run.id == first).unwrap();
        server.owner.wait_for(run, &["planned"]).await;
        for later in &unfinished[1..] {
            assert_eq!(later["attributes"]["status"], "pending");
        }
        server.owner.post(&format!("/runs/{first}/actions/discard"), &json!({})).await.expect_status(202);
    }
});

on_both!(normal_plans_go_before_speculative_ones, |server| {
    // Both slots are taken while the line forms.
    let busy = server.owner.workspace("busy").await;
    let mut hanging = Vec::new();
    for _ in 0..2 {
        hanging.push(server.owner.run(&busy, hangs(), &json!({ "plan-only": true })).await);
    }
    for run in &hanging {
        server.owner.wait_for(run, &["planning"]).await;
    }
    let (one, two) = (server.owner.workspace("one").await, server.owner.workspace("two").await);
    let slow = || plan_steps(&json!([{ "sleep_ms": 200 }, { "plan": { "additions": 1 } }]));
    let speculative = server.owner.run(&one, slow(), &json!({ "plan-only": true })).await;
    let normal = server.owner.run(&two, slow(), &json!({})).await;
    server
        .owner
        .post(&format!("/runs/{}/actions/cancel", hanging[0].id), &json!({}))
        .await
        .expect_status(202);
    server.owner.wait_for(&normal, &["planned"]).await;
    server.owner.wait_for(&speculative, &["planned_and_finished"]).await;
    let started =
        |plan: Answer| plan.at("/data/attributes/status-timestamps/started-at").as_str().unwrap().to_owned();
    assert!(started(server.owner.planned(&normal).await) < started(server.owner.planned(&speculative).await));
});
