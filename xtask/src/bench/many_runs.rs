//! Fifty runs without changes in five slots, against a loop of the same commands, two at a time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result};

use super::api::Api;
use super::peers::bare_engine_ms;
use super::program::{Place, Programs};
use super::series::{Series, Unit};
use super::wrap_up::Engine;

const RUNS: usize = 50;
const SLOTS: &str = "5";
const WORKSPACES: usize = 10;
const AT_A_TIME: usize = 2;
const RATIO_TARGET: f64 = 0.95;
const FILES: [(&str, &[u8]); 1] = [("main.tf", b"locals { nothing = true }\n")];

pub(super) fn measure(programs: &Programs, engine: &Engine<'_>, samples: usize) -> Result<Vec<Series>> {
    let place = Place::new(programs, engine.program)?;
    let (server, _) = place.start_with(SLOTS)?;
    let mut api = Api::open(&place, &server)?;
    let workspaces = (0..WORKSPACES)
        .map(|number| api.workspace_named(&format!("bench-{number}"), engine.kind, &FILES))
        .collect::<Result<Vec<_>>>()?;
    let mut peer =
        Series::new(format!("{}: a loop of {RUNS}, {AT_A_TIME} at a time", engine.name), Unit::PerSecond);
    let name = format!("{}: {RUNS} runs without changes, {SLOTS} slots", engine.name);
    let mut rate = Series::new(name, Unit::PerSecond).peer(&peer).ratio_target(RATIO_TARGET);
    for _ in 0..samples {
        rate.samples.push(through_terrane(&mut api, &workspaces)?);
        peer.samples.push(bare(engine)?);
    }
    server.stop()?;
    Ok(vec![rate, peer])
}

/// Runs a second, from the sending of the first to the end of the last.
fn through_terrane(api: &mut Api, workspaces: &[(String, String)]) -> Result<f64> {
    let begin = Instant::now();
    let mut runs = Vec::new();
    for number in 0..RUNS {
        let (workspace, configuration) = &workspaces[number % workspaces.len()];
        runs.push(api.run_with(workspace, configuration, &serde_json::json!({}))?);
    }
    for run in &runs {
        api.wait_for(run, "planned_and_finished")?;
    }
    Ok(RUNS as f64 / begin.elapsed().as_secs_f64())
}

fn bare(engine: &Engine<'_>) -> Result<f64> {
    let next = AtomicUsize::new(0);
    let begin = Instant::now();
    thread::scope(|scope| {
        let lanes: Vec<_> = (0..AT_A_TIME)
            .map(|_| {
                scope.spawn(|| -> Result<()> {
                    while next.fetch_add(1, Ordering::Relaxed) < RUNS {
                        bare_engine_ms(engine.program, &FILES)?;
                    }
                    Ok(())
                })
            })
            .collect();
        for lane in lanes {
            lane.join().ok().context("a lane panicked")??;
        }
        Ok(RUNS as f64 / begin.elapsed().as_secs_f64())
    })
}
