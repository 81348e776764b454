//! Workspaces around runs of real engines: deleted under way, destroyed by themselves, their resources, their folder.

use super::on_engines;
use super::under_way::{WAIT, object, wait_until_gone};
use serde_json::{Value, json};
use std::time::Duration;
use terrane_testkit::{archive, body};

on_engines!(a_workspace_deleted_in_mid_apply, |bench| {
    let owner = &bench.server.owner;
    let workspace = bench.workspace("net-prod").await;
    let run =
        bench.confirm(&workspace, &format!("{}{}", object("quick", "true"), object("slow", WAIT))).await;
    bench
        .wait_for_log(&run, &["terraform_data.quick: Creation complete", "terraform_data.slow (local-exec)"])
        .await;
    let apply = owner.apply(&run).await.id();
    owner.delete(&format!("/workspaces/{workspace}")).await.expect_status(204);
    for path in [
        format!("/workspaces/{workspace}"),
        format!("/runs/{}", run.id),
        format!("/applies/{apply}"),
        format!("/workspaces/{workspace}/resources"),
    ] {
        owner.get(&path).await.expect_status(404);
    }
    // Its engine is ended, though nobody lets it go, and its slot is free.
    wait_until_gone(bench.server.folder().join("data/agent/").as_str()).await;
    let again = bench.workspace("net-prod").await;
    let ended = bench.apply(&again, &object("quick", "true")).await.expect("applied", "finished");
    assert_eq!(ended.counts(), [1, 0, 0]);
});

on_engines!(the_resources_of_the_current_state, |bench| {
    let owner = &bench.server.owner;
    let workspace = bench.workspace("net-prod").await;
    let path = format!("/workspaces/{workspace}/resources");
    assert_eq!(owner.get(&path).await.expect_status(200).at("/data"), json!([]));
    let main = |changed: &str| {
        format!(
            "resource \"terraform_data\" \"many\" {{\n  count = 2\n  input = \"n${{count.index}}{changed}\"\n}}\n\
             resource \"terraform_data\" \"keyed\" {{\n  for_each = toset([\"a b\"])\n}}\n\
             module \"inner\" {{\n  source = \"./inner\"\n}}\n"
        )
    };
    let inner = "resource \"terraform_data\" \"one\" {}\n";
    let apply = async |changed: &str| {
        let files = [("main.tf", main(changed)), ("inner/main.tf", inner.to_owned())];
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let run = owner.run(&workspace, archive(&files), &json!({ "auto-apply": true })).await;
        bench.ended(&workspace, &run).await.expect("applied", "finished")
    };
    apply("").await;
    let first = owner.get(&format!("/workspaces/{workspace}/current-state-version")).await.id();
    let listed = owner.get(&format!("{path}?sort=nameIndex:desc")).await.expect_status(200);
    let seen = |data: &Value, name: &str| -> Vec<Value> {
        data.as_array().unwrap().iter().map(|one| one["attributes"][name].clone()).collect()
    };
    let data = listed.at("/data");
    assert_eq!(
        seen(&data, "address"),
        [
            "terraform_data.keyed[\"a b\"]",
            "terraform_data.many[1]",
            "terraform_data.many[0]",
            "module.inner.terraform_data.one"
        ]
    );
    assert_eq!(seen(&data, "name-index"), [json!("a b"), json!("1"), json!("0"), Value::Null]);
    assert_eq!(seen(&data, "module")[3], "module.inner");
    assert_eq!(seen(&data, "provider-type"), vec![json!("terraform_data"); 4]);
    assert_eq!(seen(&data, "provider"), vec![json!("builtin/terraform"); 4]);
    assert_eq!(seen(&data, "modified-by-state-version-id"), vec![json!(first); 4]);
    apply("!").await;
    let second = owner.get(&format!("/workspaces/{workspace}/current-state-version")).await.id();
    let data = owner.get(&format!("{path}?q=MANY&sort=name:asc")).await.expect_status(200).at("/data");
    assert_eq!(seen(&data, "modified-by-state-version-id"), vec![json!(second); 2]);
    assert!(
        data.as_array()
            .unwrap()
            .iter()
            .all(|one| one["attributes"]["created-at"] != one["attributes"]["updated-at"])
    );
    let data = owner.get(&format!("{path}?q=inner")).await.at("/data");
    assert_eq!(
        seen(&data, "modified-by-state-version-id"),
        [json!(first)],
        "what did not change was not modified"
    );
    let read = owner.get(&format!("/workspaces/{workspace}")).await;
    assert_eq!(
        (read.attribute("resource-count"), read.attribute("workspace-kpis-runs-count")),
        (json!(4), json!(2))
    );
    assert!(read.attribute("apply-duration-average").as_u64() > Some(0), "{}", read.text());
});

on_engines!(a_workspace_destroys_itself_when_its_time_has_come, |bench| {
    let owner = &bench.server.owner;
    let workspace = bench.workspace("net-prod").await;
    let path = format!("/workspaces/{workspace}");
    bench.apply(&workspace, &object("short", "true")).await.expect("applied", "finished");
    let at = bench.server.app().clock.now().plus(Duration::from_secs(7200)).rfc3339();
    let change = body("workspaces", &json!({ "auto-destroy-at": at }));
    owner.patch(&path, &change).await.expect_status(200);
    bench.server.app().clock.advance(Duration::from_secs(7300));
    let runs = format!("{path}/runs");
    let run = loop {
        let newest = owner.get(&runs).await.at("/data/0");
        if newest["attributes"]["is-destroy"] == true {
            break newest;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    let text = |at: &str| run.pointer(at).and_then(Value::as_str).unwrap().to_owned();
    let run = terrane_testkit::Run { id: text("/id"), plan: text("/relationships/plan/data/id") };
    let ended = bench.ended(&workspace, &run).await.expect("applied", "finished");
    assert_eq!(ended.counts(), [0, 0, 1]);
    assert_eq!(bench.state(&workspace).await["resources"], json!([]));
    let read = owner.get(&path).await;
    assert_eq!(
        (read.attribute("auto-destroy-at"), read.attribute("resource-count")),
        (Value::Null, json!(0))
    );
    owner.post(&format!("{path}/actions/safe-delete"), &json!({})).await.expect_status(204);
});

on_engines!(a_working_directory_is_applied_where_it_is, |bench| {
    let owner = &bench.server.owner;
    let attributes = json!({ "name": "net-prod", "working-directory": "envs/prod" });
    let workspace = bench.workspace_with(&attributes).await;
    let files = [
        (
            "envs/prod/main.tf",
            "output \"where\" {\n  value = file(\"${path.module}/../name.txt\")\n}\nresource \"terraform_data\" \"x\" {}\n",
        ),
        ("envs/name.txt", "production"),
        ("main.tf", "this is not read\n"),
    ];
    let run = owner.run(&workspace, archive(&files), &json!({ "auto-apply": true })).await;
    bench.ended(&workspace, &run).await.expect("applied", "finished");
    let outputs = owner.get(&format!("/workspaces/{workspace}/current-state-version-outputs")).await;
    assert_eq!(outputs.at("/data/0/attributes/value"), "production");
    // A folder that is not there is told; the setting is read when a run is made.
    let change = body("workspaces", &json!({ "working-directory": "envs/dev" }));
    owner.patch(&format!("/workspaces/{workspace}"), &change).await.expect_status(200);
    let planned = bench.plan_in(&workspace, &files, &json!({})).await;
    planned.errored_with("working directory \"envs/dev\" does not exist in the configuration");
});
