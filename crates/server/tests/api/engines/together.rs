//! Several real runs at once.

use super::on_engines;
use serde_json::json;
use terrane_testkit::archive;

const MAIN: &str = "resource \"terraform_data\" \"x\" {\n  count = 2\n}\n";

on_engines!(two_runs_racing, |bench| {
    let owner = &bench.server.owner;
    let workspace = bench.workspace("net-prod").await;
    let configuration = owner.configuration(&workspace, archive(&[("main.tf", MAIN)])).await;
    let normal = json!({});
    let (one, two) = tokio::join!(
        owner.run_of(&workspace, &configuration, &normal),
        owner.run_of(&workspace, &configuration, &normal)
    );
    let read = owner.get(&format!("/workspaces/{workspace}")).await;
    let current = read.at("/data/relationships/current-run/data/id").as_str().unwrap().to_owned();
    let (first, second) = if current == one.id { (one, two) } else { (two, one) };
    owner.wait_for(&first, &["planned"]).await;
    assert_eq!(owner.get(&format!("/runs/{}", second.id)).await.attribute("status"), "pending");
    owner.post(&format!("/runs/{}/actions/discard", first.id), &json!({})).await.expect_status(202);
    owner.wait_for(&second, &["planned"]).await;
});

on_engines!(speculative_beside_normal, |bench| {
    let owner = &bench.server.owner;
    let workspace = bench.workspace("net-prod").await;
    let configuration = owner.configuration(&workspace, archive(&[("main.tf", MAIN)])).await;
    let normal = owner.run_of(&workspace, &configuration, &json!({})).await;
    let speculative = owner.run_of(&workspace, &configuration, &json!({ "plan-only": true })).await;
    owner.wait_for(&speculative, &["planned_and_finished"]).await;
    owner.wait_for(&normal, &["planned"]).await;
    for run in [&normal, &speculative] {
        assert_eq!(owner.planned(run).await.attribute("resource-additions"), 2);
    }
});
