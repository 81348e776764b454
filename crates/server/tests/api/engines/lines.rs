//! Many runs at once: each workspace does one after the other, in the order in which they were made.

use super::on_engines;
use serde_json::json;
use std::collections::BTreeMap;
use terrane_testkit::{Answer, Run, archive};

const WORKSPACES: usize = 5;
const RUNS_EACH: usize = 4;

fn time(run: &Answer, name: &str) -> String {
    let time = run.at(&format!("/data/attributes/status-timestamps/{name}"));
    time.as_str().unwrap_or_else(|| panic!("no {name}: {}", run.text())).to_owned()
}

on_engines!(twenty_runs_on_five_workspaces_in_their_order, |bench| {
    let owner = &bench.server.owner;
    let mut workspaces = Vec::new();
    for number in 0..WORKSPACES {
        workspaces.push(bench.workspace(&format!("net-{number}")).await);
    }
    let mut runs: BTreeMap<&str, Vec<Run>> = BTreeMap::new();
    for round in 1..=RUNS_EACH {
        // One object more in each round, so that each plan shows whether the round before it was applied.
        let main = format!("resource \"terraform_data\" \"x\" {{\n  count = {round}\n}}\n");
        for workspace in &workspaces {
            let run =
                owner.run(workspace, archive(&[("main.tf", &main)]), &json!({ "auto-apply": true })).await;
            runs.entry(workspace).or_default().push(run);
        }
    }
    for (workspace, runs) in runs {
        let mut before: Option<Answer> = None;
        for run in &runs {
            let ended = bench.ended(workspace, run).await.expect("applied", "finished");
            assert_eq!(ended.counts(), [1, 0, 0], "{}", ended.log);
            if let Some(before) = &before {
                assert!(
                    time(before, "applied-at") <= time(&ended.run, "plan-queued-at"),
                    "two at the same time"
                );
            }
            before = Some(ended.run);
        }
        let state = bench.state(workspace).await;
        assert_eq!(state["resources"][0]["instances"].as_array().unwrap().len(), RUNS_EACH);
        let listed = owner.get(&format!("/workspaces/{workspace}/runs")).await;
        let ids: Vec<String> = runs.iter().rev().map(|run| run.id.clone()).collect();
        let listed = listed.at("/data");
        let listed: Vec<&str> =
            listed.as_array().unwrap().iter().filter_map(|run| run["id"].as_str()).collect();
        assert_eq!(listed, ids);
    }
    let capacity = owner.get("/organizations/acme/capacity").await;
    assert_eq!((capacity.attribute("pending"), capacity.attribute("running")), (json!(0), json!(0)));
});
