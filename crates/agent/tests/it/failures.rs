//! Engines and supervisors that fail, hang, fork away, or are killed.

use std::time::Duration;

use serde_json::{Value, json};
use terrane_wire::{Outcome, Report, Stop};

use crate::{
    jobs::{apply_steps, behaviour, plan},
    processes::kill_supervisor,
    world::{World, wait_until},
};

#[track_caller]
fn reason(report: &Report) -> &str {
    match &report.outcome {
        Outcome::Errored { reason } => reason,
        other => panic!("{other:?}"),
    }
}

/// Runs an apply, and does something once its log says `ready`.
fn meanwhile(
    world: &World,
    steps: &Value,
    change: impl Fn(&mut terrane_wire::Job),
    act: impl Fn(),
) -> Report {
    let mut job = apply_steps(&world.server, &world.engine, steps);
    change(&mut job);
    let folder = world.job_folder(&job);
    world.give(job);
    let agent = world.start();
    world.server.wait_for_log("ready\n");
    act();
    let report = world.server.report();
    wait_until("the folder is removed", || !folder.exists());
    world.stop(agent).expect("ends");
    report
}

#[test]
fn a_provisioner_that_fails_is_an_error_with_a_certain_state() {
    let world = World::new();
    let steps = json!([{"write_state": {}}, {"print": "Error: local-exec provisioner error\n"}, {"exit": 1}]);
    let report = world.run(apply_steps(&world.server, &world.engine, &steps));
    assert_eq!(reason(&report), "tofu apply failed with exit code 1");
    assert_eq!((report.states_written, report.is_state_uncertain), (1, false));
}

#[test]
fn a_provisioner_that_forks_away_is_ended_with_the_engine() {
    let world = World::new();
    let steps = json!([{"spawn": ["setsid", "sleep", "4711"]}, {"write_state": {}}]);
    let report = world.run(apply_steps(&world.server, &world.engine, &steps));
    assert_eq!(report.outcome, Outcome::Finished, "{}", world.server.log());
    let is_running = || {
        let entries = std::fs::read_dir("/proc").expect("/proc").flatten();
        entries.into_iter().any(|entry| {
            std::fs::read(entry.path().join("cmdline")).is_ok_and(|words| words == b"sleep\x004711\x00")
        })
    };
    wait_until("the fork is gone", || !is_running());
}

#[test]
fn a_hanging_engine_is_interrupted_once_and_then_ended() {
    let world = World::new();
    let steps = json!([{"ignore_sigint": true}, {"write_state": {}}, {"print": "ready\n"}, {"hang": true}]);
    let interrupted = || world.server.told().stop = Some(Stop::Interrupt);
    let report = meanwhile(&world, &steps, |job| job.interrupt_grace_ms = 700, interrupted);
    assert_eq!(report.outcome, Outcome::Canceled);
    assert!(report.is_state_uncertain, "it did not end by itself");
    assert_eq!(report.states_written, 1);
    let log = world.server.log();
    assert!(log.contains("interrupt 1\n") && !log.contains("interrupt 2"), "{log}");
}

#[test]
fn an_interrupted_engine_that_ends_by_itself_is_certain() {
    let world = World::new();
    let steps = json!([{"print": "ready\n"}, {"hang": true}]);
    let report = meanwhile(&world, &steps, |_| {}, || world.server.told().stop = Some(Stop::Interrupt));
    assert_eq!(report.outcome, Outcome::Canceled);
    assert!(!report.is_state_uncertain);
}

