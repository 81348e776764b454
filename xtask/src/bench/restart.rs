//! From the start of the process to the first 200 of `/readyz` when 10,000 runs wait.

use anyhow::Result;

use super::api::Api;
use super::peers::version_ms;
use super::program::{Place, Programs};
use super::series::{Series, Unit};

const RUNS: usize = 10_000;
const TARGET_MS: f64 = 1000.0;
/// Runs between two lines that say how far it is.
const SAY_EVERY: usize = 1000;

pub(super) fn measure(programs: &Programs, samples: usize) -> Result<Vec<Series>> {
    let place = Place::new(programs, &programs.fake_engine)?;
    let (server, _) = place.start()?;
    let mut api = Api::open(&place, &server)?;
    let (workspace, configuration) = api.workspace("tofu", &[("fake-engine.json", b"{}")])?;
    api.lock(&workspace)?;
    for number in 1..=RUNS {
        api.waiting_run(&workspace, &configuration)?;
        if number % SAY_EVERY == 0 {
            println!("{number} of {RUNS} runs made");
        }
    }
    server.stop()?;
    let mut peer = Series::new("terrane --version", Unit::Milliseconds);
    let mut ready = Series::new("restart: exec to first 200, 10,000 runs wait", Unit::Milliseconds)
        .target(TARGET_MS)
        .peer(&peer);
    for _ in 0..samples {
        let (server, time) = place.start()?;
        server.stop()?;
        ready.samples.push(time.as_secs_f64() * 1e3);
        peer.samples.push(version_ms(&programs.terrane)?);
    }
    Ok(vec![ready, peer])
}
