//! What must hold after every cell.

use crate::cell::{Cell, End};
use crate::play::Play;
use crate::process::wait_for_processes;
use crate::scenario::{OBJECTS, address, created, held_at, next};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use terrane_testkit::Answer;

const NEXT_PATIENCE: Duration = Duration::from_secs(60);

/// Checks all of it; how the run ended, and its reason.
pub async fn everything(play: &mut Play) -> (End, String) {
    let status = play.ended().await;
    let run = play.asking.get(&format!("/runs/{}", play.run)).await;
    let apply_id = run.at("/data/relationships/apply/data/id").as_str().expect("a run has one").to_owned();
    let apply = play.asking.get(&format!("/applies/{apply_id}")).await;
    let plan_id = run.at("/data/relationships/plan/data/id").as_str().expect("a run has one").to_owned();
    let plan = play.asking.get(&format!("/plans/{plan_id}")).await;
    let workspace = play.asking.get(&format!("/workspaces/{}", play.workspace)).await;
    let is_locked = workspace.attribute("locked") == true;
    let end = match (status.as_str(), is_locked) {
        (_, true) => End::Uncertain,
        ("applied", _) => End::Applied,
        ("canceled", _) => End::Canceled,
        _ => End::Errored,
    };
    let is_planned = plan.attribute("status") == "finished";
    let log = play.asking.log(if is_planned { &apply } else { &plan }).await;
    check_framing(&log);
    let log = String::from_utf8_lossy(&log).into_owned();
    let context =
        format!("{:?}: {end:?}\n{log}\n{:?}\n{}", play.cell, play.teller.lines(), play.place.logs());
    assert!(play.cell.allowed().contains(&end), "not allowed: {context}");

    let told = play.teller.lines();
    let starts = told.iter().filter(|line| *line == "apply").count();
    assert!(starts <= 1, "{starts} starts: {context}");
    if end == End::Applied {
        assert_eq!(starts, 1, "{context}");
        assert!(told.contains(&"done".to_owned()), "{context}");
    }
    check_states(play, &apply, &context).await;
    // Nothing of it runs any more.
    wait_for_processes(play.place.jobs().as_str(), "left of the run", <[_]>::is_empty);
    if end == End::Uncertain {
        decide(play, &apply, &workspace, &context).await;
    }
    next_run_works(play, &context).await;
    (end, reason_of(&log))
}

/// One first byte, one last byte, none between.
fn check_framing(log: &[u8]) {
    let count = |byte| log.iter().filter(|found| **found == byte).count();
    assert_eq!((log.first(), count(2)), (Some(&2), 1), "{log:?}");
    assert_eq!((log.last(), count(3)), (Some(&3), 1), "{log:?}");
}

/// Each state that the engine was told is kept is there.
async fn check_states(play: &Play, apply: &Answer, context: &str) {
    let stored = states_of(play, apply).await;
    let serials: Vec<i64> =
        stored.iter().filter_map(|version| version.attribute("serial").as_i64()).collect();
    let written = play.teller.lines().iter().filter(|line| line.starts_with("state ")).count();
    for serial in 1..=i64::try_from(written).expect("few") {
        assert!(serials.contains(&serial), "state {serial} is lost, there are {serials:?}: {context}");
    }
}

async fn states_of(play: &Play, apply: &Answer) -> Vec<Answer> {
    let list = apply.at("/data/relationships/state-versions/data");
    let mut versions = Vec::new();
    for version in list.as_array().into_iter().flatten() {
        let id = version["id"].as_str().expect("an id");
        versions.push(play.asking.get(&format!("/state-versions/{id}")).await);
    }
    versions
}

/// The recovered state and the list beside it say what exists; a person accepts it and takes the lock.
async fn decide(play: &Play, apply: &Answer, workspace: &Answer, context: &str) {
    let states = states_of(play, apply).await;
    let recovered: Vec<_> = states.iter().filter(|version| version.attribute("recovered") == true).collect();
    assert_eq!(recovered.len(), 1, "recovered states: {context}");
    let listed: BTreeSet<String> =
        serde_json::from_value(recovered[0].attribute("completed-but-not-in-state")).expect("a list");
    let url = recovered[0].attribute("hosted-state-download-url").as_str().expect("a URL").to_owned();
    let state = play.asking.get(&url).await.json();
    let held = addresses(&state);
    check_list(&play.cell, &completed(play), &held, &listed, context);
    let reason = workspace.attribute("locked-reason");
    assert!(reason.as_str().is_some_and(|text| text.contains("State uncertain")), "{reason}: {context}");

    let unlock = |action: &str| format!("/workspaces/{}/actions/{action}", play.workspace);
    play.asking.post(&unlock("unlock")).await.expect_status(409);
    let accept = format!("/state-versions/{}/actions/accept", recovered[0].id());
    play.asking.post(&accept).await.expect_status(200);
    play.asking.post(&unlock("force-unlock")).await.expect_status(200);
}

/// What the engine has told that it completed.
fn completed(play: &Play) -> BTreeSet<String> {
    let told = play.teller.lines();
    let counts = (1..=OBJECTS).filter(|count| told.contains(&created(*count)));
    let count = counts.max().unwrap_or(0);
    (0..count).map(|number| address(play.cell.engine, number)).collect()
}

/// Where the engine was held when it was killed, the list is the truth to the object; else it may have been between
/// doing and telling.
fn check_list(
    cell: &Cell,
    completed: &BTreeSet<String>,
    held: &BTreeSet<String>,
    listed: &BTreeSet<String>,
    context: &str,
) {
    let lost: BTreeSet<String> = completed.difference(held).cloned().collect();
    if held_at(cell).is_some() && cell.victim != crate::cell::Victim::Supervisor {
        assert_eq!(listed, &lost, "{held:?} are in the state: {context}");
    } else {
        assert!(listed.is_superset(&lost) && listed.is_disjoint(held), "{listed:?}, {lost:?}: {context}");
    }
}

/// The addresses of the objects in a state of the scenario.
fn addresses(state: &Value) -> BTreeSet<String> {
    let resources = state["resources"].as_array().into_iter().flatten();
    let addresses = resources.flat_map(|resource| {
        let name = resource["name"].as_str().unwrap_or_default().to_owned();
        let instances = resource["instances"].as_array().cloned().unwrap_or_default();
        instances.into_iter().map(move |instance| match &instance["index_key"] {
            Value::Null => format!("terraform_data.{name}"),
            key => format!("terraform_data.{name}[{key}]"),
        })
    });
    addresses.collect()
}

async fn next_run_works(play: &Play, context: &str) {
    let owner = &play.asking;
    let configuration = owner.0.configuration(&play.workspace, next(play.cell.engine)).await;
    let run = owner.0.run_of(&play.workspace, &configuration, &json!({ "auto-apply": true })).await;
    let status = owner.wait_for(&run.id, &["applied", "errored", "canceled"], NEXT_PATIENCE).await;
    assert_eq!(status, "applied", "the next run: {context}\n{}", owner.0.log(&run).await);
    assert_eq!(owner.get(&format!("/workspaces/{}", play.workspace)).await.attribute("locked"), false);
    let starts = play.teller.lines().iter().filter(|line| *line == "apply").count();
    assert!(starts <= 1, "{starts} starts after the next run: {context}");
}

/// The last line of ours in a log.
fn reason_of(log: &str) -> String {
    let mut own = log.lines().filter_map(|line| line.trim_matches('\u{3}').strip_prefix("terrane: "));
    own.next_back().unwrap_or_default().to_owned()
}
