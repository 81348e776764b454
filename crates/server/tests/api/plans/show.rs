//! `GET /plans/:id`, `GET /runs/:id/plan`.

use crate::support::{assert_body, creates, hangs};
use serde_json::{Value, json};
use std::time::Duration;
use terrane_testkit::{fake_archive, on_both};

on_both!(a_finished_plan_has_every_attribute, |server| {
    let workspace = server.owner.workspace("net").await;
    let behaviour = json!({ "plan": [
        { "print": "planning\n" },
        { "plan": { "additions": 3, "changes": 2, "destructions": 1, "imports": 4 } }] });
    let run = server.owner.run(&workspace, fake_archive(&behaviour), &json!({})).await;
    let plan = server.owner.planned(&run).await;
    assert_body!("plan_finished", plan);
    let counts = ["resource-additions", "resource-changes", "resource-destructions", "resource-imports"];
    assert_eq!(counts.map(|name| plan.attribute(name)), [3, 2, 1, 4].map(Value::from));
});

on_both!(a_plan_that_waits_has_none_of_what_is_to_come, |server| {
    let workspace = server.owner.workspace("net").await;
    let archive = server.owner.configuration(&workspace, creates(1)).await;
    let first = server.owner.run_of(&workspace, &archive, &json!({})).await;
    server.owner.wait_for(&first, &["planned"]).await;
    let second = server.owner.run_of(&workspace, &archive, &json!({})).await;
    let plan = server.owner.get(&format!("/plans/{}", second.plan)).await.expect_status(200);
    assert_body!("plan_pending", plan);
});

on_both!(a_run_leads_to_its_plan, |server| {
    let workspace = server.owner.workspace("net").await;
    let run = server.owner.run(&workspace, creates(1), &json!({})).await;
    let plan = server.owner.planned(&run).await;
    let same = server.owner.get(&format!("/runs/{}/plan", run.id)).await.expect_status(200);
    assert_eq!(same.json(), plan.json());
    let read = server.owner.get(&format!("/runs/{}?include=plan", run.id)).await;
    assert_eq!(read.at("/included/0"), plan.at("/data"));
    assert_eq!(read.attribute("has-changes"), plan.attribute("has-changes"));
});

on_both!(the_log_url_is_the_same_on_every_read_and_lives_as_long_as_a_run, |server| {
    let workspace = server.owner.workspace("net").await;
    let run = server.owner.run(&workspace, creates(1), &json!({})).await;
    let url = |plan: terrane_testkit::Answer| plan.attribute("log-read-url").as_str().unwrap().to_owned();
    let first = url(server.owner.planned(&run).await);
    let clock = &server.app().clock;
    clock.advance(Duration::from_secs(24 * 3600));
    assert_eq!(url(server.owner.planned(&run).await), first);
    clock.advance(Duration::from_secs(3600 - 1));
    assert!(!server.anonymous.get(&first).await.expect_status(200).bytes.is_empty());
    clock.advance(Duration::from_secs(30 * 3600));
    let later = url(server.owner.planned(&run).await);
    assert_ne!(later, first);
    server.anonymous.get(&first).await.expect_status(403);
    server.anonymous.get(&later).await.expect_status(200);
});

on_both!(the_log_url_is_there_before_the_engine_starts, |server| {
    let workspace = server.owner.workspace("net").await;
    let first = server.owner.run(&workspace, hangs(), &json!({})).await;
    let second = server.owner.run(&workspace, creates(1), &json!({})).await;
    for run in [&first, &second] {
        let plan = server.owner.get(&format!("/plans/{}", run.plan)).await;
        let url = plan.attribute("log-read-url").as_str().unwrap().to_owned();
        server.anonymous.get(&format!("{url}?limit=1&offset=0")).await.expect_status(200);
    }
});

on_both!(strangers_cannot_tell_a_plan_from_nothing, |server| {
    let workspace = server.owner.workspace("net").await;
    let run = server.owner.run(&workspace, creates(1), &json!({})).await;
    server.owner.planned(&run).await;
    for (real, unknown) in [
        (format!("/plans/{}", run.plan), "/plans/plan-0000000000000000"),
        (format!("/plans/{}/json-output", run.plan), "/plans/plan-0000000000000000/json-output"),
        (format!("/runs/{}/plan", run.id), "/runs/run-0000000000000000/plan"),
        (format!("/runs/{}/plan/json-output", run.id), "/runs/run-0000000000000000/plan/json-output"),
    ] {
        let of_real = server.stranger.get(&real).await.expect_status(404);
        let of_nothing = server.owner.get(unknown).await.expect_status(404);
        assert_eq!(of_real.bytes, of_nothing.bytes, "{real}");
    }
});
