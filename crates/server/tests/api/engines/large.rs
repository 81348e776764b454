//! Plans of thousands of resources.

use super::on_engines;
use serde_json::json;

on_engines!(five_thousand_resources, |bench| {
    let main = "resource \"terraform_data\" \"x\" {\n  count = 5000\n  input = { name = \"n-${count.index}\", tags = [\"a\", \"b\"] }\n}\n";
    let planned = bench.plan(main).await.finished();
    assert_eq!(planned.counts(), [5000, 0, 0]);
    let json = bench.server.owner.plan_json(&planned.run).await;
    assert_eq!(json["resource_changes"].as_array().unwrap().len(), 5000);
});

on_engines!(cancel_while_planning, |bench| {
    let owner = &bench.server.owner;
    let workspace = bench.workspace("net-prod").await;
    let main = "resource \"terraform_data\" \"x\" {\n  count = 20000\n  input = { name = \"n-${count.index}\" }\n}\n";
    let run = owner.run(&workspace, terrane_testkit::archive(&[("main.tf", main)]), &json!({})).await;
    owner.wait_for(&run, &["planning"]).await;
    tokio::time::sleep(std::time::Duration::from_millis(700)).await;
    owner.post(&format!("/runs/{}/actions/cancel", run.id), &json!({})).await.expect_status(202);
    let plan = owner.planned(&run).await;
    assert_eq!(plan.attribute("status"), "canceled", "{}", owner.log(&run).await);
    assert_eq!(owner.get(&format!("/workspaces/{workspace}")).await.attribute("locked"), false);
    owner.get(&format!("/plans/{}/json-output", run.plan)).await.expect_status(404);
});
