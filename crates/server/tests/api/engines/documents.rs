//! What a client shows of a plan, made by real engines: JSON lines, the redacted plan, the schemas.

use super::{Bench, on_engines};
use serde_json::{Value, json};
use terrane_testkit::{Run, archive};

const SECRET: &str = "correct-horse-battery";
const MAIN: &str = "variable \"password\" {\n  sensitive = true\n}\n\
    resource \"terraform_data\" \"shown\" {\n  input = \"plain\"\n}\n\
    resource \"terraform_data\" \"hidden\" {\n  input = { password = var.password, copy = \"x-${nonsensitive(var.password)}\" }\n}\n\
    output \"password\" {\n  value     = var.password\n  sensitive = true\n}\n";

async fn document(bench: &Bench, run: &Run, name: &str) -> (String, Value) {
    let answer = bench.server.owner.get(&format!("/plans/{}/{name}", run.plan)).await.expect_status(307);
    let answer = bench.server.anonymous.get(answer.header("location")).await.expect_status(200);
    (answer.text(), answer.json())
}

on_engines!(a_plan_in_json_lines_with_its_documents, |bench| {
    let owner = &bench.server.owner;
    let wish = json!({ "name": "net", "structured-run-output-enabled": true });
    let workspace = bench.workspace_with(&wish).await;
    let secret = json!({ "key": "password", "value": SECRET, "category": "terraform", "sensitive": true });
    owner.variable(&workspace, &secret).await;
    let run = owner.run(&workspace, archive(&[("main.tf", MAIN)]), &json!({ "auto-apply": true })).await;
    owner.wait_for(&run, &["applied"]).await;
    for log in [owner.log(&run).await, owner.apply_log(&run).await] {
        assert!(!log.contains(SECRET), "{log}");
        let lines = log.lines().skip(3).map(|line| serde_json::from_str(line).expect(line));
        let lines: Vec<Value> = lines.collect();
        assert_eq!(lines[0]["type"], "version", "{log}");
        assert!(lines.iter().any(|line| line["type"] == "change_summary"), "{log}");
    }
    let apply = owner.apply(&run).await;
    assert_eq!(apply.attribute("resource-additions"), 2);
    let (text, redacted) = document(bench, &run, "json-output-redacted").await;
    assert!(!text.contains(SECRET), "{text}");
    let change = |name: &str| {
        let changes = redacted["resource_changes"].as_array().unwrap();
        changes.iter().find(|change| change["name"] == name).expect(name)["change"].clone()
    };
    assert_eq!(change("shown")["after"]["input"], "plain");
    assert_eq!(change("hidden")["after_sensitive"]["input"]["password"], true);
    assert!(change("hidden")["after"]["input"]["password"].is_string(), "hidden, not gone");
    assert!(redacted["output_changes"]["password"]["after"].is_string());
    let (_, schemas) = document(bench, &run, "json-schema").await;
    for (of, whole) in [(&redacted, false), (&schemas, true)] {
        let provider = &of["provider_schemas"]["terraform.io/builtin/terraform"];
        assert!(provider["resource_schemas"]["terraform_data"].is_object());
        assert_eq!(provider["data_source_schemas"]["terraform_remote_state"].is_object(), whole);
    }
});
