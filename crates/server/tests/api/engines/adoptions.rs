//! What comes into the state without being made, changes its name there, or leaves it alive: imports, moves, forgets. A
//! plan of nothing else can be applied.

use super::on_engines;
use serde_json::json;

on_engines!(an_import_alone_is_applied_and_counted, |bench| {
    let workspace = bench.workspace("net").await;
    let main = "import {\n  to = terraform_data.x\n  id = \"first-id\"\n}\n\
                import {\n  to = terraform_data.y[0]\n  id = \"second-id\"\n}\n\
                resource \"terraform_data\" \"x\" {}\nresource \"terraform_data\" \"y\" {\n  count = 1\n}\n";
    let planned = bench.plan_in(&workspace, &[("main.tf", main)], &json!({})).await.finished();
    assert_eq!((planned.counts(), planned.plan.attribute("resource-imports")), ([0, 0, 0], json!(2)));
    assert_eq!(planned.plan.attribute("has-changes"), true);
    let ended = bench.confirm_planned(&workspace, &planned.run).await.expect("applied", "finished");
    assert_eq!((ended.counts(), ended.apply.attribute("resource-imports")), ([0, 0, 0], json!(2)));
    let state = bench.state(&workspace).await;
    assert_eq!(state["resources"][0]["instances"][0]["attributes"]["id"], "first-id");
    let again = bench.plan_in(&workspace, &[("main.tf", main)], &json!({})).await.finished();
    assert_eq!(again.plan.attribute("has-changes"), false);
});

on_engines!(an_import_makes_up_its_configuration_when_it_may, |bench| {
    let owner = &bench.server.owner;
    let workspace = bench.workspace("net").await;
    let import = "import {\n  to = terraform_data.x\n  id = \"some-id\"\n}\n";
    let refused = bench.plan_in(&workspace, &[("main.tf", import)], &json!({})).await;
    assert_eq!(refused.plan.attribute("status"), "errored", "{}", refused.log);
    assert_eq!(refused.plan.attribute("generated-configuration"), false);

    let wish = json!({ "allow-config-generation": true });
    let planned = bench.plan_in(&workspace, &[("main.tf", import)], &wish).await.finished();
    assert_eq!(planned.plan.attribute("generated-configuration"), true);
    assert_eq!(planned.plan.attribute("resource-imports"), 1);
    let json = owner.plan_json(&planned.run).await;
    let generated = json["resource_changes"][0]["change"]["generated_config"].as_str().unwrap().to_owned();
    assert!(generated.contains("resource \"terraform_data\" \"x\""), "{generated}");
    // Nobody has that configuration yet: the next run would destroy what this one imports.
    let ended = bench.confirm_planned(&workspace, &planned.run).await.expect("errored", "errored");
    assert!(ended.words().contains("the plan holds generated configuration"), "{}", ended.log);
    owner.get(&format!("/workspaces/{workspace}/current-state-version")).await.expect_status(404);
    assert!(!ended.is_locked());

    let whole = format!("{import}{generated}\n");
    let ended = bench.apply(&workspace, &whole).await.expect("applied", "finished");
    assert_eq!(ended.apply.attribute("resource-imports"), 1);
});

on_engines!(a_move_alone_is_applied, |bench| {
    let workspace = bench.workspace("net").await;
    bench.apply(&workspace, "resource \"terraform_data\" \"old\" {}\n").await.expect("applied", "finished");
    let moved = "resource \"terraform_data\" \"new\" {}\nmoved {\n  from = terraform_data.old\n  to = terraform_data.new\n}\n";
    let planned = bench.plan_in(&workspace, &[("main.tf", moved)], &json!({})).await.finished();
    assert_eq!((planned.counts(), planned.plan.attribute("has-changes")), ([0, 0, 0], json!(true)));
    assert!(planned.log.contains("has moved to"), "{}", planned.log);
    let ended = bench.confirm_planned(&workspace, &planned.run).await.expect("applied", "finished");
    assert_eq!((ended.counts(), bench.names_in_state(&workspace).await), ([0, 0, 0], vec!["new".to_owned()]));
    let again = bench.plan_in(&workspace, &[("main.tf", moved)], &json!({})).await.finished();
    assert_eq!(again.plan.attribute("has-changes"), false);
});

on_engines!(a_move_into_a_module_with_a_change, |bench| {
    let workspace = bench.workspace("net").await;
    bench.apply(&workspace, "resource \"terraform_data\" \"x\" {}\n").await.expect("applied", "finished");
    let root = "module \"m\" {\n  source = \"./m\"\n}\nmoved {\n  from = terraform_data.x\n  to = module.m.terraform_data.x\n}\n";
    let files =
        [("main.tf", root), ("m/main.tf", "resource \"terraform_data\" \"x\" {\n  input = \"new\"\n}\n")];
    let ended = bench.apply_with(&workspace, &files, &json!({})).await.expect("applied", "finished");
    assert_eq!(ended.counts(), [0, 1, 0]);
    assert_eq!(bench.state(&workspace).await["resources"][0]["module"], "module.m");
});

on_engines!(what_is_forgotten_is_not_destroyed, |bench| {
    let workspace = bench.workspace("net").await;
    let both = "resource \"terraform_data\" \"kept\" {}\nresource \"terraform_data\" \"gone\" {}\n";
    bench.apply(&workspace, both).await.expect("applied", "finished");
    let removed = "resource \"terraform_data\" \"kept\" {}\nremoved {\n  from = terraform_data.gone\n  lifecycle {\n    \
                   destroy = false\n  }\n}\n";
    let planned = bench.plan_in(&workspace, &[("main.tf", removed)], &json!({})).await.finished();
    assert_eq!((planned.counts(), planned.plan.attribute("has-changes")), ([0, 0, 0], json!(true)));
    let json = bench.server.owner.plan_json(&planned.run).await;
    assert!(json["resource_changes"].to_string().contains("\"forget\""));
    let ended = bench.confirm_planned(&workspace, &planned.run).await.expect("applied", "finished");
    assert_eq!(
        (ended.counts(), bench.names_in_state(&workspace).await),
        ([0, 0, 0], vec!["kept".to_owned()])
    );
});

on_engines!(outputs_alone_are_applied, |bench| {
    let workspace = bench.workspace("net").await;
    let main = |value: u32| format!("output \"answer\" {{\n  value = {value}\n}}\n");
    for value in [41, 42] {
        let ended = bench.apply(&workspace, &main(value)).await.expect("applied", "finished");
        assert_eq!((ended.counts(), ended.run.attribute("has-changes")), ([0, 0, 0], json!(true)));
        assert_eq!(bench.state(&workspace).await["outputs"]["answer"]["value"], value);
    }
    let again = bench.plan_in(&workspace, &[("main.tf", &main(42))], &json!({})).await.finished();
    let run = bench.server.owner.get(&format!("/runs/{}", again.run.id)).await;
    assert_eq!(run.attribute("status"), "planned_and_finished");
});
