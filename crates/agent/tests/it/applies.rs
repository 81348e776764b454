//! Applies: started once, with the server's leave, from what was planned.

use serde_json::json;
use sha2::{Digest, Sha256};
use terrane_wire::{Job, Outcome, StateSeen, Task};

use crate::{
    jobs::{apply, apply_steps, behaviour, state},
    processes::supervise_again,
    server::hex,
    world::{World, wait_until},
};

fn apply_task(job: &mut Job) -> &mut terrane_wire::ApplyTask {
    match &mut job.task {
        Task::Apply(task) => task,
        Task::Plan(_) => panic!("not an apply"),
    }
}

#[test]
fn an_apply_writes_its_states_and_is_reported() {
    let world = World::new();
    let steps = json!([
        {"count_start": "starts"}, {"arguments": true}, {"lock": true}, {"print_state": true},
        {"write_state": {}}, {"created": 2}, {"write_state": {"json_first": true}},
        {"write_state": {"no_json": true}}, {"unlock": true}, {"print": "Apply complete!\n"},
    ]);
    let job = apply_steps(&world.server, &world.engine, &steps);
    let report = world.run(job);
    let log = world.server.log();
    assert_eq!(report.outcome, Outcome::Finished, "{log}");
    assert_eq!((report.states_written, report.is_state_uncertain), (3, false));
    assert_eq!(report.errored_state, None);
    let told = world.server.told();
    let written: Vec<(u64, i64)> = told.states.iter().map(|state| (state.0, state.1)).collect();
    assert_eq!(written, [(1, 1), (2, 2), (3, 3)]);
    let with_json: Vec<u64> = told.state_jsons.iter().map(|json| json.0).collect();
    assert_eq!(with_json, [1, 2]);
    assert!(log.contains("start 1\n") && log.contains("no state\n"), "{log}");
    assert!(log.contains(r#"["apply", "-input=false", "#), "{log}");
    assert!(log.contains("terraform_data.a[1]: Creation complete after 0s"), "{log}");
    let start = &told.starts[0];
    assert_eq!(told.starts.len(), 1);
    assert_eq!(start.plan_file_sha256, hex(&Sha256::digest(b"the plan file")));
    assert_eq!(start.configuration_sha256, hex(&Sha256::digest(&told.objects["archive"])));
    assert_eq!((start.state.clone(), start.lock_file_sha256.clone()), (None, None));
    assert_eq!(start.engine_sha256, world.engine.sha256());
}

#[test]
fn an_apply_finds_the_state_it_was_planned_from() {
    let world = World::new();
    let base = br#"{"version":4,"serial":7,"lineage":"l-1","resources":[]}"#;
    let mut job =
        apply_steps(&world.server, &world.engine, &json!([{"print_state": true}, {"write_state": {}}]));
    job.state = Some(state(&world.server, base));
    let report = world.run(job);
    assert_eq!(report.outcome, Outcome::Finished, "{}", world.server.log());
    let told = world.server.told();
    let seen = StateSeen { id: "sv-base".to_owned(), sha256: hex(&Sha256::digest(base)) };
    assert_eq!(told.starts[0].state, Some(seen));
    assert_eq!((told.states[0].0, told.states[0].1), (1, 8));
}

#[test]
fn the_plan_s_lock_file_is_put_back() {
    let world = World::new();
    let steps = json!({"init": [{"arguments": true}, {"read_files": [".terraform.lock.hcl"]}, {"exit": 1}]});
    let mut job = apply(&world.server, &world.engine, &behaviour(&steps));
    apply_task(&mut job).lock_file = Some("# as planned\n".to_owned());
    let report = world.run(job);
    // The output of `init` is in the log because it failed.
    let log = world.server.log();
    assert!(matches!(report.outcome, Outcome::Errored { .. }) && !report.is_state_uncertain, "{log}");
    assert!(
        log.contains("-lockfile=readonly") && log.contains("readable .terraform.lock.hcl: # as planned"),
        "{log}"
    );
    let expected = hex(&Sha256::digest(b"# as planned\n"));
    assert_eq!(world.server.told().starts[0].lock_file_sha256.as_ref(), Some(&expected));
}

#[test]
fn a_refused_start_executes_nothing() {
    let world = World::new();
    world.server.told().start_refusal = Some("the plan is stale".to_owned());
    let report = world.run(apply_steps(&world.server, &world.engine, &json!([{"print": "an engine ran\n"}])));
    let reason = "the apply was not started: the plan is stale".to_owned();
    assert_eq!(report.outcome, Outcome::Errored { reason: reason.clone() });
    assert_eq!((report.is_state_uncertain, report.states_written), (false, 0));
    assert_eq!(world.server.log(), format!("terrane: {reason}\n"));
    assert_eq!(world.server.told().starts.len(), 1, "a refusal is final");
}

#[test]
fn a_start_whose_answer_is_lost_is_repeated_and_executes_once() {
    let world = World::new();
    world.server.told().start_answers_lost = 2;
    let report = world.run(apply_steps(&world.server, &world.engine, &json!([{"count_start": "starts"}])));
    assert_eq!(report.outcome, Outcome::Finished);
    assert_eq!(world.server.log(), "start 1\n");
    let told = world.server.told();
    assert_eq!(told.starts.len(), 3);
    assert!(told.starts.iter().all(|start| *start == told.starts[0]), "{:?}", told.starts);
}

#[test]
fn what_was_altered_on_its_way_is_not_applied() {
    for name in ["plan-file", "archive", "state"] {
        let world = World::new();
        let mut job = apply_steps(&world.server, &world.engine, &json!([{"print": "an engine ran\n"}]));
        job.state = Some(state(&world.server, br#"{"version":4,"serial":7,"lineage":"l-1"}"#));
        world.server.told().objects.get_mut(name).expect("stored")[5] ^= 1;
        let report = world.run(job);
        let Outcome::Errored { reason } = report.outcome else { panic!("{name}: {:?}", report.outcome) };
        assert!(reason.contains("what came is not what was stored"), "{name}: {reason}");
        assert!(world.server.told().starts.is_empty(), "{name}: nobody asked for a start");
        assert!(!world.server.log().contains("an engine ran"), "{name}");
    }
}

#[test]
fn a_second_supervisor_refuses_and_touches_nothing() {
    let world = World::new();
    let steps = json!([{"count_start": "starts"}, {"wait_for_file": "go"}]);
    let job = apply_steps(&world.server, &world.engine, &steps);
    let folder = world.job_folder(&job);
    world.give(job);
    let agent = world.start();
    world.server.wait_for_log("start 1\n");
    assert!(!supervise_again(&folder), "the lock is taken");
    // Also when the first one is gone: the mark stays.
    crate::processes::kill_supervisor(&folder);
    let report = world.server.wait_for("report", |told| told.reports.last().cloned());
    assert!(report.is_state_uncertain);
    wait_until("the folder is removed", || !folder.exists());
    world.stop(agent).expect("ends");
    assert_eq!(world.server.log().matches("start ").count(), 1);
}
