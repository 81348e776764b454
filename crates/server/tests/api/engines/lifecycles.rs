//! What the language says of an object's life, and conditions that hold or do not.

use super::on_engines;
use serde_json::{Value, json};

on_engines!(one_object_replaces_another_by_a_trigger, |bench| {
    let workspace = bench.workspace("net").await;
    let main = |input: &str| {
        format!(
            "resource \"terraform_data\" \"cause\" {{\n  input = \"{input}\"\n}}\n\
             resource \"terraform_data\" \"effect\" {{\n  lifecycle {{\n    \
             replace_triggered_by = [terraform_data.cause]\n  }}\n}}\n\
             resource \"terraform_data\" \"own\" {{\n  triggers_replace = [\"{input}\"]\n}}\n"
        )
    };
    bench.apply(&workspace, &main("one")).await.expect("applied", "finished");
    let planned = bench.plan_in(&workspace, &[("main.tf", &main("two"))], &json!({})).await.finished();
    assert_eq!(planned.counts(), [2, 1, 2]);
    let json = bench.server.owner.plan_json(&planned.run).await;
    let reasons: Vec<&Value> =
        json["resource_changes"].as_array().unwrap().iter().map(|change| &change["action_reason"]).collect();
    assert!(reasons.contains(&&json!("replace_by_triggers")), "{reasons:?}");
    let ended = bench.confirm_planned(&workspace, &planned.run).await.expect("applied", "finished");
    assert_eq!(ended.counts(), [2, 1, 2]);
});

on_engines!(the_new_one_is_made_before_the_old_one_goes, |bench| {
    let workspace = bench.workspace("net").await;
    let main = |input: &str| {
        format!(
            "resource \"terraform_data\" \"x\" {{\n  triggers_replace = \"{input}\"\n  lifecycle {{\n    \
             create_before_destroy = true\n  }}\n}}\n"
        )
    };
    bench.apply(&workspace, &main("one")).await.expect("applied", "finished");
    let ended = bench.apply(&workspace, &main("two")).await.expect("applied", "finished");
    assert_eq!(ended.counts(), [1, 0, 1]);
    let words = ended.words();
    let (made, gone) = (words.find("Creation complete"), words.find("Destruction complete"));
    assert!(made.is_some() && made < gone, "{words}");
});

on_engines!(a_check_that_fails_is_a_warning, |bench| {
    let workspace = bench.workspace("net").await;
    let main = "resource \"terraform_data\" \"x\" {\n  input = 1\n}\ncheck \"size\" {\n  assert {\n    \
                condition = terraform_data.x.input == 2\n    error_message = \"One is not two.\"\n  }\n}\n";
    let planned = bench.plan_in(&workspace, &[("main.tf", main)], &json!({})).await.finished();
    assert!(planned.log.contains("One is not two."), "{}", planned.log);
    let json = bench.server.owner.plan_json(&planned.run).await;
    assert_eq!(json["checks"][0]["status"], "fail", "{}", json["checks"]);
    let ended = bench.confirm_planned(&workspace, &planned.run).await.expect("applied", "finished");
    assert!(ended.words().contains("One is not two.") && ended.counts() == [1, 0, 0], "{}", ended.log);
});

on_engines!(a_condition_that_fails_after_the_fact_ends_the_apply, |bench| {
    let workspace = bench.workspace("net").await;
    let main = "resource \"terraform_data\" \"x\" {\n  input = \"a\"\n  lifecycle {\n    postcondition {\n      \
                condition = self.output == \"b\"\n      error_message = \"It is not b.\"\n    }\n  }\n}\n\
                resource \"terraform_data\" \"after\" {\n  input = terraform_data.x.id\n}\n";
    let ended = bench.apply(&workspace, main).await.expect("errored", "errored");
    assert!(ended.words().contains("It is not b."), "{}", ended.log);
    assert_eq!((ended.counts(), bench.names_in_state(&workspace).await), ([1, 0, 0], vec!["x".to_owned()]));
    assert!(!ended.is_locked());
});

