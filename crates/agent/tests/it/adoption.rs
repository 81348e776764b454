//! Jobs that an earlier agent left.

use serde_json::json;
use terrane_agent::AgentError;
use terrane_wire::{Category, Outcome, Secret, Variable};

use crate::{
    jobs::{apply_steps, behaviour, plan},
    processes::{kill_supervisor, noted},
    world::{World, wait_until},
};

#[test]
fn the_log_of_two_agents_is_one() {
    let world = World::new();
    let piece = "some text with hunter2hunter in it and in the next line\n".repeat(2000);
    let steps = json!({"plan": [{"print": piece}, {"print": "a hunter2"}, {"wait_for_file": "go"}, {"print": "hunter b\n"},
        {"print": piece}, {"exit": 3}]});
    let mut job = plan(&world.server, &world.engine, &behaviour(&steps));
    job.variables.push(Variable {
        key: "LD_PRELOAD".into(),
        value: Secret::new("hunter2hunter"),
        category: Category::Env,
        hcl: false,
        sensitive: true,
    });
    let folder = world.job_folder(&job);
    world.give(job);
    let agent = world.start();
    // The beginning of a secret is held back.
    world.server.wait_for_log("in the next line\na ");
    world.stop(agent).expect("ends");
    std::fs::write(folder.join("config/go"), "").expect("written");
    let agent = world.start();
    let report = world.server.report();
    world.stop(agent).expect("ends");
    let masked = piece.replace("hunter2hunter", "(sensitive value)");
    let reason = "tofu plan failed with exit code 3";
    assert_eq!(report.outcome, Outcome::Errored { reason: reason.into() });
    let note = "the environment variable \"LD_PRELOAD\" is left out: it would change how a run works";
    let expected = format!("terrane: {note}\n{masked}a (sensitive value) b\n{masked}terrane: {reason}\n");
    assert!(world.server.log() == expected, "{}", world.server.log().len());
}

/// Otherwise an agent that is killed right after the start would leave a log without the engine's output, if the engine
/// has ended when the next agent looks.
#[test]
fn the_engine_s_output_is_in_the_journal_before_anything_is_started() {
    let mut world = World::new();
    let program = world.work_dir.with_file_name("shows-journal");
    std::os::unix::fs::symlink(&world.supervisor, &program).expect("linked");
    world.supervisor = program;
    let job = plan(&world.server, &world.engine, &behaviour(&json!({"plan": [{"print": "planned\n"}]})));
    world.run(job);
    let journal = std::fs::read_to_string(world.work_dir.with_file_name("shows-journal.jsonl"));
    assert_eq!(journal.expect("the supervisor was started"), "{\"output\":\"plan\"}\n");
    assert!(world.server.log().contains("planned\n"));
}

#[test]
fn a_lost_job_is_ended_and_removed() {
    let world = World::new();
    let job = apply_steps(&world.server, &world.engine, &json!([{"print": "ready\n"}, {"hang": true}]));
    let folder = world.job_folder(&job);
    world.give(job);
    let agent = world.start();
    world.server.wait_for_log("ready\n");
    world.stop(agent).expect("ends");
    let supervisor = noted(&folder, "supervisor").expect("noted");
    world.server.told().lost = vec!["job-2".to_owned()];
    let agent = world.start();
    wait_until("the folder is removed", || !folder.exists());
    assert!(!std::path::Path::new(&format!("/proc/{supervisor}/exe")).exists(), "it is ended");
    world.stop(agent).expect("ends");
    assert!(world.server.told().reports.is_empty());
    assert_eq!(world.server.told().hellos.len(), 2);
}

#[test]
fn a_plan_whose_supervisor_died_is_reported_as_unknown() {
    let world = World::new();
    let steps = json!({"plan": [{"print": "ready\n"}, {"hang": true}]});
    let job = plan(&world.server, &world.engine, &behaviour(&steps));
    let folder = world.job_folder(&job);
    world.give(job);
    let agent = world.start();
    world.server.wait_for_log("ready\n");
    world.stop(agent).expect("ends");
    kill_supervisor(&folder);
    let agent = world.start();
    let report = world.server.report();
    world.stop(agent).expect("ends");
    let Outcome::Errored { reason } = report.outcome else { panic!("{:?}", report.outcome) };
    assert!(reason.contains("unknown") && !report.is_state_uncertain, "{reason}");
}

#[test]
fn a_report_that_was_not_taken_is_sent_again_as_it_was() {
    let world = World::new();
    let job = apply_steps(&world.server, &world.engine, &json!([{"write_state": {}}]));
    let folder = world.job_folder(&job);
    world.run(job.clone());
    // As if the agent had died right after the server took the report.
    let first = world.server.report();
    std::fs::create_dir_all(folder.join("state")).expect("made");
    let kept = json!({"version": 1, "job": job, "token": "t".repeat(48)});
    std::fs::write(folder.join("job.json"), kept.to_string()).expect("written");
    std::fs::write(folder.join("report.json"), serde_json::to_vec(&first).expect("JSON")).expect("written");
    let agent = world.start();
    wait_until("the folder is removed", || !folder.exists());
    world.stop(agent).expect("ends");
    assert_eq!(world.server.told().reports, [first.clone(), first]);
}

#[test]
fn what_is_not_understood_is_removed() {
    let world = World::new();
    for (name, text) in [("job-7", "{"), ("job-8", "{\"version\": 99}")] {
        std::fs::create_dir_all(world.work_dir.join(name)).expect("made");
        std::fs::write(world.work_dir.join(name).join("job.json"), text).expect("written");
    }
    std::fs::create_dir_all(world.work_dir.join("job-9")).expect("made");
    std::fs::create_dir_all(world.work_dir.join("engines")).expect("made");
    let agent = world.start();
    let hello = world.server.wait_for("hello", |told| told.hellos.first().cloned());
    assert_eq!(hello.holding, []);
    assert!(["job-7", "job-8", "job-9"].iter().all(|name| !world.work_dir.join(name).exists()));
    assert!(world.work_dir.join("engines").exists());
    world.stop(agent).expect("ends");
}

#[test]
fn a_second_agent_on_the_same_folder_is_refused() {
    let world = World::new();
    let first = world.start();
    world.server.wait_for("hello", |told| told.hellos.first().map(drop));
    let error = world.stop(world.start()).expect_err("refused");
    assert!(matches!(error, AgentError::InUse { .. }), "{error}");
    world.stop(first).expect("ends");
}
