//! The runs that applies elsewhere start.

use super::make;
use crate::support::{changes_nothing, creates, plan_steps};
use serde_json::{Value, json};
use std::time::Duration;
use terrane_testkit::{Answer, Run, TestServer, on_both};

/// The newest runs of a workspace, once there are so many.
async fn runs(server: &TestServer, workspace: &str, count: usize) -> Answer {
    let path = format!("/workspaces/{workspace}/runs");
    for _ in 0..400 {
        let list = server.owner.get(&path).await.expect_status(200);
        if list.at("/data").as_array().map_or(0, Vec::len) >= count {
            return list;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("there are not {count} runs in {workspace}");
}

fn run_of(list: &Answer) -> Run {
    let plan = list.at("/data/0/relationships/plan/data/id");
    Run {
        id: list.at("/data/0/id").as_str().expect("a run").to_owned(),
        plan: plan.as_str().expect("a plan").to_owned(),
    }
}

async fn applied(server: &TestServer, workspace: &str, archive: Vec<u8>) -> Run {
    let run = server.owner.run(workspace, archive, &json!({ "auto-apply": true })).await;
    let ended = server.owner.wait_for(&run, &["applied", "errored"]).await;
    assert_eq!(ended.attribute("status"), "applied", "{}", server.owner.apply_log(&run).await);
    run
}

on_both!(an_apply_starts_a_run_downstream, |server| {
    let owner = &server.owner;
    let (net, app) = (owner.workspace("net").await, owner.workspace("app").await);
    make(owner, &app, &net).await.expect_status(201);
    let configuration = owner.configuration(&app, creates(1)).await;
    let first = owner.run_of(&app, &configuration, &json!({})).await;
    owner.wait_for(&first, &["planned"]).await;
    owner.post(&format!("/runs/{}/actions/discard", first.id), &json!({})).await.expect_status(202);
    let source = applied(server, &net, creates(1)).await;

    let list = runs(server, &app, 2).await;
    let attribute = |name: &str| list.at(&format!("/data/0/attributes/{name}"));
    assert_eq!(attribute("source"), "tfe-run-trigger");
    assert_eq!(attribute("trigger-reason"), "run_trigger");
    assert_eq!(attribute("triggering-source-name"), "net");
    assert_eq!(
        attribute("message"),
        format!("Triggered by the apply of {} in the workspace net", source.id).as_str()
    );
    assert_eq!(attribute("auto-apply"), false, "what the workspace says of its own runs does not count");
    let related = |name: &str| list.at(&format!("/data/0/relationships/{name}/data/id"));
    assert_eq!((related("triggering-run"), related("triggering-source")), (json!(source.id), json!(net)));
    assert_eq!(related("configuration-version"), configuration.as_str());
    let run = run_of(&list);
    let waits = owner.wait_for(&run, &["planned", "planned_and_finished", "errored"]).await;
    assert_eq!(waits.attribute("status"), "planned");
    assert_eq!(waits.at("/data/attributes/triggering-source-name"), "net");
    assert_eq!(runs(server, &app, 2).await.at("/meta/pagination/total-count"), 2, "one apply starts one run");
});

on_both!(a_chain_runs_to_its_end_by_itself, |server| {
    let owner = &server.owner;
    let mut chain = Vec::new();
    for name in ["one", "two", "three"] {
        let wish = json!({ "name": name, "auto-apply-run-trigger": true });
        let workspace = owner.workspace_with(&wish).await;
        owner.configuration(&workspace, creates(1)).await;
        chain.push(workspace);
    }
    for pair in chain.windows(2) {
        make(owner, &pair[1], &pair[0]).await.expect_status(201);
    }
    applied(server, &chain[0], creates(1)).await;
    for workspace in &chain[1..] {
        let run = run_of(&runs(server, workspace, 1).await);
        let ended = owner.wait_for(&run, &["applied", "errored"]).await;
        assert_eq!(
            (ended.attribute("status"), ended.attribute("auto-apply")),
            (json!("applied"), json!(true))
        );
    }
});

on_both!(what_is_not_applied_starts_nothing, |server| {
    let owner = &server.owner;
    let (net, app) = (owner.workspace("net").await, owner.workspace("app").await);
    owner.configuration(&app, creates(1)).await;
    make(owner, &app, &net).await.expect_status(201);
    for (archive, attributes, end) in [
        (creates(1), json!({ "plan-only": true }), "planned_and_finished"),
        (changes_nothing(), json!({ "auto-apply": true }), "planned_and_finished"),
        (plan_steps(&json!([{ "exit": 1 }])), json!({ "auto-apply": true }), "errored"),
    ] {
        let run = owner.run(&net, archive, &attributes).await;
        owner.wait_for(&run, &[end]).await;
    }
    let discarded = owner.run(&net, creates(1), &json!({})).await;
    owner.wait_for(&discarded, &["planned"]).await;
    owner.post(&format!("/runs/{}/actions/discard", discarded.id), &json!({})).await.expect_status(202);
    // The last one is applied, so whatever the others had started would be there before its own.
    let source = applied(server, &net, creates(1)).await;
    let list = runs(server, &app, 1).await;
    assert_eq!(list.at("/data/0/relationships/triggering-run/data/id"), source.id.as_str());
    assert_eq!(list.at("/meta/pagination/total-count"), 1);
});

on_both!(a_workspace_without_configuration_is_left_alone, |server| {
    let owner = &server.owner;
    let net = owner.workspace("net").await;
    let (empty, app) = (owner.workspace("empty").await, owner.workspace("app").await);
    owner.configuration(&app, creates(1)).await;
    for workspace in [&empty, &app] {
        make(owner, workspace, &net).await.expect_status(201);
    }
    applied(server, &net, creates(1)).await;
    runs(server, &app, 1).await;
    let none = owner.get(&format!("/workspaces/{empty}/runs")).await;
    assert_eq!(none.at("/data"), Value::Array(Vec::new()));
});

on_both!(a_run_that_a_dead_server_owed_is_made_by_the_next, |server| {
    let owner = &server.owner;
    let (net, app) = (owner.workspace("net").await, owner.workspace("app").await);
    owner.configuration(&app, creates(1)).await;
    let source = applied(server, &net, creates(1)).await;
    // As if the server had died between the apply's end and the new run.
    let owe = "INSERT INTO run_trigger_firings (source_run_id, workspace_id, created_at) VALUES ($1, $2, 1)";
    server.sql(owe, &[&source.id, &app]).await;
    let list = runs(server, &app, 1).await;
    assert_eq!(list.at("/data/0/relationships/triggering-run/data/id"), source.id.as_str());
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(runs(server, &app, 1).await.at("/meta/pagination/total-count"), 1);
});
