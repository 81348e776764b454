//! Plans: what they read of the state, and that they are reported whole.

use serde_json::{Value, json};
use terrane_wire::{Category, Outcome, Secret, Variable};

use crate::{
    jobs::{behaviour, plan, state},
    server::stored,
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
fn what_clients_show_of_a_plan_goes_up_with_it() {
    let world = World::new();
    let archive = behaviour(&json!({"plan": [{"plan": {"additions": 1}}]}));
    let report = world.run(plan(&world.server, &world.engine, &archive));
    let (redacted, schemas) =
        (report.redacted_json.expect("redacted"), report.provider_schemas.expect("schemas"));
    let told = world.server.told();
    assert_eq!(told.offers, [format!("provider-schemas:{}", schemas.sha256)]);
    assert_eq!(stored(&told.objects["provider-schemas"]).sha256, schemas.sha256);
    assert_eq!(stored(&told.objects["redacted-json"]).sha256, redacted.sha256);
    let document: Value = serde_json::from_slice(&told.objects["redacted-json"]).expect("JSON");
    assert_eq!(document["plan_format_version"], "1.2");
    assert_eq!(document["resource_changes"][0]["change"]["after"]["input"], "new");
    let of_provider = &document["provider_schemas"]["terraform.io/builtin/terraform"];
    assert!(of_provider["resource_schemas"]["terraform_data"].is_object(), "{document}");
}

#[test]
fn schemas_that_the_server_has_are_not_sent_again() {
    let world = World::new();
    world.server.told().has_offered = true;
    let report = world.run(plan(&world.server, &world.engine, &behaviour(&json!({}))));
    assert_eq!(report.outcome, Outcome::Finished, "{}", world.server.log());
    let told = world.server.told();
    assert_eq!((told.offers.len(), told.objects.contains_key("provider-schemas")), (1, false));
    assert!(report.provider_schemas.is_some());
}

#[test]
fn a_plan_that_cannot_be_redacted_fails_and_shows_nothing() {
    let world = World::new();
    // What comes after the steps makes it two documents.
    let archive = behaviour(&json!({"providers": [{"print": "{"}]}));
    let report = world.run(plan(&world.server, &world.engine, &archive));
    let Outcome::Errored { reason } = &report.outcome else { panic!("{:?}", report.outcome) };
    assert!(reason.starts_with("failed to redact the plan: "), "{reason}");
    assert!(world.server.log().contains(reason), "{}", world.server.log());
    assert!(report.redacted_json.is_none() && report.plan_json.is_none());
    assert!(!world.server.told().objects.contains_key("redacted-json"));
}

#[test]
fn engines_are_asked_for_json_lines_when_the_run_wants_them() {
    for wanted in [false, true] {
        let world = World::new();
        let archive = behaviour(&json!({"plan": [{"arguments": true}], "apply": [{"arguments": true}]}));
        let mut job = plan(&world.server, &world.engine, &archive);
        job.structured_output = wanted;
        world.run(job);
        assert_eq!(world.server.log().contains("\"-json\""), wanted, "{}", world.server.log());
    }
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
