//! Every kind of run, as the engine itself makes it (api-contract 4.2).

use super::{Bench, on_engines};
use serde_json::{Value, json};

/// Two objects and an output; what they hold is said by the test.
fn two(input: &str, output: &str) -> String {
    format!(
        "resource \"terraform_data\" \"a\" {{\n  input = \"{input}\"\n}}\nresource \"terraform_data\" \"b\" {{}}\n\
         output \"answer\" {{\n  value = \"{output}\"\n}}\n"
    )
}

async fn status(bench: &Bench, run: &terrane_testkit::Run) -> Value {
    bench.server.owner.get(&format!("/runs/{}", run.id)).await.expect_status(200).attribute("status")
}

on_engines!(a_refresh_only_run_writes_outputs_and_touches_nothing, |bench| {
    let workspace = bench.workspace("net").await;
    bench.apply(&workspace, &two("old", "1")).await.expect("applied", "finished");
    let wish = json!({ "refresh-only": true });
    let nothing = bench.plan_in(&workspace, &[("main.tf", &two("new", "1"))], &wish).await.finished();
    assert_eq!(status(bench, &nothing.run).await, "planned_and_finished");

    let ended = bench.apply_with(&workspace, &[("main.tf", &two("new", "2"))], &wish).await;
    let ended = ended.expect("applied", "finished");
    assert_eq!((ended.counts(), ended.run.attribute("has-changes")), ([0, 0, 0], json!(true)));
    let state = bench.state(&workspace).await;
    assert_eq!(state["outputs"]["answer"]["value"], "2");
    assert!(state.to_string().contains("\"old\"") && !state.to_string().contains("\"new\""));
    assert_eq!(bench.names_in_state(&workspace).await, ["a", "b"]);
});

on_engines!(without_refresh_nobody_is_asked, |bench| {
    let workspace = bench.workspace("net").await;
    bench.apply(&workspace, &two("x", "1")).await.expect("applied", "finished");
    let files = [("main.tf", &*two("y", "1"))];
    let asked = bench.plan_in(&workspace, &files, &json!({ "plan-only": true })).await.finished();
    assert!(asked.log.contains("Refreshing state"), "{}", asked.log);
    let wish = json!({ "plan-only": true, "refresh": false });
    let taken_for_true = bench.plan_in(&workspace, &files, &wish).await.finished();
    assert!(!taken_for_true.log.contains("Refreshing state"), "{}", taken_for_true.log);
    assert_eq!((asked.counts(), taken_for_true.counts()), ([0, 1, 0], [0, 1, 0]));
});

on_engines!(only_targets_are_planned_and_applied, |bench| {
    let workspace = bench.workspace("net").await;
    let main = "resource \"terraform_data\" \"x\" {\n  for_each = toset([\"a b\", \"c\"])\n}\n\
                resource \"terraform_data\" \"y\" {}\nresource \"terraform_data\" \"z\" {}\n";
    let wish = json!({ "target-addrs": ["terraform_data.x[\"a b\"]", "terraform_data.y"] });
    let ended = bench.apply_with(&workspace, &[("main.tf", main)], &wish).await.expect("applied", "finished");
    assert_eq!(
        (ended.counts(), ended.run.attribute("target-addrs")),
        ([2, 0, 0], wish["target-addrs"].clone())
    );
    assert_eq!(bench.names_in_state(&workspace).await, ["x", "y"]);
    let rest =
        bench.plan_in(&workspace, &[("main.tf", main)], &json!({ "plan-only": true })).await.finished();
    assert_eq!(rest.counts(), [2, 0, 0]);
    let one = json!({ "is-destroy": true, "target-addrs": ["terraform_data.y"] });
    let ended = bench.apply_with(&workspace, &[("main.tf", main)], &one).await.expect("applied", "finished");
    assert_eq!((ended.counts(), bench.names_in_state(&workspace).await), ([0, 0, 1], vec!["x".to_owned()]));
});

on_engines!(an_address_that_is_none_is_the_engine_s_to_refuse, |bench| {
    let workspace = bench.workspace("net").await;
    let wish = json!({ "plan-only": true, "target-addrs": ["banana"] });
    bench.plan_in(&workspace, &[("main.tf", "")], &wish).await.errored_with("Invalid target \"banana\"");
});

on_engines!(what_is_to_be_replaced_is, |bench| {
    let workspace = bench.workspace("net").await;
    bench.apply(&workspace, &two("x", "1")).await.expect("applied", "finished");
    let ids = async || {
        let state = bench.state(&workspace).await;
        let of = |at: usize| state["resources"][at]["instances"][0]["attributes"]["id"].clone();
        [of(0), of(1)]
    };
    let before = ids().await;
    let wish = json!({ "replace-addrs": ["terraform_data.a"], "auto-apply": true });
    let run = bench
        .server
        .owner
        .run(&workspace, terrane_testkit::archive(&[("main.tf", &two("x", "1"))]), &wish)
        .await;
    let ended = bench.ended(&workspace, &run).await.expect("applied", "finished");
    let after = ids().await;
    assert_eq!(ended.counts(), [1, 0, 1]);
    assert!(before[0] != after[0] && before[1] == after[1], "{before:?} {after:?}");
});

