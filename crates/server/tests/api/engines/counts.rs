//! What a plan would do, counted as the engine counts it.

use super::on_engines;
use serde_json::{Value, json};

on_engines!(creates, |bench| {
    let planned = bench
        .plan("resource \"terraform_data\" \"a\" {\n  count = 3\n  input = count.index\n}\n")
        .await
        .finished();
    assert_eq!(planned.counts(), [3, 0, 0]);
    let json = bench.server.owner.plan_json(&planned.run).await;
    assert_eq!(json["resource_changes"].as_array().unwrap().len(), 3);
    assert_eq!(planned.plan.attribute("has-changes"), true);
});

on_engines!(no_changes_in_an_empty_configuration, |bench| {
    let planned = bench.plan("").await.finished();
    assert_eq!(planned.plan.attribute("has-changes"), false);
    let run = bench.server.owner.get(&format!("/runs/{}", planned.run.id)).await;
    assert_eq!(run.attribute("status"), "planned_and_finished");
    assert!(planned.log.contains("No changes"), "{}", planned.log);
});

on_engines!(outputs_alone_are_changes, |bench| {
    let planned = bench.plan("output \"answer\" {\n  value = 42\n}\n").await.finished();
    assert_eq!((planned.counts(), planned.plan.attribute("has-changes")), ([0, 0, 0], json!(true)));
    let json = bench.server.owner.plan_json(&planned.run).await;
    assert_eq!(json["output_changes"]["answer"]["after"], 42);
});

on_engines!(unknown_values, |bench| {
    let main = r#"
resource "terraform_data" "first" {}
resource "terraform_data" "second" {
  input = terraform_data.first.id
}
output "id" {
  value = terraform_data.second.output
}
"#;
    let planned = bench.plan(main).await.finished();
    assert_eq!(planned.counts(), [2, 0, 0]);
    let json = bench.server.owner.plan_json(&planned.run).await;
    assert_eq!(json["output_changes"]["id"]["after_unknown"], true);
});

on_engines!(modules, |bench| {
    let root =
        "module \"net\" {\n  source = \"./modules/net\"\n  count  = 2\n  name   = \"n${count.index}\"\n}\n";
    let module = "variable \"name\" {}\nresource \"terraform_data\" \"x\" {\n  input = var.name\n}\n";
    let planned = bench.plan_files(&[("main.tf", root), ("modules/net/main.tf", module)]).await.finished();
    assert_eq!(planned.counts(), [2, 0, 0]);
    let json = bench.server.owner.plan_json(&planned.run).await;
    let changes = json["resource_changes"].as_array().unwrap();
    let addresses: Vec<&str> = changes.iter().map(|change| change["address"].as_str().unwrap()).collect();
    assert_eq!(addresses, ["module.net[0].terraform_data.x", "module.net[1].terraform_data.x"]);
});

on_engines!(for_each_with_odd_keys, |bench| {
    let main = "resource \"terraform_data\" \"x\" {\n  for_each = toset([\"b/c\", \"d\\\"e\", \"ü\", \"a b\", \"$${x}\"])\n  input    = each.key\n}\n";
    let planned = bench.plan(main).await.finished();
    assert_eq!(planned.counts(), [5, 0, 0]);
    let json = bench.server.owner.plan_json(&planned.run).await;
    let changes = json["resource_changes"].as_array().unwrap();
    let mut keys: Vec<&Value> = changes.iter().map(|change| &change["index"]).collect();
    keys.sort_by_key(|key| key.as_str());
    assert_eq!(keys, ["${x}", "a b", "b/c", "d\"e", "ü"]);
});

on_engines!(imports, |bench| {
    let main =
        "import {\n  to = terraform_data.x\n  id = \"some-id\"\n}\nresource \"terraform_data\" \"x\" {}\n";
    let planned = bench.plan(main).await.finished();
    assert_eq!(planned.plan.attribute("resource-imports"), 1);
    assert_eq!(planned.plan.attribute("has-changes"), true);
});

on_engines!(a_destroy_of_nothing, |bench| {
    let workspace = bench.workspace("net-prod").await;
    let files = [("main.tf", "resource \"terraform_data\" \"x\" {}\n")];
    let planned = bench.plan_in(&workspace, &files, &json!({ "is-destroy": true })).await.finished();
    assert_eq!((planned.counts(), planned.plan.attribute("has-changes")), ([0, 0, 0], json!(false)));
    assert!(planned.log.contains("No changes") || planned.log.contains("no objects"), "{}", planned.log);
});
