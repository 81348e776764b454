//! `POST /runs` (api-contract 4.2).

use crate::support::{assert_body, changes_nothing, creates, plan_steps};
use serde_json::{Value, json};
use terrane_testkit::{body, on_both};

on_both!(a_new_run_has_every_attribute, |server| {
    let workspace = server.owner.workspace("net").await;
    let configuration = server.owner.configuration(&workspace, creates(1)).await;
    let wish = json!({ "message": "nightly", "variables": [{ "key": "region", "value": "\"eu-1\"" }] });
    // Behind another one, so that it stays as it was made.
    server.owner.run_of(&workspace, &configuration, &json!({})).await;
    let made = server.owner.post_run(&workspace, &configuration, &wish).await.expect_status(201);
    assert_body!("run_created", made);
    let read = server.owner.get(&format!("/runs/{}", made.id())).await.expect_status(200);
    assert_eq!(read.json(), made.json());
});

on_both!(a_planned_run_waits_for_a_decision, |server| {
    let workspace = server.owner.workspace("net").await;
    let run = server.owner.run(&workspace, creates(1), &json!({})).await;
    assert_body!("run_planned", server.owner.wait_for(&run, &["planned"]).await);
});

on_both!(nothing_to_change_is_the_end, |server| {
    let workspace = server.owner.workspace("net").await;
    let run = server.owner.run(&workspace, changes_nothing(), &json!({})).await;
    let ended = server.owner.wait_for(&run, &["planned_and_finished"]).await;
    assert_eq!(ended.attribute("has-changes"), false);
    let wanted = server.owner.run(&workspace, changes_nothing(), &json!({ "allow-empty-apply": true })).await;
    // Nobody has to confirm nothing (api-contract 4.2).
    server.owner.wait_for(&wanted, &["applied"]).await;
});

on_both!(a_plan_only_run_ends_with_its_plan, |server| {
    let workspace = server.owner.workspace("net").await;
    let run = server.owner.run(&workspace, creates(1), &json!({ "plan-only": true })).await;
    let ended = server.owner.wait_for(&run, &["planned_and_finished"]).await;
    assert_eq!((ended.attribute("plan-only"), ended.attribute("has-changes")), (json!(true), json!(true)));
    assert_eq!(
        server
            .owner
            .get(&format!("/workspaces/{workspace}"))
            .await
            .at("/data/relationships/current-run/data"),
        Value::Null
    );
});

on_both!(a_speculative_configuration_makes_plan_only_runs, |server| {
    let workspace = server.owner.workspace("net").await;
    let (id, url) = server.owner.configuration_version(&workspace, true).await;
    server.owner.put(&url, creates(1)).await.expect_status(200);
    let run = server.owner.run_of(&workspace, &id, &json!({})).await;
    assert_eq!(server.owner.wait_for(&run, &["planned_and_finished"]).await.attribute("plan-only"), true);
    let refused =
        server.owner.post_run(&workspace, &id, &json!({ "plan-only": false })).await.expect_status(422);
    assert_eq!(refused.at("/errors/0/source/pointer"), "/data/attributes/plan-only");
    // It never becomes what a run without a configuration takes.
    let without = json!({ "data": { "type": "runs",
        "relationships": { "workspace": { "data": { "type": "workspaces", "id": workspace } } } } });
    server.owner.post("/runs", &without).await.expect_status(422);
});

on_both!(a_run_without_a_configuration_takes_the_latest, |server| {
    let workspace = server.owner.workspace("net").await;
    let without = json!({ "data": { "type": "runs", "attributes": { "plan-only": true },
        "relationships": { "workspace": { "data": { "type": "workspaces", "id": workspace } } } } });
    let refused = server.owner.post("/runs", &without).await.expect_status(422);
    assert!(refused.error().contains("Configuration version is missing"), "{}", refused.text());
    server.owner.configuration(&workspace, creates(1)).await;
    let latest = server.owner.configuration(&workspace, creates(2)).await;
    let made = server.owner.post("/runs", &without).await.expect_status(201);
    assert_eq!(made.at("/data/relationships/configuration-version/data/id"), latest.as_str());
});

on_both!(what_a_run_uses_is_frozen_when_it_is_made, |server| {
    let workspace = server.owner.workspace_with(&json!({ "name": "net", "working-directory": "" })).await;
    let setting = json!({ "key": "COLOR", "value": "green", "category": "env" });
    let variable = server.owner.variable(&workspace, &setting).await.id();
    let archive = plan_steps(&json!([{ "env": true }, { "plan": { "additions": 1 } }]));
    let configuration = server.owner.configuration(&workspace, archive).await;
    let first = server.owner.run_of(&workspace, &configuration, &json!({})).await;
    let second = server.owner.run_of(&workspace, &configuration, &json!({})).await;
    let change = body("vars", &json!({ "value": "red" }));
    server.owner.patch(&format!("/workspaces/{workspace}/vars/{variable}"), &change).await.expect_status(200);
    let change = body("workspaces", &json!({ "working-directory": "elsewhere" }));
    server.owner.patch(&format!("/workspaces/{workspace}"), &change).await.expect_status(200);
    server.owner.wait_for(&first, &["planned"]).await;
    server.owner.post(&format!("/runs/{}/actions/discard", first.id), &json!({})).await.expect_status(202);
    server.owner.wait_for(&second, &["planned"]).await;
    assert!(server.owner.log(&second).await.contains("COLOR=green"));
});