on_engines!(run_variables_are_expressions, |bench| {
    let workspace = bench.workspace("net").await;
    let owner = &bench.server.owner;
    let main = "variable \"region\" {}\nvariable \"sizes\" {\n  type = map(number)\n}\n\
                output \"all\" {\n  value = [var.region, var.sizes]\n}\n";
    owner.variable(&workspace, &json!({ "key": "region", "value": "south", "category": "terraform" })).await;
    let variables =
        json!([{ "key": "region", "value": "\"north\"" }, { "key": "sizes", "value": "{ a = 1 + 1 }" }]);
    let planned =
        bench.plan_in(&workspace, &[("main.tf", main)], &json!({ "variables": variables })).await.finished();
    let json = owner.plan_json(&planned.run).await;
    assert_eq!(json["output_changes"]["all"]["after"], json!(["north", { "a": 2 }]));
    owner.post(&format!("/runs/{}/actions/discard", planned.run.id), &json!({})).await.expect_status(202);
    // Whether a value is one shows in the plan (api-contract section 20 row 6).
    let wrong = json!({ "variables": [{ "key": "sizes", "value": "{ a = " }] });
    bench.plan_in(&workspace, &[("main.tf", main)], &wrong).await.errored_with("Error:");
});

on_engines!(a_plan_only_run_of_another_version, |bench| {
    let owner = &bench.server.owner;
    let workspace = bench.workspace("net").await;
    let version = owner.get(&format!("/workspaces/{workspace}")).await.attribute("terraform-version");
    let change = terrane_testkit::body("workspaces", &json!({ "terraform-version": "1.2.3" }));
    owner.patch(&format!("/workspaces/{workspace}"), &change).await.expect_status(200);
    let files = [("main.tf", &*two("x", "1"))];
    let wish = json!({ "plan-only": true, "terraform-version": version });
    let planned = bench.plan_in(&workspace, &files, &wish).await.finished();
    assert_eq!(owner.get(&format!("/runs/{}", planned.run.id)).await.attribute("terraform-version"), version);
    bench.plan_in(&workspace, &files, &json!({})).await.errored_with("1.2.3");
});

on_engines!(a_run_that_tells_everything, |bench| {
    let workspace = bench.workspace("net").await;
    let owner = &bench.server.owner;
    let secret = "canary-of-a-trace-4711";
    owner
        .variable(
            &workspace,
            &json!({ "key": "TF_VAR_password", "value": secret, "category": "env", "sensitive": true }),
        )
        .await;
    let main = format!("variable \"password\" {{}}\n{}", two("${var.password}", "1"));
    let ended = bench.apply_with(&workspace, &[("main.tf", &main)], &json!({ "debugging-mode": true })).await;
    let ended = ended.expect("applied", "finished");
    assert_eq!((ended.counts(), ended.run.attribute("debugging-mode")), ([2, 0, 0], json!(true)));
    let run = terrane_testkit::Run {
        id: ended.run.id(),
        plan: ended.run.at("/data/relationships/plan/data/id").as_str().unwrap().to_owned(),
    };
    for log in [owner.log(&run).await, ended.log] {
        assert!(log.contains("[TRACE]"), "{log}");
        assert!(!log.contains(secret), "a secret is in the log");
    }
    let quiet =
        bench.plan_in(&workspace, &[("main.tf", &main)], &json!({ "plan-only": true })).await.finished();
    assert!(!quiet.log.contains("[TRACE]"), "{}", quiet.log);
});

on_engines!(destruction_is_for_workspaces_that_allow_it, |bench| {
    let owner = &bench.server.owner;
    let workspace = bench.workspace("net").await;
    let main = two("x", "1");
    bench.apply(&workspace, &main).await.expect("applied", "finished");
    let allow = async |value: bool| {
        let change = terrane_testkit::body("workspaces", &json!({ "allow-destroy-plan": value }));
        owner.patch(&format!("/workspaces/{workspace}"), &change).await.expect_status(200);
    };
    allow(false).await;
    let configuration =
        owner.configuration(&workspace, terrane_testkit::archive(&[("main.tf", &main)])).await;
    let refused = owner.post_run(&workspace, &configuration, &json!({ "is-destroy": true })).await;
    assert_eq!(refused.expect_status(422).at("/errors/0/source/pointer"), "/data/attributes/is-destroy");
    allow(true).await;
    let ended = bench.apply_with(&workspace, &[("main.tf", &main)], &json!({ "is-destroy": true })).await;
    assert_eq!(ended.expect("applied", "finished").counts(), [0, 0, 2]);
    assert_eq!(bench.names_in_state(&workspace).await, [""; 0]);
});

on_engines!(an_empty_apply_is_one, |bench| {
    let workspace = bench.workspace("net").await;
    bench.apply(&workspace, &two("x", "1")).await.expect("applied", "finished");
    let archive = terrane_testkit::archive(&[("main.tf", &two("x", "1"))]);
    let run = bench.server.owner.run(&workspace, archive, &json!({ "allow-empty-apply": true })).await;
    let ended = bench.ended(&workspace, &run).await.expect("applied", "finished");
    assert_eq!((ended.counts(), ended.run.attribute("has-changes")), ([0, 0, 0], json!(false)));
});
