//! Heartbeats: nothing keeps them waiting.

use std::time::{Duration, Instant};

use serde_json::json;
use terrane_agent::Client;
use tokio_util::sync::CancellationToken;

use crate::{jobs::apply_steps, world::World};

#[test]
fn an_agent_that_is_busy_all_over_still_renews_its_lease() {
    // The server runs elsewhere, the agent on threads that this test keeps busy.
    let world = World::new();
    let url = world.listen();
    let job = apply_steps(&world.server, &world.engine, &json!([{"print": "ready\n"}, {"hang": true}]));
    world.give(job);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime");
    let (settings, engines) = (world.settings(), vec![world.engine.clone()]);
    let client = Client::http(&url).expect("an address");
    let stop = CancellationToken::new();
    let agent = runtime.spawn(terrane_agent::run(settings, engines, client, stop.clone()));
    world.server.wait_for_log("ready\n");
    let busy_until = Instant::now() + Duration::from_secs(3);
    for _ in 0..4 {
        runtime.spawn(async move {
            while Instant::now() < busy_until {
                std::hint::spin_loop();
            }
        });
    }
    std::thread::sleep(Duration::from_millis(200));
    let before = world.server.told().beats;
    std::thread::sleep(Duration::from_millis(2000));
    let during = world.server.told().beats - before;
    assert!(Instant::now() < busy_until, "measured while it was busy");
    assert!(during >= 5, "{during} heartbeats of 200 ms in 2 s");
    stop.cancel();
    runtime.block_on(agent).expect("no panic").expect("ends well");
}
