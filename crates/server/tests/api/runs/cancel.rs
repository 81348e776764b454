//! `POST /runs/:id/actions/cancel` (api-contract 4.6).

use crate::support::{assert_body, creates, hangs, plan_steps};
use serde_json::{Value, json};
use std::time::Duration;
use terrane_testkit::{Answer, Engines, Run, Setup, TestServer, on_both};

async fn cancel(server: &TestServer, run: &Run) -> Answer {
    server.owner.post(&format!("/runs/{}/actions/cancel", run.id), &json!({ "comment": "wrong one" })).await
}

on_both!(a_planning_run_is_interrupted_once_and_asked_for_once, |server| {
    let workspace = server.owner.workspace("net").await;
    let archive = plan_steps(&json!([{ "ignore_sigint": true }, { "print": "deaf\n" }, { "sleep_ms": 1200 },
        { "print": "still here\n" }, { "exit": 1 }]));
    let run = server.owner.run(&workspace, archive, &json!({})).await;
    server.owner.wait_for(&run, &["planning"]).await;
    server.owner.wait_for_log(&run, "deaf").await;
    assert!(cancel(server, &run).await.expect_status(202).bytes.is_empty());
    let asked = server.owner.get(&format!("/runs/{}", run.id)).await;
    assert_eq!(asked.attribute("status"), "planning", "the status changes when the engine has ended");
    assert_eq!(asked.at("/data/attributes/actions/is-cancelable"), false);
    assert_ne!(asked.attribute("force-cancel-available-at"), Value::Null);
    assert_eq!(asked.attribute("canceled-at"), Value::Null);
    let again = cancel(server, &run).await.expect_status(409);
    assert!(again.error().contains("is being canceled already"), "{}", again.error());
    let ended = server.owner.wait_for(&run, &["canceled"]).await;
    assert_body!("run_canceled", ended);
    let log = server.owner.log(&run).await;
    assert!(
        log.contains("interrupt 1") && log.contains("still here") && !log.contains("interrupt 2"),
        "{log}"
    );
    let workspace = server.owner.get(&format!("/workspaces/{workspace}")).await;
    assert_eq!(workspace.attribute("locked"), false);
});

on_both!(
    an_engine_that_does_not_listen_is_ended_after_the_grace,
    Setup {
        engines: Engines::Fake,
        configure: |config| config.limits.interrupt_grace = Duration::from_millis(300)
    },
    |server| {
        let workspace = server.owner.workspace("net").await;
        let archive =
            plan_steps(&json!([{ "ignore_sigint": true }, { "print": "deaf\n" }, { "hang": true }]));
        let run = server.owner.run(&workspace, archive, &json!({})).await;
        server.owner.wait_for_log(&run, "deaf").await;
        cancel(server, &run).await.expect_status(202);
        server.owner.wait_for(&run, &["canceled"]).await;
        assert!(server.owner.log(&run).await.contains("interrupt 1"));
    }
);

on_both!(a_waiting_run_is_canceled_at_once, |server| {
    let workspace = server.owner.workspace("net").await;
    let first = server.owner.run(&workspace, hangs(), &json!({})).await;
    server.owner.wait_for(&first, &["planning"]).await;
    let second = server.owner.run(&workspace, creates(1), &json!({})).await;
    cancel(server, &second).await.expect_status(202);
    let ended = server.owner.get(&format!("/runs/{}", second.id)).await;
    assert_eq!(ended.attribute("status"), "canceled");
    // Both, the latter in the future (section 20 row 9).
    assert_ne!(ended.attribute("canceled-at"), Value::Null);
    assert!(ended.attribute("force-cancel-available-at").as_str() > ended.attribute("canceled-at").as_str());
    assert_eq!(ended.at("/data/relationships/canceled-by/data/type"), "users");
});

on_both!(the_next_run_in_line_goes_on, |server| {
    let workspace = server.owner.workspace("net").await;
    let first = server.owner.run(&workspace, hangs(), &json!({})).await;
    let second = server.owner.run(&workspace, creates(1), &json!({})).await;
    server.owner.wait_for(&first, &["planning"]).await;
    cancel(server, &first).await.expect_status(202);
    server.owner.wait_for(&second, &["planned"]).await;
    assert_eq!(server.owner.get(&format!("/runs/{}", first.id)).await.attribute("status"), "canceled");
});

on_both!(what_has_ended_or_waits_for_a_decision_is_not_canceled, |server| {
    let workspace = server.owner.workspace("net").await;
    let run = server.owner.run(&workspace, creates(1), &json!({})).await;
    let planned = server.owner.wait_for(&run, &["planned"]).await;
    assert_eq!(
        planned.at("/data/attributes/actions"),
        json!({ "is-cancelable": false, "is-confirmable": true,
        "is-discardable": true, "is-force-cancelable": false })
    );
    let refused = cancel(server, &run).await.expect_status(409);
    assert!(refused.error().contains("it is planned"), "{}", refused.error());
    server.stranger.post(&format!("/runs/{}/actions/cancel", run.id), &json!({})).await.expect_status(404);
});

on_both!(a_cancel_that_comes_too_late_changes_nothing, |server| {
    let workspace = server.owner.workspace("net").await;
    let configuration = server.owner.configuration(&workspace, creates(1)).await;
    for turn in 0..8 {
        let run = server.owner.run_of(&workspace, &configuration, &json!({ "plan-only": true })).await;
        tokio::time::sleep(Duration::from_millis(turn * 12)).await;
        let answer = cancel(server, &run).await;
        assert!([202, 409].contains(&answer.status), "{}", answer.text());
        let plan = server.owner.planned(&run).await;
        let ended = server.owner.get(&format!("/runs/{}", run.id)).await;
        let pair = (ended.attribute("status"), plan.attribute("status"));
        let [done, canceled] = [("planned_and_finished", "finished"), ("canceled", "canceled")]
            .map(|(run, plan)| (json!(run), json!(plan)));
        assert!(pair == done || pair == canceled, "{pair:?}");
        assert!(answer.status == 202 || pair == done);
    }
});
