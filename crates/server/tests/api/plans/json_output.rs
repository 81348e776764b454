//! `GET /plans/:id/json-output`, `GET /runs/:id/plan/json-output` (api-contract 3.5, 3.8, acceptance vectors 1 to 4).

use crate::support::{creates, hangs, plan_steps};
use serde_json::json;
use std::time::Duration;
use terrane_testkit::{Answer, Engines, Run, Setup, TestServer, fake_archive, on_both};

/// Where the documents of a plan are.
const DOCUMENTS: [&str; 3] = ["json-output", "json-output-redacted", "json-schema"];

async fn all(server: &TestServer, run: &Run) -> Vec<Answer> {
    let mut answers = Vec::new();
    for name in DOCUMENTS {
        answers.push(server.owner.get(&format!("/plans/{}/{name}", run.plan)).await);
        answers.push(server.owner.get(&format!("/runs/{}/plan/{name}", run.id)).await);
    }
    answers
}

async fn both(server: &TestServer, run: &Run) -> [Answer; 2] {
    [
        server.owner.get(&format!("/plans/{}/json-output", run.plan)).await,
        server.owner.get(&format!("/runs/{}/plan/json-output", run.id)).await,
    ]
}

async fn expect(server: &TestServer, run: &Run, status: u16) {
    for answer in all(server, run).await {
        answer.expect_status(status);
    }
}

on_both!(nothing_until_the_plan_has_ended, |server| {
    let workspace = server.owner.workspace("net").await;
    let first = server.owner.run(&workspace, hangs(), &json!({})).await;
    let second = server.owner.run(&workspace, creates(1), &json!({})).await;
    server.owner.wait_for(&first, &["planning"]).await;
    for run in [&first, &second] {
        for answer in all(server, run).await {
            assert!(answer.expect_status(204).bytes.is_empty());
        }
    }
});

on_both!(
    nothing_while_it_is_queued,
    Setup { engines: Engines::Fake, configure: |config| config.agent_slots = 0 },
    |server| {
        let workspace = server.owner.workspace("net").await;
        let run = server.owner.run(&workspace, creates(1), &json!({})).await;
        expect(server, &run, 204).await;
    }
);

on_both!(the_engine_s_bytes_behind_a_url_that_lives_a_minute, |server| {
    let workspace = server.owner.workspace("net").await;
    let run = server.owner.run(&workspace, creates(2), &json!({})).await;
    server.owner.planned(&run).await;
    let [of_plan, of_run] = both(server, &run).await.map(|answer| answer.expect_status(307));
    assert!(of_plan.header("content-type").starts_with("text/plain"));
    assert_eq!(of_plan.text().lines().count(), 1);
    assert!(of_plan.header("cache-control").contains("no-store"));
    let (url, other) = (of_plan.header("location").to_owned(), of_run.header("location").to_owned());
    assert_ne!(url, other, "each call makes a URL of its own");
    let document = server.anonymous.get(&url).await.expect_status(200);
    assert_eq!(document.header("content-type"), "application/json");
    assert_eq!(document.header("cache-control"), "private, no-store");
    assert_eq!(document.header("referrer-policy"), "no-referrer");
    assert_eq!(document.at("/resource_changes").as_array().unwrap().len(), 2);
    assert_eq!(server.anonymous.get(&other).await.expect_status(200).bytes, document.bytes);
    // A bearer token that a client sends along is neither needed nor looked at.
    server.owner.with_token("expired").get(&url).await.expect_status(200);
    server.app().clock.advance(Duration::from_secs(61));
    let refused = server.anonymous.get(&url).await.expect_status(403);
    assert!(refused.header("content-type").starts_with("text/plain"));
    let [again, _] = both(server, &run).await;
    assert_eq!(server.anonymous.get(again.header("location")).await.expect_status(200).bytes, document.bytes);
});

on_both!(an_errored_plan_that_showed_something_keeps_it, |server| {
    let workspace = server.owner.workspace("net").await;
    let archive = plan_steps(&json!([{ "plan": { "additions": 1, "errored": true } }, { "exit": 1 }]));
    let run = server.owner.run(&workspace, archive, &json!({})).await;
    let plan = server.owner.planned(&run).await;
    assert_eq!(plan.attribute("status"), "errored");
    assert_eq!(plan.at("/data/links/json-output"), format!("/api/v2/plans/{}/json-output", run.plan));
    assert_eq!(server.owner.plan_json(&run).await["errored"], true);
});

on_both!(no_document_ever_is_a_404, |server| {
    let workspace = server.owner.workspace("net").await;
    let early = fake_archive(&json!({ "init": [{ "print_error": "no\n" }, { "exit": 1 }] }));
    let errored = server.owner.run(&workspace, early, &json!({})).await;
    assert_eq!(server.owner.planned(&errored).await.at("/data/links/json-output"), json!(null));
    expect(server, &errored, 404).await;
    let canceled = server.owner.run(&workspace, hangs(), &json!({})).await;
    server.owner.wait_for(&canceled, &["planning"]).await;
    let unreachable = server.owner.run(&workspace, creates(1), &json!({})).await;
    for run in [&unreachable, &canceled] {
        server.owner.post(&format!("/runs/{}/actions/cancel", run.id), &json!({})).await.expect_status(202);
        server.owner.planned(run).await;
        expect(server, run, 404).await;
    }
});

/// A terraform of 0.11, which has no `show -json`.
fn old_engine(config: &mut terrane_server::config::Config) {
    let terraform =
        config.engine_paths.iter().find(|path| path.ends_with("terraform")).expect("installed").clone();
    std::fs::write(format!("{terraform}.version"), "0.11.15").expect("the test's folder is writable");
}

on_both!(
    an_engine_that_cannot_write_json_is_a_422,
    Setup { engines: Engines::Fake, configure: old_engine },
    |server| {
        let attributes = json!({ "name": "old", "engine": "terraform", "terraform-version": "0.11.15" });
        let workspace = server.owner.workspace_with(&attributes).await;
        let behaviour = json!({ "plan": [{ "print": "Plan: 2 to add, 1 to change, 0 to destroy.\n" }, { "plan": {} }],
        "show": [{ "exit": 1 }] });
        let run = server.owner.run(&workspace, fake_archive(&behaviour), &json!({})).await;
        let plan = server.owner.planned(&run).await;
        assert_eq!(plan.attribute("status"), "finished", "{}", server.owner.log(&run).await);
        assert_eq!([plan.attribute("resource-additions"), plan.attribute("resource-changes")], [2, 1]);
        assert_eq!(plan.attribute("has-changes"), true);
        assert_eq!(plan.at("/data/links/json-output"), json!(null));
        for answer in both(server, &run).await {
            let answer = answer.expect_status(422);
            assert_eq!(answer.at("/errors/0/status"), "422");
            assert_eq!(answer.at("/errors/0/title"), "unsupported terraform version");
        }
    }
);
