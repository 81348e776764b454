//! Variables of sets in real runs: which one the engine gets, and when it is fixed.

use super::on_engines;
use crate::varsets::many;
use serde_json::{Value, json};
use terrane_testkit::{Actor, body};

const MAIN: &str = "variable \"a\" {}\nvariable \"b\" {}\nvariable \"c\" {}\nvariable \"d\" {}\nvariable \"e\" {}\n\
    output \"all\" {\n  value = [var.a, var.b, var.c, var.d, var.e]\n}\n";

/// A set in `acme` with variables of the configuration, each with the set's name as its value.
async fn set(actor: &Actor, name: &str, attributes: &Value, keys: &[&str], relationships: Value) -> String {
    let vars: Vec<Value> = keys
        .iter()
        .map(|key| json!({ "type": "vars", "attributes": { "key": key, "value": name, "category": "terraform" } }))
        .collect();
    let (mut all, mut attributes) = (relationships, attributes.clone());
    all["vars"] = json!({ "data": vars });
    attributes["name"] = json!(name);
    let wish = json!({ "data": { "type": "varsets", "attributes": attributes, "relationships": all } });
    actor.post("/organizations/acme/varsets", &wish).await.expect_status(201).id()
}

async fn own(actor: &Actor, workspace: &str, key: &str) {
    let wish = json!({ "key": key, "value": "workspace", "category": "terraform" });
    actor.variable(workspace, &wish).await;
}

on_engines!(the_strongest_variable_arrives, |bench| {
    let owner = &bench.server.owner;
    let workspace = bench.workspace("net-prod").await;
    let project =
        owner.get(&format!("/workspaces/{workspace}")).await.at("/data/relationships/project/data/id");
    let project = project.as_str().expect("a project");
    let on = json!({ "workspaces": many("workspaces", &[&workspace]) });
    let on_project = json!({ "projects": many("projects", &[project]) });
    set(owner, "global", &json!({ "global": true }), &["a", "b", "c", "d", "e"], json!({})).await;
    set(owner, "of-project", &json!({}), &["b", "c", "d", "e"], on_project).await;
    set(owner, "of-workspace", &json!({}), &["c", "d", "e"], on.clone()).await;
    // Of two of one rank the smaller name wins.
    set(owner, "of-a-workspace", &json!({}), &["d"], on.clone()).await;
    own(owner, &workspace, "e").await;
    // Files of the configuration are below all of them.
    let files = [("main.tf", MAIN), ("x.auto.tfvars", "a = \"file\"\nb = \"file\"\nc = \"file\"\n")];
    let planned = bench.plan_in(&workspace, &files, &json!({})).await.finished();
    let json = owner.plan_json(&planned.run).await;
    let expected = json!(["global", "of-project", "of-workspace", "of-a-workspace", "workspace"]);
    assert_eq!(json["output_changes"]["all"]["after"], expected, "{}", planned.log);
});

on_engines!(a_priority_set_beats_workspace_and_run, |bench| {
    let owner = &bench.server.owner;
    let workspace = bench.workspace("net-prod").await;
    let on = json!({ "workspaces": many("workspaces", &[&workspace]) });
    set(owner, "plain", &json!({}), &["a", "b", "c", "d", "e"], on.clone()).await;
    set(owner, "strong", &json!({ "priority": true }), &["a", "b"], on).await;
    set(owner, "strongest", &json!({ "priority": true, "global": true }), &["a"], json!({})).await;
    for key in ["a", "b", "c"] {
        own(owner, &workspace, key).await;
    }
    let given = |key: &str| json!({ "key": key, "value": "\"run\"" });
    let wish = json!({ "variables": [given("a"), given("b"), given("c"), given("d")] });
    let planned = bench.plan_in(&workspace, &[("main.tf", MAIN)], &wish).await.finished();
    let json = owner.plan_json(&planned.run).await;
    let expected = json!(["strongest", "strong", "run", "run", "plain"]);
    assert_eq!(json["output_changes"]["all"]["after"], expected, "{}", planned.log);
    let used = owner.get(&format!("/runs/{}/vars", planned.run.id)).await;
    let mut origins: Vec<String> = used
        .at("/data")
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            format!(
                "{} {}",
                one["attributes"]["key"].as_str().unwrap(),
                one["attributes"]["origin"].as_str().unwrap()
            )
        })
        .collect();
    origins.sort_unstable();
    assert_eq!(origins, ["a varset", "b varset", "c run", "d run", "e varset"]);
});

