//! The real engines, with a `cloud` block that leads to the supervisor.

use terrane_wire::{Job, Outcome, Task};

use crate::{
    jobs::{apply, plan, state},
    world::World,
};

fn configuration(count: usize) -> Vec<u8> {
    let text = format!(
        r#"
        terraform {{
          backend "s3" {{}}
        }}
        resource "terraform_data" "many" {{
          count = {count}
          input = terraform.workspace
        }}
        resource "terraform_data" "provisioned" {{
          provisioner "local-exec" {{
            command = "echo made by ${{terraform.workspace}}"
          }}
        }}
        output "first" {{
          value = terraform_data.many[0].output
        }}
        "#
    );
    terrane_slug::pack_files(&[("main.tf", text.as_bytes())])
}

/// What the plan left, for its apply.
fn apply_of(world: &World, archive: &[u8], planned: &Job, lock_file: Option<String>) -> Job {
    let mut job = apply(&world.server, &world.engine, archive);
    job.state = planned.state.clone();
    if let Task::Apply(task) = &mut job.task {
        task.lock_file = lock_file;
    }
    job
}

fn planned_and_applied(variable: &str) {
    let world = World::real(variable);
    let archive = configuration(1000);
    let job = plan(&world.server, &world.engine, &archive);
    let report = world.run(job.clone());
    assert_eq!(report.outcome, Outcome::Finished, "{}", world.server.log());
    assert_eq!(report.counts.expect("counts").additions, 1001);

    // Another supervisor, so another port.
    let report = world.run(apply_of(&world, &archive, &job, report.lock_file));
    let log = world.server.log();
    assert_eq!(report.outcome, Outcome::Finished, "{log}");
    assert!(!report.is_state_uncertain && report.states_written > 0);
    assert!(log.contains("made by net"), "{log}");
    let (_, serial, content) = world.server.told().states.last().cloned().expect("a state");
    assert!(world.server.told().state_jsons.iter().any(|json| json.0 == report.states_written));
    let document: serde_json::Value = serde_json::from_slice(&content).expect("JSON");
    assert_eq!(document["serial"].as_i64(), Some(serial));
    assert_eq!(document["resources"][0]["instances"].as_array().map(Vec::len), Some(1000));
    assert_eq!(document["outputs"]["first"]["value"], "net");

    // The next plan sees it.
    let mut job = plan(&world.server, &world.engine, &archive);
    job.id = "job-3".to_owned();
    job.state = Some(state(&world.server, &content));
    world.server.told().states.clear();
    let report = world.run(job);
    assert_eq!(report.outcome, Outcome::Finished, "{}", world.server.log());
    let counts = report.counts.expect("counts");
    assert_eq!((counts.additions, counts.has_changes), (0, false));
}

#[test]
fn tofu_applies_what_it_planned() {
    planned_and_applied("TERRANE_TEST_TOFU");
}

#[test]
fn terraform_applies_what_it_planned() {
    planned_and_applied("TERRANE_TEST_TERRAFORM");
}
