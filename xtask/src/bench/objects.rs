//! An apply of many objects through terrane, and by the bare engine with a `cloud` block on the same server's API.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::json;

use super::api::{Api, now_us};
use super::command_line::CommandLine;
use super::job_record::{Watcher, wait_until_idle};
use super::program::{Place, Programs, Server};
use super::series::{Series, Unit};
use super::wrap_up::Engine;

const RATIO_TARGET: f64 = 1.2;
const WARM_UP: usize = 1;
const MAIN: &str =
    "resource \"terraform_data\" \"many\" {\n  count = 1000\n  input = \"number ${count.index}\"\n}\n";

pub(super) fn measure(programs: &Programs, engine: &Engine<'_>, samples: usize) -> Result<Vec<Series>> {
    let Engine { name, program, kind } = engine;
    let place = Place::new(programs, program)?;
    let jobs = place.data_dir().join("agent");
    let (server, _) = place.start()?;
    let mut api = Api::open(&place, &server)?;
    let line = |what: &str| Series::new(format!("{what} ({name})"), Unit::Milliseconds);
    let (mut bare, mut bare_whole) = (line("bare apply, cloud block"), line("bare init, apply, cloud block"));
    let mut command = line("objects: apply command, 1,000").peer(&bare).ratio_target(RATIO_TARGET);
    let mut whole = line("objects: confirmed to applied, 1,000").peer(&bare_whole).ratio_target(RATIO_TARGET);
    for number in 0..samples + WARM_UP {
        let files = [("main.tf", MAIN.as_bytes())];
        let (workspace, configuration) = api.workspace_named(&format!("own-{number}"), kind, &files)?;
        let run = api.run_with(&workspace, &configuration, &json!({}))?;
        api.wait_for(&run, "planned")?;
        wait_until_idle(&jobs)?;
        let watcher = Watcher::start(jobs.clone());
        let asked_us = now_us();
        api.act(&run, "apply")?;
        api.wait_for(&run, "applied")?;
        let applied_us = now_us();
        let record = watcher.end().context("the record of an apply was missed")?;
        let (started_us, ended_us) = record.last_us().context("an apply has commands")?;

        let peer = format!("peer-{number}");
        api.workspace_named(&peer, kind, &files)?;
        let (init_ms, apply_ms) = bare_apply_ms(program, &server, api.token(), &peer)?;
        command.samples.push((ended_us - started_us) as f64 / 1e3);
        whole.samples.push((applied_us - asked_us) as f64 / 1e3);
        bare.samples.push(apply_ms);
        bare_whole.samples.push(init_ms + apply_ms);
    }
    server.stop()?;
    let mut all = vec![command, whole, bare, bare_whole];
    for series in &mut all {
        series.samples.drain(..WARM_UP);
    }
    Ok(all)
}

/// `init` and `apply` of a saved plan, without terrane but for the state; both times.
fn bare_apply_ms(engine: &Path, server: &Server, token: &str, workspace: &str) -> Result<(f64, f64)> {
    let files = [("main.tf", MAIN.as_bytes())];
    let line = CommandLine::new(engine, server, token, workspace, &files)?.locally();
    let (init_ms, _) = line.run(&["init", "-input=false", "-no-color"])?;
    line.run(&["plan", "-input=false", "-out=plan.tfplan"])?;
    let (apply_ms, _) = line.run(&["apply", "-input=false", "plan.tfplan"])?;
    Ok((init_ms, apply_ms))
}
