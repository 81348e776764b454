//! What kind of plan a run asks for (api-contract 4.2).

use crate::support::{creates, plan_steps};
use serde_json::{Value, json};
use terrane_testkit::{fake_archive, on_both};

on_both!(every_option_reaches_the_engine_and_is_shown, |server| {
    let workspace = server.owner.workspace("net").await;
    let archive =
        plan_steps(&json!([{ "arguments": true }, { "env": true }, { "plan": { "additions": 1 } }]));
    let configuration = server.owner.configuration(&workspace, archive).await;
    let plain = server.owner.run_of(&workspace, &configuration, &json!({ "plan-only": true })).await;
    server.owner.planned(&plain).await;
    let log = server.owner.log(&plain).await;
    for absent in ["-refresh", "-target", "-replace", "-generate", "-destroy", "TF_LOG"] {
        assert!(!log.contains(absent), "{absent}: {log}");
    }
    let read = server.owner.get(&format!("/runs/{}", plain.id)).await;
    let defaults = ["refresh", "refresh-only", "debugging-mode", "target-addrs", "replace-addrs"];
    assert_eq!(
        defaults.map(|name| read.attribute(name)),
        [json!(true), json!(false), json!(false), Value::Null, Value::Null]
    );

    let wish = json!({ "plan-only": true, "refresh": false, "allow-config-generation": true, "debugging-mode": true,
        "target-addrs": ["a.b[\"c d\"]", "-destroy"], "replace-addrs": ["e.f"] });
    let run = server.owner.run_of(&workspace, &configuration, &wish).await;
    server.owner.planned(&run).await;
    let log = server.owner.log(&run).await;
    let wanted =
        ["-refresh=false", r#"-target=a.b[\"c d\"]"#, "-target=-destroy", "-replace=e.f", "TF_LOG=TRACE"];
    for argument in wanted {
        assert!(log.contains(argument), "{argument}: {log}");
    }
    assert!(log.contains("-generate-config-out=") && log.contains("/out/generated.tf"), "{log}");
    let read = server.owner.get(&format!("/runs/{}", run.id)).await;
    for (name, value) in wish.as_object().unwrap() {
        assert_eq!(read.attribute(name), *value, "{name}");
    }

    let refresh = server.owner.run_of(&workspace, &configuration, &json!({ "refresh-only": true })).await;
    server.owner.planned(&refresh).await;
    assert!(server.owner.log(&refresh).await.contains("\"-refresh-only\""));
});

on_both!(an_empty_list_of_addresses_is_none_for_the_engine, |server| {
    let workspace = server.owner.workspace("net").await;
    let wish =
        json!({ "plan-only": true, "target-addrs": [], "replace-addrs": [], "invoke-action-addrs": [] });
    let run = server.owner.run(&workspace, creates(1), &wish).await;
    server.owner.planned(&run).await;
    assert_eq!(server.owner.get(&format!("/runs/{}", run.id)).await.attribute("target-addrs"), json!([]));
});

on_both!(what_excludes_each_other_is_refused, |server| {
    let workspace = server.owner.workspace_with(&json!({ "name": "net", "engine": "terraform" })).await;
    let configuration = server.owner.configuration(&workspace, creates(1)).await;
    let (speculative, url) = server.owner.configuration_version(&workspace, true).await;
    server.owner.put(&url, creates(1)).await.expect_status(200);
    for (attributes, name) in [
        (json!({ "is-destroy": true, "refresh-only": true }), "refresh-only"),
        (json!({ "refresh-only": true, "refresh": false }), "refresh"),
        (json!({ "save-plan": true, "plan-only": true }), "save-plan"),
        (json!({ "terraform-version": "1.99.0" }), "terraform-version"),
        (json!({ "terraform-version": "1.99.0", "plan-only": false }), "terraform-version"),
        (json!({ "terraform-version": "banana", "plan-only": true }), "terraform-version"),
        (json!({ "terraform-version": 1, "plan-only": true }), "terraform-version"),
        (json!({ "terraform-version": "0.15.3", "plan-only": true, "refresh-only": true }), "refresh-only"),
        (
            json!({ "terraform-version": "0.15.1", "plan-only": true, "replace-addrs": ["a.b"] }),
            "replace-addrs",
        ),
        (
            json!({ "terraform-version": "1.4.9", "plan-only": true, "allow-config-generation": true }),
            "allow-config-generation",
        ),
        (json!({ "is-destroy": true, "replace-addrs": ["a.b"] }), "replace-addrs"),
        (json!({ "target-addrs": ["a.b", ""] }), "target-addrs"),
        (json!({ "replace-addrs": [""] }), "replace-addrs"),
        (json!({ "target-addrs": "a.b" }), "target-addrs"),
        (json!({ "target-addrs": [1] }), "target-addrs"),
        (json!({ "target-addrs": ["x".repeat(2001)] }), "target-addrs"),
        (json!({ "target-addrs": vec!["a.b"; 1001] }), "target-addrs"),
        (json!({ "invoke-action-addrs": ["action.a.b"] }), "invoke-action-addrs"),
        (json!({ "refresh": "no" }), "refresh"),
        (json!({ "save-plan": 1 }), "save-plan"),
        (json!({ "debugging-mode": "yes" }), "debugging-mode"),
    ] {
        let refused = server.owner.post_run(&workspace, &configuration, &attributes).await.expect_status(422);
        let pointer = refused.at("/errors/0/source/pointer");
        assert_eq!(pointer, format!("/data/attributes/{name}"), "{attributes}");
    }
    let refused = server.owner.post_run(&workspace, &speculative, &json!({ "save-plan": true })).await;
    assert_eq!(refused.expect_status(422).at("/errors/0/source/pointer"), "/data/attributes/save-plan");
    assert_eq!(server.owner.get(&format!("/workspaces/{workspace}/runs")).await.at("/data"), json!([]));
});

on_both!(a_plan_only_run_may_have_another_version, |server| {
    let workspace =
        server.owner.workspace_with(&json!({ "name": "net", "terraform-version": "1.2.3" })).await;
    let configuration = server.owner.configuration(&workspace, creates(1)).await;
    let wish = |version: &str| json!({ "plan-only": true, "terraform-version": version });
    let run = server.owner.run_of(&workspace, &configuration, &wish("1.99.0")).await;
    assert_eq!(server.owner.planned(&run).await.attribute("status"), "finished");
    let missing = server.owner.run_of(&workspace, &configuration, &wish("1.98.0")).await;
    server.owner.wait_for(&missing, &["errored"]).await;
    let log = server.owner.log(&missing).await;
    assert!(log.contains("no engine for this run") && log.contains("1.98.0"), "{log}");
});

on_both!(an_import_alone_is_something_to_apply, |server| {
    let workspace = server.owner.workspace("net").await;
    let archive = plan_steps(&json!([{ "plan": { "imports": 2 } }]));
    let run = server.owner.run(&workspace, archive, &json!({})).await;
    assert_eq!(server.owner.wait_for(&run, &["planned"]).await.attribute("has-changes"), true);
    assert_eq!(server.owner.planned(&run).await.attribute("resource-imports"), 2);
});

on_both!(outputs_alone_are_something_to_apply, |server| {
    let workspace = server.owner.workspace("net").await;
    let archive = fake_archive(&json!({ "plan": [{ "plan": { "outputs_only": true } }] }));
    let run = server.owner.run(&workspace, archive, &json!({ "auto-apply": true })).await;
    server.owner.wait_for(&run, &["applied"]).await;
});
