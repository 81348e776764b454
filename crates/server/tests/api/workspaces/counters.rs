//! What a workspace counts of its last runs (api-contract 8.2).

use crate::support::{changes_nothing, creates, plan_steps};
use serde_json::{Value, json};
use terrane_testkit::on_both;

on_both!(applied_and_errored_runs_are_counted_and_others_not, |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    let path = format!("/workspaces/{workspace}");
    let read = owner.get(&path).await;
    for name in
        ["plan-duration-average", "apply-duration-average", "run-failures", "workspace-kpis-runs-count"]
    {
        assert_eq!(read.attribute(name), Value::Null, "{name}");
    }
    let run = owner.run(&workspace, changes_nothing(), &json!({})).await;
    owner.wait_for(&run, &["planned_and_finished"]).await;
    assert_eq!(owner.get(&path).await.attribute("workspace-kpis-runs-count"), Value::Null);
    let run = owner.run(&workspace, creates(1), &json!({ "auto-apply": true })).await;
    owner.wait_for(&run, &["applied"]).await;
    let run = owner.run(&workspace, plan_steps(&json!([{ "exit": 1 }])), &json!({})).await;
    owner.wait_for(&run, &["errored"]).await;
    let read = owner.get(&path).await;
    assert_eq!(read.attribute("workspace-kpis-runs-count"), 2);
    assert_eq!(read.attribute("run-failures"), 1);
    assert_eq!(read.attribute("policy-check-failures"), 0);
    assert!(
        read.attribute("plan-duration-average").is_u64() && read.attribute("apply-duration-average").is_u64()
    );
    assert_eq!(owner.get("/organizations/acme/workspaces").await.at("/data/0"), read.at("/data"));
});
