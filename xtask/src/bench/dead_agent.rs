//! From the kill of an agent in mid-apply to the event that tells its users.

use std::time::Instant;

use anyhow::Result;
use serde_json::json;

use super::api::Api;
use super::program::{Place, Programs};
use super::series::{Series, Unit};

const TARGET_MS: f64 = 35_000.0;
/// Each takes a lease.
const SAMPLES: usize = 2;
const BEHAVIOUR: &[u8] =
    br#"{"plan": [{"plan": {"additions": 1}}], "apply": [{"print": "applying\n"}, {"hang": true}]}"#;

pub(super) fn measure(programs: &Programs) -> Result<Vec<Series>> {
    let mut told = Series::new("agent: kill -9 to the run event", Unit::Milliseconds).target(TARGET_MS);
    for _ in 0..SAMPLES {
        let place = Place::new(programs, &programs.fake_engine)?;
        let (server, _) = place.start_alone()?;
        let mut agent = place.start_agent(&server)?;
        let mut api = Api::open(&place, &server)?;
        let (workspace, configuration) = api.workspace("tofu", &[("fake-engine.json", BEHAVIOUR)])?;
        let run = api.run_with(&workspace, &configuration, &json!({ "auto-apply": true }))?;
        api.wait_for(&run, "applying")?;
        while !api.apply_log(&run)?.contains("applying") {}
        agent.kill()?;
        agent.wait()?;
        let killed = Instant::now();
        let is_told = api.wait_for_event(&run, "agent_silent");
        told.samples.push(killed.elapsed().as_secs_f64() * 1e3);
        server.kill()?;
        place.end_jobs();
        is_told?;
    }
    Ok(vec![told])
}
