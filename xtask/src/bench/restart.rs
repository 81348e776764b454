//! A server that starts after a kill, with 10,000 runs in its database.

use anyhow::Result;

use super::api::Api;
use super::program::{Place, Programs};
use super::series::{Series, Unit};

const RUNS: usize = 10_000;
const TARGET_MS: f64 = 1000.0;
const BEHAVIOUR: &[u8] = b"{}";

pub(super) fn measure(programs: &Programs, samples: usize) -> Result<Vec<Series>> {
    let place = Place::new(programs, &programs.fake_engine)?;
    let (mut server, _) = place.start_alone()?;
    let mut api = Api::open(&place, &server)?;
    let (workspace, configuration) = api.workspace("tofu", &[("fake-engine.json", BEHAVIOUR)])?;
    for _ in 0..RUNS {
        api.run(&workspace, &configuration)?;
    }
    let mut ready =
        Series::new("restart: exec to first 200, 10,000 runs", Unit::Milliseconds).target(TARGET_MS);
    for _ in 0..samples {
        server.kill()?;
        let (started, time) = place.start_alone()?;
        server = started;
        ready.samples.push(time.as_secs_f64() * 1e3);
    }
    server.stop()?;
    Ok(vec![ready])
}