on_engines!(an_environment_of_a_set_and_a_secret_of_a_set, |bench| {
    let owner = &bench.server.owner;
    let workspace = bench.workspace("net-prod").await;
    let variable = |key: &str, value: &str, category: &str, more: Value| {
        let mut attributes = json!({ "key": key, "value": value, "category": category });
        attributes.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "type": "vars", "attributes": attributes })
    };
    let vars = json!([
        variable("TF_VAR_a", "of the environment", "env", json!({})),
        variable("b", "canary-of-a-set", "terraform", json!({ "sensitive": true })),
        variable("c", "{ x = [1, \"two\"] }", "terraform", json!({ "hcl": true })),
    ]);
    let relationships = json!({ "workspaces": many("workspaces", &[&workspace]), "vars": { "data": vars } });
    let wish = json!({ "data": { "type": "varsets", "attributes": { "name": "s" }, "relationships": relationships } });
    owner.post("/organizations/acme/varsets", &wish).await.expect_status(201);
    let main = "variable \"a\" {}\nvariable \"b\" {}\nvariable \"c\" {}\nresource \"terraform_data\" \"x\" {\n  input = [var.a, var.b, var.c]\n}\n\
        output \"secret\" {\n  value     = var.b\n  sensitive = true\n}\n";
    let ended = bench.apply(&workspace, main).await.expect("applied", "finished");
    let run = terrane_testkit::Run {
        id: ended.run.id(),
        plan: ended.run.at("/data/relationships/plan/data/id").as_str().unwrap().to_owned(),
    };
    let log = format!("{}{}", owner.log(&run).await, ended.log);
    assert!(log.contains("of the environment") && !log.contains("canary-of-a-set"), "{log}");
    let state = bench.state(&workspace).await;
    let input = &state["resources"][0]["instances"][0]["attributes"]["input"]["value"];
    assert_eq!(*input, json!(["of the environment", "canary-of-a-set", { "x": [1, "two"] }]), "{state}");
    let outputs = owner.get(&format!("/workspaces/{workspace}/current-state-version-outputs")).await;
    assert_eq!(outputs.at("/data/0/attributes/value"), Value::Null, "a sensitive output is not listed");
    assert!(!outputs.text().contains("canary-of-a-set"));
});

on_engines!(variables_are_frozen_between_plan_and_apply, |bench| {
    let owner = &bench.server.owner;
    let workspace = bench.workspace("net-prod").await;
    let on = json!({ "workspaces": many("workspaces", &[&workspace]) });
    let shared = set(owner, "shared", &json!({}), &["b"], on).await;
    let wish = json!({ "key": "a", "value": "before", "category": "terraform" });
    let a = owner.variable(&workspace, &wish).await.id();
    let wish = json!({ "key": "SECRET", "value": "before", "category": "env" });
    let secret = owner.variable(&workspace, &wish).await.id();
    // The provisioner runs in the apply, with what is in the apply's environment.
    let main = "variable \"a\" {}\nvariable \"b\" {}\nresource \"terraform_data\" \"x\" {\n  input = \"${var.a} ${var.b}\"\n  \
        provisioner \"local-exec\" {\n    command = \"echo seen:$SECRET:$NEW\"\n  }\n}\n";
    let planned = bench.plan_in(&workspace, &[("main.tf", main)], &json!({})).await.finished();
    let used = owner.get(&format!("/runs/{}/vars", planned.run.id)).await;
    for id in [&a, &secret] {
        let changed = body("vars", &json!({ "value": "after" }));
        owner.patch(&format!("/workspaces/{workspace}/vars/{id}"), &changed).await.expect_status(200);
    }
    owner.variable(&workspace, &json!({ "key": "NEW", "value": "new", "category": "env" })).await;
    owner.delete(&format!("/varsets/{shared}")).await.expect_status(204);
    let path = format!("/runs/{}/actions/apply", planned.run.id);
    owner.post(&path, &json!({})).await.expect_status(202);
    let ended = bench.ended(&workspace, &planned.run).await.expect("applied", "finished");
    assert!(ended.words().contains("seen:before: "), "{}", ended.log);
    let state = bench.state(&workspace).await;
    let input = &state["resources"][0]["instances"][0]["attributes"]["input"]["value"];
    assert_eq!(*input, json!("before shared"), "{state}");
    assert_eq!(owner.get(&format!("/runs/{}/vars", planned.run.id)).await.json(), used.json());
    // The next run gets what stands there now.
    let again = bench
        .plan_in(&workspace, &[("main.tf", main)], &json!({}))
        .await
        .errored_with("No value for required variable");
    assert!(again.log.contains("\"b\""), "{}", again.log);
});

