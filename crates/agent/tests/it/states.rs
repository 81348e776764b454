//! States that are refused: with 409, which engines do not retry.

use serde_json::{Value, json};
use terrane_wire::{Outcome, Report};

use crate::{
    jobs::{apply_steps, state},
    world::World,
};

fn refused(how: &Value) -> (Report, String, usize) {
    let world = World::new();
    let mut job =
        apply_steps(&world.server, &world.engine, &json!([{"write_state": {}}, {"write_state": how}]));
    job.state = Some(state(&world.server, br#"{"version":4,"serial":7,"lineage":"l-1","resources":[]}"#));
    let report = world.run(job);
    let count = world.server.told().states.len();
    (report, world.server.log(), count)
}

#[test]
fn a_state_that_does_not_follow_is_refused() {
    for (how, reason) in [
        (json!({"wrong_md5": true}), "the state's bytes do not have the MD5 that was announced"),
        (json!({"serial": 3}), "the state's serial 3 is not above the current 8"),
        (json!({"serial": 8, "bytes": 5}), "the state's serial 8 is not above the current 8"),
        (json!({"lineage": "other"}), "the state's lineage \"other\" is not the workspace's"),
    ] {
        let (report, log, count) = refused(&how);
        let expected = format!("tofu apply failed with exit code 1; {reason}");
        assert_eq!(report.outcome, Outcome::Errored { reason: expected });
        assert!(log.contains(&format!("Error: 409: {reason}")), "{log}");
        assert_eq!((report.states_written, count, report.is_state_uncertain), (1, 1, true));
    }
}

#[test]
fn an_engine_that_hides_a_refusal_does_not_finish() {
    let (report, log, _) = refused(&json!({"wrong_md5": true, "may_fail": true}));
    let Outcome::Errored { reason } = report.outcome else { panic!("{log}") };
    assert!(reason.contains("do not have the MD5") && report.is_state_uncertain);
    assert!(log.ends_with(&format!("terrane: {reason}\n")), "{log}");
}

#[test]
fn old_engines_send_a_state_inside_of_its_announcement() {
    let world = World::new();
    let steps =
        json!([{"write_state": {"inline": true}}, {"write_state": {"inline": true}}, {"print_state": true}]);
    let report = world.run(apply_steps(&world.server, &world.engine, &steps));
    let log = world.server.log();
    assert_eq!(report.outcome, Outcome::Finished, "{log}");
    assert!(log.contains(r#""serial":2"#), "{log}");
    let told = world.server.told();
    assert_eq!(told.states.iter().map(|state| (state.0, state.1)).collect::<Vec<_>>(), [(1, 1), (2, 2)]);
    assert_eq!(told.state_jsons.iter().map(|json| json.0).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn a_large_state_arrives_whole() {
    let world = World::new();
    let report = world.run(apply_steps(
        &world.server,
        &world.engine,
        &json!([{"write_state": {"bytes": 30_000_000}}]),
    ));
    assert_eq!(report.outcome, Outcome::Finished, "{}", world.server.log());
    let told = world.server.told();
    let document: Value = serde_json::from_slice(&told.states[0].2).expect("JSON");
    assert_eq!(document["filling"].as_str().map(str::len), Some(30_000_000));
}
