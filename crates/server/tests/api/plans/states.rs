//! Every state of a plan, reached through real runs (api-contract 3.3).

use crate::support::{creates, hangs, plan_steps};
use serde_json::json;
use terrane_testkit::{Answer, Run, Setup, TestServer, on_both};

const NO_AGENT: Setup =
    Setup { engines: terrane_testkit::Engines::Fake, configure: |config| config.agent_slots = 0 };

async fn plan(server: &TestServer, run: &Run) -> Answer {
    server.owner.get(&format!("/plans/{}", run.plan)).await.expect_status(200)
}

fn times(plan: &Answer) -> Vec<String> {
    plan.attribute("status-timestamps").as_object().unwrap().keys().cloned().collect()
}

async fn apply_status(server: &TestServer, run: &Run) -> String {
    let query = terrane_server::platform::db::sql("SELECT status FROM applies WHERE run_id = $1");
    let query = query.bind(run.id.as_str());
    let (status,): (String,) =
        terrane_server::platform::db::Exec::one(&server.app().db, query).await.unwrap();
    status
}

on_both!(pending_behind_another_run, |server| {
    let workspace = server.owner.workspace("net").await;
    let first = server.owner.run(&workspace, creates(1), &json!({})).await;
    server.owner.wait_for(&first, &["planned"]).await;
    let second = server.owner.run(&workspace, creates(1), &json!({})).await;
    let waiting = plan(server, &second).await;
    assert_eq!(waiting.attribute("status"), "pending");
    assert_eq!(times(&waiting), ["pending-at"]);
    assert_eq!(waiting.attribute("execution-details"), json!(null));
    assert_eq!(server.owner.framed_log(&second).await, b"");
});

on_both!(queued_until_an_agent_has_a_slot, NO_AGENT, |server| {
    let workspace = server.owner.workspace("net").await;
    let run = server.owner.run(&workspace, creates(1), &json!({})).await;
    let waiting = plan(server, &run).await;
    assert_eq!(waiting.attribute("status"), "queued");
    assert_eq!(times(&waiting), ["pending-at", "queued-at"]);
    assert_eq!(server.owner.framed_log(&run).await, [2]);
});

on_both!(running_then_canceled, |server| {
    let workspace = server.owner.workspace("net").await;
    let run = server.owner.run(&workspace, hangs(), &json!({})).await;
    server.owner.wait_for(&run, &["planning"]).await;
    let running = plan(server, &run).await;
    assert_eq!(running.attribute("status"), "running");
    assert_eq!(running.attribute("execution-details"), json!({ "mode": "remote" }));
    assert_eq!(times(&running), ["pending-at", "queued-at", "started-at"]);
    server.owner.post(&format!("/runs/{}/actions/cancel", run.id), &json!({})).await.expect_status(202);
    let canceled = server.owner.planned(&run).await;
    assert_eq!(canceled.attribute("status"), "canceled");
    assert_eq!(times(&canceled), ["pending-at", "queued-at", "started-at", "canceled-at"]);
    assert_eq!(canceled.at("/data/links/json-output"), json!(null));
    assert_eq!(apply_status(server, &run).await, "unreachable");
    assert!(server.owner.framed_log(&run).await.ends_with(&[3]));
});

on_both!(queued_then_canceled, NO_AGENT, |server| {
    let workspace = server.owner.workspace("net").await;
    let run = server.owner.run(&workspace, creates(1), &json!({})).await;
    server.owner.post(&format!("/runs/{}/actions/cancel", run.id), &json!({})).await.expect_status(202);
    let canceled = plan(server, &run).await;
    assert_eq!(canceled.attribute("status"), "canceled");
    assert_eq!(times(&canceled), ["pending-at", "queued-at", "canceled-at"]);
    assert_eq!(server.owner.framed_log(&run).await, [2, 3]);
});

on_both!(finished, |server| {
    let workspace = server.owner.workspace("net").await;
    let run = server.owner.run(&workspace, creates(2), &json!({})).await;
    let finished = server.owner.planned(&run).await;
    assert_eq!(finished.attribute("status"), "finished");
    assert_eq!(times(&finished), ["pending-at", "queued-at", "started-at", "finished-at"]);
    assert_eq!(apply_status(server, &run).await, "pending");
});

on_both!(errored, |server| {
    let workspace = server.owner.workspace("net").await;
    let archive = plan_steps(&json!([{ "print_error": "no such thing\n" }, { "exit": 1 }]));
    let run = server.owner.run(&workspace, archive, &json!({})).await;
    let errored = server.owner.planned(&run).await;
    assert_eq!(errored.attribute("status"), "errored");
    assert_eq!(times(&errored), ["pending-at", "queued-at", "started-at", "errored-at"]);
    assert_eq!(apply_status(server, &run).await, "unreachable");
    assert!(server.owner.log(&run).await.contains("no such thing"));
});

on_both!(unreachable_when_its_run_ends_before_it_begins, |server| {
    let workspace = server.owner.workspace("net").await;
    let first = server.owner.run(&workspace, hangs(), &json!({})).await;
    for action in ["cancel", "discard"] {
        let second = server.owner.run(&workspace, creates(1), &json!({})).await;
        let path = format!("/runs/{}/actions/{action}", second.id);
        server.owner.post(&path, &json!({})).await.expect_status(202);
        let never = plan(server, &second).await;
        assert_eq!(never.attribute("status"), "unreachable", "{action}");
        assert_eq!(times(&never), ["pending-at"]);
        assert_eq!(server.owner.framed_log(&second).await, b"", "{action}");
        assert_eq!(apply_status(server, &second).await, "unreachable");
    }
    server.owner.wait_for(&first, &["planning"]).await;
});