on_engines!(what_version_control_says_is_in_the_environment, |bench| {
    let owner = &bench.server.owner;
    let workspace = bench.workspace("net-prod").await;
    let main = "resource \"terraform_data\" \"x\" {\n  provisioner \"local-exec\" {\n    command = \"echo at:\
        $TFC_CONFIGURATION_VERSION_GIT_BRANCH:$TFC_CONFIGURATION_VERSION_GIT_COMMIT_SHA:$${TFC_CONFIGURATION_VERSION_GIT_TAG-unset}\"\n  }\n}\n";
    let ingress = json!({ "data": { "type": "ingress-attributes", "attributes": { "branch": "main", "commit-sha": "0a1b" } } });
    let wish = json!({ "data": { "type": "configuration-versions", "attributes": { "auto-queue-runs": false },
        "relationships": { "ingress-attributes": ingress } } });
    let made = owner
        .post(&format!("/workspaces/{workspace}/configuration-versions"), &wish)
        .await
        .expect_status(201);
    let url = made.attribute("upload-url").as_str().unwrap().to_owned();
    owner.put(&url, terrane_testkit::archive(&[("main.tf", main)])).await.expect_status(200);
    let run = owner.run_of(&workspace, &made.id(), &json!({ "auto-apply": true })).await;
    let ended = bench.ended(&workspace, &run).await.expect("applied", "finished");
    assert!(ended.words().contains("at:main:0a1b:unset"), "{}", ended.log);
});

on_engines!(a_trigger_leads_from_an_apply_to_the_next, |bench| {
    let owner = &bench.server.owner;
    let net = bench.workspace("net").await;
    let app = bench.workspace_with(&json!({ "name": "app", "auto-apply-run-trigger": true })).await;
    crate::run_triggers::make(owner, &app, &net).await.expect_status(201);
    let downstream = "resource \"terraform_data\" \"app\" {\n  input = \"app\"\n}\n";
    owner.configuration(&app, terrane_testkit::archive(&[("main.tf", downstream)])).await;
    let ended =
        bench.apply(&net, "resource \"terraform_data\" \"net\" {}\n").await.expect("applied", "finished");
    let triggered = loop {
        let list = owner.get(&format!("/workspaces/{app}/runs?include=plan")).await.expect_status(200);
        if list.at("/data/0/id").is_string() {
            break list;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    };
    assert_eq!(triggered.at("/data/0/relationships/triggering-run/data/id"), ended.run.id().as_str());
    let text = |pointer: &str| triggered.at(pointer).as_str().expect("a text").to_owned();
    let run =
        terrane_testkit::Run { id: text("/data/0/id"), plan: text("/data/0/relationships/plan/data/id") };
    bench.ended(&app, &run).await.expect("applied", "finished");
    assert_eq!(bench.names_in_state(&app).await, ["app"]);
});
