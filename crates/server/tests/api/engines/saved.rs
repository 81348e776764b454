//! Saved plans of real engines (api-contract 4.8), and runs that pass others.

use super::{Bench, on_engines};
use serde_json::{Value, json};
use terrane_testkit::Run;

fn objects(count: u32) -> String {
    format!("resource \"terraform_data\" \"x\" {{\n  count = {count}\n}}\n")
}

async fn save(bench: &Bench, workspace: &str, main: &str) -> Run {
    let archive = terrane_testkit::archive(&[("main.tf", main)]);
    let run = bench.server.owner.run(workspace, archive, &json!({ "save-plan": true })).await;
    bench.server.owner.wait_for(&run, &["planned_and_saved"]).await;
    run
}

async fn act(bench: &Bench, run: &Run, action: &str) {
    bench
        .server
        .owner
        .post(&format!("/runs/{}/actions/{action}", run.id), &json!({}))
        .await
        .expect_status(202);
}

async fn status(bench: &Bench, run: &Run) -> Value {
    bench.server.owner.get(&format!("/runs/{}", run.id)).await.attribute("status")
}

on_engines!(a_saved_plan_is_applied_when_somebody_wants_it, |bench| {
    let workspace = bench.workspace("net").await;
    let saved = save(bench, &workspace, &objects(2)).await;
    let other = bench.plan_in(&workspace, &[("main.tf", &objects(3))], &json!({})).await.finished();
    assert_eq!(status(bench, &other.run).await, "planned");
    act(bench, &other.run, "discard").await;
    act(bench, &saved, "apply").await;
    let ended = bench.ended(&workspace, &saved).await.expect("applied", "finished");
    assert_eq!((ended.counts(), ended.is_locked()), ([2, 0, 0], false));
});

on_engines!(a_saved_plan_is_overtaken_by_the_apply_of_another_run, |bench| {
    let workspace = bench.workspace("net").await;
    let saved = save(bench, &workspace, &objects(2)).await;
    bench.apply(&workspace, &objects(1)).await.expect("applied", "finished");
    assert_eq!(status(bench, &saved).await, "discarded");
    let refused = bench.server.owner.post(&format!("/runs/{}/actions/apply", saved.id), &json!({})).await;
    refused.expect_status(409);
    assert_eq!(bench.server.owner.apply(&saved).await.attribute("status"), "unreachable");
    // A new plan of the same configuration knows what is there by now.
    let again = save(bench, &workspace, &objects(2)).await;
    act(bench, &again, "apply").await;
    assert_eq!(bench.ended(&workspace, &again).await.expect("applied", "finished").counts(), [1, 0, 0]);
});

on_engines!(of_two_saved_plans_one_is_applied, |bench| {
    let workspace = bench.workspace("net").await;
    let (one, two) = (save(bench, &workspace, &objects(1)).await, save(bench, &workspace, &objects(2)).await);
    act(bench, &two, "apply").await;
    bench.ended(&workspace, &two).await.expect("applied", "finished");
    assert_eq!(status(bench, &one).await, "discarded");
    assert_eq!(bench.state(&workspace).await["resources"][0]["instances"].as_array().unwrap().len(), 2);
});

on_engines!(a_run_by_force_goes_before_those_that_wait, |bench| {
    let owner = &bench.server.owner;
    let workspace = bench.workspace("net").await;
    let configuration =
        owner.configuration(&workspace, terrane_testkit::archive(&[("main.tf", &objects(1))])).await;
    let mut runs = Vec::new();
    for _ in 0..3 {
        runs.push(owner.run_of(&workspace, &configuration, &json!({ "auto-apply": false })).await);
    }
    owner.wait_for(&runs[0], &["planned"]).await;
    act(bench, &runs[2], "force-execute").await;
    owner.wait_for(&runs[2], &["planned"]).await;
    assert_eq!(
        (status(bench, &runs[0]).await, status(bench, &runs[1]).await),
        (json!("discarded"), json!("canceled"))
    );
    act(bench, &runs[2], "apply").await;
    bench.ended(&workspace, &runs[2]).await.expect("applied", "finished");
});