on_both!(a_client_that_repeats_its_request_gets_the_same_run, |server| {
    let workspace = server.owner.workspace("net").await;
    let configuration = server.owner.configuration(&workspace, creates(1)).await;
    let related = |kind: &str, id: &str| json!({ "data": { "type": kind, "id": id } });
    let wish = |message: &str| {
        json!({ "data": { "type": "runs", "attributes": { "message": message },
        "relationships": { "workspace": related("workspaces", &workspace),
            "configuration-version": related("configuration-versions", &configuration) } } })
    };
    let send = |message: &'static str| {
        let request = server.owner.request(reqwest::Method::POST, "/runs").json(&wish(message));
        server.owner.send(request.header("X-Terraform-Integration", "cloud"))
    };
    let first = send("one").await.expect_status(201);
    assert_eq!(first.attribute("source"), "terraform+cloud");
    assert_eq!(send("one").await.expect_status(201).id(), first.id());
    assert_ne!(send("two").await.expect_status(201).id(), first.id());
    let script = async |message| server.owner.post("/runs", &wish(message)).await;
    let (one, two) = (script("one").await.id(), script("one").await.id());
    assert!(one != two && one != first.id(), "other callers may start as many runs as they like");
});

on_both!(configurations_are_shared_within_an_organization_only, |server| {
    let (source, target) = (server.owner.workspace("source").await, server.owner.workspace("target").await);
    let configuration = server.owner.configuration(&source, creates(1)).await;
    let run = server.owner.run_of(&target, &configuration, &json!({ "plan-only": true })).await;
    server.owner.wait_for(&run, &["planned_and_finished"]).await;
    server.stranger.organization("elsewhere").await;
    let wish = body("workspaces", &json!({ "name": "theirs" }));
    let theirs =
        server.stranger.post("/organizations/elsewhere/workspaces", &wish).await.expect_status(201).id();
    server.stranger.post_run(&theirs, &configuration, &json!({})).await.expect_status(422);
    server.stranger.post_run(&target, &configuration, &json!({})).await.expect_status(404);
});

on_both!(what_cannot_be_planned_as_asked_is_refused, |server| {
    let workspace = server.owner.workspace_with(&json!({ "name": "net", "allow-destroy-plan": false })).await;
    let configuration = server.owner.configuration(&workspace, creates(1)).await;
    let (pending, _) = server.owner.configuration_version(&workspace, false).await;
    let refused = server.owner.post_run(&workspace, &pending, &json!({})).await.expect_status(422);
    assert_eq!(refused.at("/errors/0/source/pointer"), "/data/relationships/configuration-version");
    for (attributes, name) in [
        (json!({ "is-destroy": true }), "is-destroy"),
        (json!({ "variables": [{ "key": "1x", "value": "1" }] }), "variables"),
        (json!({ "variables": [{ "key": "x" }] }), "variables"),
        (json!({ "variables": "x" }), "variables"),
        (json!({ "message": 7 }), "message"),
        (json!({ "plan-only": "yes" }), "plan-only"),
    ] {
        let refused = server.owner.post_run(&workspace, &configuration, &attributes).await.expect_status(422);
        let pointer = refused.at("/errors/0/source/pointer");
        assert_eq!(pointer, format!("/data/attributes/{name}"), "{attributes}");
    }
    for unknown in ["cv-0000000000000000", "nonexisting", ""] {
        server.owner.post_run(&workspace, unknown, &json!({})).await.expect_status(422);
    }
    server.owner.post_run("ws-0000000000000000", &configuration, &json!({})).await.expect_status(404);
    let homeless =
        server.owner.post("/runs", &json!({ "data": { "type": "runs" } })).await.expect_status(422);
    assert!(homeless.error().contains("Workspace is missing"));
});

on_both!(run_variables_beat_those_of_the_workspace, |server| {
    let workspace = server.owner.workspace("net").await;
    let archive = terrane_testkit::archive(&[
        ("fake-engine.json", r#"{ "plan": [{ "var_files": true }, { "plan": { "additions": 1 } }] }"#),
        ("main.tf", "variable \"region\" {}\nvariable \"size\" {}\n"),
    ]);
    for (key, value) in [("region", "workspace-value"), ("size", "3")] {
        server
            .owner
            .variable(&workspace, &json!({ "key": key, "value": value, "category": "terraform" }))
            .await;
    }
    let wish = json!({ "plan-only": true, "variables": [{ "key": "region", "value": "\"run-value\"" }] });
    let run = server.owner.run(&workspace, archive, &wish).await;
    let ended = server.owner.wait_for(&run, &["planned_and_finished"]).await;
    assert_eq!(ended.attribute("variables"), json!([{ "key": "region", "value": "\"run-value\"" }]));
    let log = server.owner.log(&run).await;
    assert!(log.contains("region = \"run-value\"") && log.contains(r#"{"size":"3"}"#), "{log}");
    assert!(!log.contains("workspace-value"), "{log}");
});
