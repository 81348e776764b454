//! A server that is away.

use serde_json::json;
use terrane_wire::Outcome;

use crate::{
    jobs::apply_steps,
    world::{World, wait_until},
};

#[test]
fn states_and_log_of_an_outage_arrive_in_order_and_once() {
    let world = World::new();
    let steps = json!([
        {"write_state": {}}, {"print": "ready\n"}, {"wait_for_file": "go"}, {"write_state": {}},
        {"print": "two\n"}, {"write_state": {"json_first": true}}, {"print": "three\n"},
    ]);
    let job = apply_steps(&world.server, &world.engine, &steps);
    let folder = world.job_folder(&job);
    world.give(job);
    let agent = world.start();
    world.server.wait_for_log("ready\n");
    world.server.wait_for("the first state", |told| told.state_jsons.first().map(drop));
    world.server.told().is_away = true;
    std::fs::write(folder.join("config/go"), "").expect("written");
    wait_until("the engine has ended", || folder.join("exit.json").exists());
    // The agent is ended and started in between, too.
    world.stop(agent).expect("ends");
    let agent = world.start();
    std::thread::sleep(std::time::Duration::from_millis(300));
    world.server.told().is_away = false;
    let report = world.server.report();
    wait_until("the folder is removed", || !folder.exists());
    world.stop(agent).expect("ends");
    assert_eq!(report.outcome, Outcome::Finished, "{}", world.server.log());
    assert_eq!(world.server.log(), "ready\ntwo\nthree\n");
    let told = world.server.told();
    let written: Vec<(u64, i64)> = told.states.iter().map(|state| (state.0, state.1)).collect();
    assert_eq!(written, [(1, 1), (2, 2), (3, 3)]);
    assert_eq!(told.state_jsons.iter().map(|json| json.0).collect::<Vec<_>>(), [1, 2, 3]);
}

#[test]
fn a_server_that_has_forgotten_the_agent_is_greeted_again() {
    let world = World::new();
    let agent = world.start();
    world.server.wait_for("hello", |told| told.hellos.first().map(drop));
    world.server.told().forgets_agent = true;
    world.server.wait_for("another hello", |told| told.hellos.get(1).map(drop));
    let job = apply_steps(&world.server, &world.engine, &json!([{"print": "done\n"}]));
    world.give(job);
    assert_eq!(world.server.report().outcome, Outcome::Finished);
    world.stop(agent).expect("ends");
}

#[test]
fn a_server_that_is_away_at_the_beginning_is_waited_for() {
    let world = World::new();
    world.server.told().is_away = true;
    let job = apply_steps(&world.server, &world.engine, &json!([{"print": "done\n"}]));
    world.give(job);
    let agent = world.start();
    std::thread::sleep(std::time::Duration::from_millis(300));
    world.server.told().is_away = false;
    assert_eq!(world.server.report().outcome, Outcome::Finished);
    world.stop(agent).expect("ends");
}
