//! Plan, run, counts, document and the log's last byte become visible together (api-contract 19, 11).

use crate::support::{creates, plan_steps};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use terrane_testkit::{Actor, Run, on_both};

const RUNS: usize = 12;

/// Reads in all orders; whatever is read later must not be behind what was read before.
async fn poll(owner: Actor, run: Run, log_url: String, stop: Arc<AtomicBool>, both_seen: Arc<AtomicUsize>) {
    let status = |answer: &terrane_testkit::Answer| answer.attribute("status").as_str().unwrap().to_owned();
    let has_ended =
        |status: &str| !["pending", "queued", "plan_queued", "running", "planning"].contains(&status);
    for turn in 0.. {
        let is_last = stop.load(Ordering::Relaxed);
        let read_run = async || owner.get(&format!("/runs/{}?include=plan", run.id)).await;
        let read_plan = async || owner.get(&format!("/plans/{}", run.plan)).await;
        let read_log = async || owner.get(&format!("{log_url}?limit=65536&offset=0")).await;
        match turn % 3 {
            0 => {
                let first = read_run().await;
                let included = first.at("/included/0/attributes/status").as_str().unwrap().to_owned();
                assert_eq!(has_ended(&status(&first)), has_ended(&included), "one document, two times");
                let plan = read_plan().await;
                if has_ended(&status(&first)) {
                    assert!(has_ended(&status(&plan)), "the run has ended, the plan is {}", status(&plan));
                    both_seen.fetch_add(1, Ordering::Relaxed);
                }
            }
            1 => {
                let plan = read_plan().await;
                let (log, run) = (read_log().await, read_run().await);
                if has_ended(&status(&plan)) {
                    assert_eq!(log.bytes.last(), Some(&3), "the plan is final, its log has no end");
                    assert!(has_ended(&status(&run)));
                    assert_eq!(plan.attribute("resource-additions"), 2);
                    assert_eq!(plan.attribute("has-changes"), run.attribute("has-changes"));
                    owner.get(&format!("/plans/{}/json-output", plan.id())).await.expect_status(307);
                } else {
                    assert_eq!(plan.attribute("resource-additions"), Value::Null);
                }
            }
            _ => {
                let (log, plan) = (read_log().await, read_plan().await);
                if log.bytes.last() == Some(&3) {
                    assert!(has_ended(&status(&plan)), "the log has ended, the plan is {}", status(&plan));
                }
            }
        }
        if is_last {
            return;
        }
    }
}

on_both!(nobody_sees_half_of_an_end, |server| {
    let both_seen = Arc::new(AtomicUsize::new(0));
    let workspace = server.owner.workspace("net").await;
    let archive =
        plan_steps(&json!([{ "print": "x\n" }, { "sleep_ms": 30 }, { "plan": { "additions": 2 } }]));
    let configuration = server.owner.configuration(&workspace, archive).await;
    for _ in 0..RUNS {
        let run = server.owner.run_of(&workspace, &configuration, &json!({ "plan-only": true })).await;
        let plan = server.owner.get(&format!("/plans/{}", run.plan)).await;
        let log_url = plan.attribute("log-read-url").as_str().unwrap().to_owned();
        let stop = Arc::new(AtomicBool::new(false));
        let pollers: Vec<_> = (0..3)
            .map(|_| {
                tokio::spawn(poll(
                    server.owner.clone(),
                    run.clone(),
                    log_url.clone(),
                    stop.clone(),
                    both_seen.clone(),
                ))
            })
            .collect();
        server.owner.planned(&run).await;
        stop.store(true, Ordering::Relaxed);
        for poller in pollers {
            poller.await.unwrap();
        }
    }
    assert!(both_seen.load(Ordering::Relaxed) >= RUNS, "the race was never looked at");
});

on_both!(two_runs_of_one_workspace_never_plan_at_once, |server| {
    let workspace = server.owner.workspace("net").await;
    let configuration = server.owner.configuration(&workspace, creates(0)).await;
    let mut runs = Vec::new();
    for _ in 0..6 {
        runs.push(server.owner.run_of(&workspace, &configuration, &json!({})).await);
    }
    let mut spans = Vec::new();
    for run in &runs {
        server.owner.wait_for(run, &["planned_and_finished"]).await;
        let plan = server.owner.planned(run).await;
        let time = |name: &str| {
            plan.at(&format!("/data/attributes/status-timestamps/{name}")).as_str().unwrap().to_owned()
        };
        spans.push((time("started-at"), time("finished-at")));
    }
    for pair in spans.windows(2) {
        assert!(pair[0].1 <= pair[1].0, "{pair:?} overlap, or are out of order");
    }
});
