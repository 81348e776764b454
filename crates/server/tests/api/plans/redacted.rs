//! Structured output, and the documents that come with it: `json-output-redacted` and `json-schema` (api-contract 3.5, 3.7,
//! cli-protocol 3.8).

use crate::support::creates;
use serde_json::{Value, json};
use std::time::Duration;
use terrane_server::platform::db::{Exec, sql};
use terrane_testkit::{Run, TestServer, body, on_both};

async fn document(server: &TestServer, run: &Run, name: &str) -> Value {
    let answer = server.owner.get(&format!("/plans/{}/{name}", run.plan)).await.expect_status(307);
    server.anonymous.get(answer.header("location")).await.expect_status(200).json()
}

on_both!(what_clients_show_is_another_document, |server| {
    let workspace = server.owner.workspace("net").await;
    let run = server.owner.run(&workspace, creates(2), &json!({})).await;
    let plan = server.owner.planned(&run).await;
    for name in ["json-output-redacted", "json-schema"] {
        assert_eq!(plan.at(&format!("/data/links/{name}")), format!("/api/v2/plans/{}/{name}", run.plan));
    }
    let redacted = document(server, &run, "json-output-redacted").await;
    assert_eq!(redacted["plan_format_version"], "1.2");
    assert_eq!(redacted["resource_changes"].as_array().unwrap().len(), 2);
    for absent in ["format_version", "variables", "planned_values", "prior_state", "configuration", "checks"]
    {
        assert_eq!(redacted.get(absent), None, "{absent}");
    }
    let schemas = document(server, &run, "json-schema").await;
    assert_eq!(redacted["provider_format_version"], schemas["format_version"]);
    let types =
        |of: &Value| of["provider_schemas"]["terraform.io/builtin/terraform"]["resource_schemas"].clone();
    assert_eq!(types(&redacted), types(&schemas));
});

on_both!(whoever_may_read_runs_reads_them, |server| {
    let workspace = server.owner.workspace("net").await;
    let run = server.owner.run(&workspace, creates(1), &json!({})).await;
    server.owner.planned(&run).await;
    let stranger = server.actor("stranger").await;
    for name in ["json-output-redacted", "json-schema"] {
        stranger.get(&format!("/plans/{}/{name}", run.plan)).await.expect_status(404);
        stranger.get(&format!("/runs/{}/plan/{name}", run.id)).await.expect_status(404);
        server.anonymous.get(&format!("/plans/{}/{name}", run.plan)).await.expect_status(401);
        let answer = server.owner.get(&format!("/runs/{}/plan/{name}", run.id)).await.expect_status(307);
        server.app().clock.advance(Duration::from_secs(61));
        server.anonymous.get(answer.header("location")).await.expect_status(403);
    }
});

on_both!(a_log_s_form_is_that_of_its_run_for_ever, |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    let flag = |answer: &terrane_testkit::Answer| answer.attribute("structured-run-output-enabled");
    let run = owner.run(&workspace, creates(1), &json!({})).await;
    let off = body("workspaces", &json!({ "structured-run-output-enabled": false }));
    owner.patch(&format!("/workspaces/{workspace}"), &off).await.expect_status(200);
    assert_eq!(flag(&owner.planned(&run).await), true);
    // A client of the run reads there how to show it.
    let shown = owner.get(&format!("/runs/{}?include=workspace,plan", run.id)).await.expect_status(200);
    let included = shown.at("/included");
    for resource in included.as_array().unwrap() {
        assert_eq!(resource["attributes"]["structured-run-output-enabled"], true, "{resource}");
    }
    assert_eq!(flag(&owner.get(&format!("/workspaces/{workspace}")).await), false);
    let later = owner.run(&workspace, creates(1), &json!({})).await;
    assert_eq!(flag(&owner.get(&format!("/plans/{}", later.plan)).await), false);
});

// Of the `remote` backend: it prints a log as it is.
on_both!(a_client_that_prints_logs_gets_text, |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    for (integration, is_structured) in [(None, false), (Some("cloud"), true)] {
        // As these clients do it: one of its own for each command.
        let configuration = owner.configuration(&workspace, creates(1)).await;
        let wish = json!({ "data": { "type": "runs", "attributes": {}, "relationships": {
            "workspace": { "data": { "type": "workspaces", "id": workspace } },
            "configuration-version": { "data": { "type": "configuration-versions", "id": configuration } },
        } } });
        let request = owner.request(reqwest::Method::POST, "/runs").header("terraform-version", "1.11.4");
        let request = match integration {
            Some(value) => request.header("x-terraform-integration", value),
            None => request,
        };
        let made = owner.send(request.json(&wish)).await.expect_status(201);
        let plan = owner.get(&format!("/runs/{}/plan", made.id())).await;
        assert_eq!(plan.attribute("structured-run-output-enabled"), is_structured);
        let shown = owner.get(&format!("/runs/{}?include=workspace", made.id())).await;
        let flag = shown.at("/included/0/attributes/structured-run-output-enabled");
        assert_eq!(flag, is_structured);
    }
});

on_both!(schemas_are_stored_once, |server| {
    let owner = &server.owner;
    let (first, second) = (owner.workspace("first").await, owner.workspace("second").await);
    let one = owner.run(&first, creates(1), &json!({})).await;
    owner.planned(&one).await;
    let other = owner.run(&second, creates(2), &json!({})).await;
    owner.planned(&other).await;
    let stored = "SELECT COUNT(*) FROM provider_schemas";
    let named = "SELECT COUNT(DISTINCT schemas_object_id) FROM plans WHERE schemas_object_id IS NOT NULL";
    for statement in [stored, named] {
        let (count,): (i64,) = server.app().db.one(sql(statement)).await.unwrap();
        assert_eq!(count, 1, "{statement}");
    }
    // They are not the workspace's: another one has the same.
    owner.delete(&format!("/workspaces/{first}")).await.expect_status(204);
    document(server, &other, "json-schema").await;
    let (garbage,): (i64,) = (server.app().db)
        .one(sql(
            "SELECT COUNT(*) FROM object_garbage g JOIN provider_schemas s ON s.object_id = g.object_id",
        ))
        .await
        .unwrap();
    assert_eq!(garbage, 0);
});
