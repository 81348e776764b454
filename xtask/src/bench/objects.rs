//! An apply of many objects through terrane, and by the bare engine with a `cloud` block on the same server's API.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use serde_json::json;

use super::api::{Api, now_us};
use super::job_record::{Watcher, wait_until_idle};
use super::program::{Place, Programs, Server};
use super::series::{Series, Unit};
use super::wrap_up::Engine;

const RATIO_TARGET: f64 = 1.2;
const WARM_UP: usize = 1;
const MAIN: &str =
    "resource \"terraform_data\" \"many\" {\n  count = 1000\n  input = \"number ${count.index}\"\n}\n";
/// Stands for the server in the peer's configuration.
const HOST: &str = "bench.test";

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
    let folder = tempfile::tempdir()?;
    let cloud = format!(
        "terraform {{\n  cloud {{\n    hostname = \"{HOST}\"\n    organization = \"bench\"\n    \
         workspaces {{\n      name = \"{workspace}\"\n    }}\n  }}\n}}\n"
    );
    fs::write(folder.path().join("main.tf"), format!("{cloud}{MAIN}"))?;
    let services = ["tfe.v2", "tfe.v2.1", "tfe.v2.2", "state.v2"]
        .map(|service| format!("    \"{service}\" = \"http://{}/api/v2/\"\n", server.address));
    let settings = format!(
        "host \"{HOST}\" {{\n  services = {{\n{}  }}\n}}\ncredentials \"{HOST}\" {{\n  token = \"{token}\"\n}}\n",
        services.concat()
    );
    fs::write(folder.path().join("cli.tfrc"), settings)?;
    let timed = |arguments: &[&str]| -> Result<f64> {
        let out = File::create(folder.path().join("out.log"))?;
        let mut command = Command::new(engine);
        command.args(arguments).current_dir(folder.path()).env_clear();
        command.stdin(Stdio::null()).stderr(out.try_clone()?).stdout(out);
        command.env("TF_CLI_CONFIG_FILE", folder.path().join("cli.tfrc")).env("HOME", folder.path());
        for name in ["TF_FORCE_LOCAL_BACKEND", "TF_IN_AUTOMATION", "CHECKPOINT_DISABLE"] {
            command.env(name, "1");
        }
        let started = Instant::now();
        let status = command.status().with_context(|| format!("failed to start {}", engine.display()))?;
        if !status.success() {
            let said = fs::read_to_string(folder.path().join("out.log")).unwrap_or_default();
            bail!("{arguments:?} ended with {status}: {said}");
        }
        Ok(started.elapsed().as_secs_f64() * 1e3)
    };
    let init_ms = timed(&["init", "-input=false", "-no-color"])?;
    timed(&["plan", "-input=false", "-out=plan.tfplan"])?;
    Ok((init_ms, timed(&["apply", "-input=false", "plan.tfplan"])?))
}