on_engines!(an_output_s_condition_ends_the_plan, |bench| {
    let main = "variable \"size\" {\n  default = 1\n}\noutput \"x\" {\n  value = var.size\n  precondition {\n    \
                condition = var.size == 2\n    error_message = \"One is never two.\"\n  }\n}\n";
    bench.plan(main).await.errored_with("One is never two.");
});

on_engines!(what_must_stay_is_not_destroyed, |bench| {
    let workspace = bench.workspace("net").await;
    let main = "resource \"terraform_data\" \"x\" {\n  lifecycle {\n    prevent_destroy = true\n  }\n}\n";
    bench.apply(&workspace, main).await.expect("applied", "finished");
    let planned = bench.plan_in(&workspace, &[("main.tf", main)], &json!({ "is-destroy": true })).await;
    planned.errored_with("prevent_destroy");
    assert_eq!(bench.names_in_state(&workspace).await, ["x"]);
});

on_engines!(what_is_ignored_does_not_change, |bench| {
    let workspace = bench.workspace("net").await;
    let main = |input: &str| {
        format!(
            "resource \"terraform_data\" \"x\" {{\n  input = \"{input}\"\n  lifecycle {{\n    ignore_changes = [input]\n  }}\n}}\n"
        )
    };
    bench.apply(&workspace, &main("one")).await.expect("applied", "finished");
    let again = bench.plan_in(&workspace, &[("main.tf", &main("two"))], &json!({})).await.finished();
    assert_eq!((again.counts(), again.plan.attribute("has-changes")), ([0, 0, 0], json!(false)));
});

on_engines!(sensitive_outputs_are_for_those_who_may_see_them, |bench| {
    let owner = &bench.server.owner;
    let workspace = bench.workspace("net").await;
    let main = "locals {\n  secret = sensitive(\"canary-8080\")\n}\nresource \"terraform_data\" \"x\" {\n  \
                input = \"open\"\n}\noutput \"secret\" {\n  value     = local.secret\n  sensitive = true\n}\n\
                output \"open\" {\n  value = nonsensitive(length(local.secret))\n}\n";
    let ended = bench.apply(&workspace, main).await.expect("applied", "finished");
    assert!(!ended.log.contains("canary-8080"), "{}", ended.log);
    let listed =
        owner.get(&format!("/workspaces/{workspace}/current-state-version-outputs")).await.at("/data");
    let of = |name: &str| {
        let mut all = listed.as_array().unwrap().iter();
        all.find(|output| output["attributes"]["name"] == name).unwrap().clone()
    };
    assert_eq!(
        (&of("secret")["attributes"]["value"], &of("open")["attributes"]["value"]),
        (&Value::Null, &json!(11))
    );
    let one = owner.get(&format!("/state-version-outputs/{}", of("secret")["id"].as_str().unwrap())).await;
    assert_eq!((one.attribute("value"), one.attribute("sensitive")), (json!("canary-8080"), json!(true)));
    // A plan that shows it hides it, too.
    let changed = main.replace("canary-8080", "canary-9090");
    let planned = bench.plan_in(&workspace, &[("main.tf", &changed)], &json!({})).await.finished();
    assert!(planned.log.contains("(sensitive value)") && !planned.log.contains("canary"), "{}", planned.log);
});

on_engines!(fewer_of_a_kind_are_destroyed_from_the_end, |bench| {
    let workspace = bench.workspace("net").await;
    let main = |count: u32| format!("resource \"terraform_data\" \"x\" {{\n  count = {count}\n}}\n");
    bench.apply(&workspace, &main(3)).await.expect("applied", "finished");
    let ended = bench.apply(&workspace, &main(1)).await.expect("applied", "finished");
    assert_eq!(ended.counts(), [0, 0, 2]);
    let workspace = bench.server.owner.get(&format!("/workspaces/{workspace}")).await;
    assert_eq!(workspace.attribute("resource-count"), 1);
});