#[test]
fn an_adopting_agent_does_not_interrupt_again() {
    let world = World::new();
    let steps = json!([{"ignore_sigint": true}, {"print": "ready\n"}, {"wait_for_file": "go"}]);
    let job = apply_steps(&world.server, &world.engine, &steps);
    let folder = world.job_folder(&job);
    world.give(job);
    let agent = world.start();
    world.server.wait_for_log("ready\n");
    world.server.told().stop = Some(Stop::Interrupt);
    world.server.wait_for_log("interrupt 1\n");
    world.stop(agent).expect("ends");
    let beats = world.server.told().beats;
    let agent = world.start();
    world.server.wait_for("heartbeats", |told| (told.beats > beats + 2).then_some(()));
    std::thread::sleep(Duration::from_millis(200));
    std::fs::write(folder.join("config/go"), "").expect("written");
    world.server.report();
    world.stop(agent).expect("ends");
    assert_eq!(world.server.log(), "ready\ninterrupt 1\n");
}

#[test]
fn an_engine_over_its_time_is_ended() {
    let world = World::new();
    let steps = json!([{"ignore_sigint": true}, {"print": "ready\n"}, {"hang": true}]);
    let short = |job: &mut terrane_wire::Job| (job.timeout_ms, job.interrupt_grace_ms) = (1500, 300);
    let report = meanwhile(&world, &steps, short, || {});
    assert_eq!(reason(&report), "the apply took longer than 2 seconds and was ended");
    assert!(report.is_state_uncertain);
}

#[test]
fn a_killed_engine_leaves_an_uncertain_state() {
    let world = World::new();
    let steps = json!([{"write_state": {}}, {"signal": 9}]);
    let report = world.run(apply_steps(&world.server, &world.engine, &steps));
    assert_eq!(reason(&report), "tofu apply was ended by signal 9");
    assert_eq!((report.states_written, report.is_state_uncertain), (1, true));
}

#[test]
fn a_state_the_engine_kept_to_itself_is_uploaded() {
    let world = World::new();
    let steps = json!([{"write_file": ["errored.tfstate", "{\"serial\":9}"]}, {"exit": 1}]);
    let report = world.run(apply_steps(&world.server, &world.engine, &steps));
    assert_eq!(report.errored_state.as_ref().map(|stored| stored.size_bytes), Some(12));
    assert!(report.is_state_uncertain);
    assert_eq!(world.server.told().objects["errored"], b"{\"serial\":9}");
}

#[test]
fn a_link_in_place_of_that_state_is_not_followed() {
    let world = World::new();
    let steps = json!([{"symlink": ["/etc/passwd", "errored.tfstate"]}, {"exit": 1}]);
    let report = world.run(apply_steps(&world.server, &world.engine, &steps));
    assert!(report.is_state_uncertain && report.errored_state.is_none());
    assert!(!world.server.told().objects.contains_key("errored"));
}

#[test]
fn a_killed_supervisor_leaves_nothing_running() {
    for is_apply in [false, true] {
        let world = World::new();
        let steps = json!([{"print": "ready\n"}, {"spawn": ["setsid", "sleep", "4712"]}, {"hang": true}]);
        let job = if is_apply {
            apply_steps(&world.server, &world.engine, &steps)
        } else {
            plan(&world.server, &world.engine, &behaviour(&json!({"plan": steps})))
        };
        let folder = world.job_folder(&job);
        world.give(job);
        let agent = world.start();
        world.server.wait_for_log("ready\n");
        kill_supervisor(&folder);
        let report = world.server.report();
        assert!(reason(&report).contains("what the engine did is unknown"));
        assert_eq!(report.is_state_uncertain, is_apply);
        wait_until("the folder is removed", || !folder.exists());
        world.stop(agent).expect("ends");
    }
}

#[test]
fn a_lost_lease_ends_everything_without_a_report() {
    let world = World::new();
    let job = apply_steps(&world.server, &world.engine, &json!([{"print": "ready\n"}, {"hang": true}]));
    let folder = world.job_folder(&job);
    world.give(job);
    let agent = world.start();
    world.server.wait_for_log("ready\n");
    world.server.told().lease_lost = true;
    wait_until("the folder is removed", || !folder.exists());
    world.stop(agent).expect("ends");
    assert!(world.server.told().reports.is_empty());
}
