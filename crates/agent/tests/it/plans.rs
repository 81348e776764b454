//! Plans: what they read of the state, and that they are reported whole.

use serde_json::json;
use terrane_wire::{Category, Outcome, Secret, Variable};

use crate::{
    jobs::{behaviour, plan, state},
    world::World,
};

#[test]
fn a_plan_is_made_and_reported() {
    let world = World::new();
    let archive = behaviour(&json!({
        "init": [{"write_file": [".terraform.lock.hcl", "# locked\n"]}],
        "plan": [{"print": "planning\n"}, {"plan": {"additions": 2}}],
    }));
    let report = world.run(plan(&world.server, &world.engine, &archive));
    assert_eq!(report.outcome, Outcome::Finished, "{}", world.server.log());
    assert_eq!(report.counts.expect("counts").additions, 2);
    assert_eq!(report.lock_file.as_deref(), Some("# locked\n"));
    assert!(report.plan_file.is_some() && report.plan_json.is_some() && report.engine_sha256.is_some());
    assert_eq!((report.states_written, report.is_state_uncertain), (0, false));
    assert!(world.server.log().contains("planning\n"));
}

#[test]
fn a_plan_finds_the_state_and_cannot_write_one() {
    let world = World::new();
    let archive = behaviour(&json!({"plan": [{"print_state": true}, {"write_state": {"may_fail": true}}]}));
    let base = br#"{"version":4,"serial":7,"lineage":"l-1","resources":[]}"#;
    let mut job = plan(&world.server, &world.engine, &archive);
    job.state = Some(state(&world.server, base));
    let report = world.run(job);
    let log = world.server.log();
    assert_eq!(report.outcome, Outcome::Finished, "{log}");
    assert!(log.contains(r#""serial":7"#), "{log}");
    assert!(log.contains("Error: 409: state cannot be written while planning"), "{log}");
    assert!(world.server.told().states.is_empty());
}

#[test]
fn a_state_that_cannot_be_had_ends_the_run_before_an_engine_starts() {
    let content = br#"{"version":4,"serial":7,"lineage":"l-1"}"#;
    for (what, reason) in [
        ("missing", "failed to download the workspace's state"),
        ("short", "what came is not what was stored"),
        ("other bytes", "what came is not what was stored"),
        ("wrong md5", "what came is not what was stored"),
    ] {
        let world = World::new();
        let archive = behaviour(&json!({"init": [{"print": "an engine ran\n"}]}));
        let mut job = plan(&world.server, &world.engine, &archive);
        let mut source = state(&world.server, content);
        let mut told = world.server.told();
        match what {
            "missing" => drop(told.objects.remove("state")),
            "short" => drop(told.objects.insert("state".into(), content[..9].to_vec())),
            "other bytes" => {
                told.objects.get_mut("state").expect("stored")[3] ^= 1;
            }
            _ => source.md5 = "0".repeat(32),
        }
        drop(told);
        job.state = Some(source);
        let report = world.run(job);
        let Outcome::Errored { reason: told } = report.outcome else {
            panic!("{what}: {:?}", report.outcome)
        };
        assert!(told.contains(reason), "{what}: {told}");
        assert!(!world.server.log().contains("an engine ran"), "{what}");
    }
}

#[test]
fn a_second_attempt_goes_on_where_the_first_one_s_log_ended() {
    let world = World::new();
    world.server.told().logs.insert("job-1".into(), b"the first attempt".to_vec());
    let mut job = plan(&world.server, &world.engine, &behaviour(&json!({"plan": [{"print": "again\n"}]})));
    job.log_offset = 17;
    world.run(job);
    let log = world.server.log();
    assert!(log.starts_with("the first attempt\nterrane: the agent that made this plan was lost"), "{log}");
    assert!(log.contains("again\n"), "{log}");
}

#[test]
fn secrets_are_masked() {
    let world = World::new();
    let mut job =
        plan(&world.server, &world.engine, &behaviour(&json!({"plan": [{"print": "a hunter2hunter b\n"}]})));
    job.variables.push(Variable {
        key: "password".into(),
        value: Secret::new("hunter2hunter"),
        category: Category::Env,
        hcl: false,
        sensitive: true,
    });
    world.run(job);
    assert!(world.server.log().contains("a (sensitive value) b\n"), "{}", world.server.log());
}
