//! Plan and apply as people start them: the real command lines against a server on loopback (cli-protocol 4).

use anyhow::Result;
use serde_json::json;

use super::api::Api;
use super::command_line::CommandLine;
use super::peers::bare_engine_ms;
use super::program::{Place, Programs};
use super::requests;
use super::series::{Series, Unit};
use super::wrap_up::Engine;

/// What the client's own waits make of a plan that takes no time: 1.61 s. We may add 0.04 s.
const PLAN_TARGET_MS: f64 = 1650.0;
/// What a plan that takes longer than the client's first wait may cost over the engine's own commands.
const SILENT_TARGET_MS: f64 = 700.0;
const APPLY_TARGET_MS: f64 = 2700.0;
const LOG_TARGET_MS: f64 = 2800.0;
const WARM_UP: usize = 1;

const ONE: &[u8] = b"resource \"terraform_data\" \"one\" {}\n";
const NEW_EACH_TIME: &[u8] = b"resource \"terraform_data\" \"one\" {\n  triggers_replace = timestamp()\n}\n";
/// Thinks for two seconds or more and says nothing meanwhile.
const SILENT: &[u8] = b"resource \"terraform_data\" \"one\" {\n  \
    input = sum([for i in range(750) : sum([for j in range(750) : i * j])])\n}\n";
/// Of the fake engine: 5 MB in lines.
const LOG: &[u8] = b"{\"plan\": [{\"repeat_mb\": 5}, {\"plan\": {\"additions\": 1}}]}";

const ADDED: &str = "Plan: 1 to add, 0 to change, 0 to destroy.";

pub(super) fn measure(programs: &Programs, engine: &Engine<'_>, samples: usize) -> Result<Vec<Series>> {
    let place = Place::new(programs, engine.program)?;
    let (server, _) = place.start()?;
    let mut api = Api::open(&place, &server)?;
    let name = engine.name;
    let line = |what: &str| Series::new(format!("{what} ({name})"), Unit::Milliseconds);
    let mut plan = line("plan of one resource").target(PLAN_TARGET_MS);
    let mut apply = line("apply -auto-approve").target(APPLY_TARGET_MS);
    let mut bare = line("bare commands, silent plan");
    let mut silent = line("silent plan").peer(&bare);
    let mut over = line("silent plan, over its bare commands").target(SILENT_TARGET_MS);

    let mut folder = |workspace: &str, main: &[u8]| -> Result<CommandLine> {
        api.empty_workspace(&json!({ "name": workspace, "engine": engine.kind }))?;
        let line = CommandLine::new(engine.program, &server, api.token(), workspace, &[("main.tf", main)])?;
        line.run(&["init", "-input=false"])?;
        Ok(line)
    };
    let (one, changing, slow) =
        (folder("one", ONE)?, folder("changing", NEW_EACH_TIME)?, folder("slow", SILENT)?);
    for _ in 0..samples + WARM_UP {
        plan.samples.push(one.run_and_see(&["plan", "-no-color"], ADDED)?);
        apply
            .samples
            .push(changing.run_and_see(&["apply", "-auto-approve", "-no-color"], "Apply complete!")?);
        let (own, peer) = (
            slow.run_and_see(&["plan", "-no-color"], ADDED)?,
            bare_engine_ms(engine.program, &[("main.tf", SILENT)])?,
        );
        silent.samples.push(own);
        bare.samples.push(peer);
        over.samples.push(own - peer);
    }
    let mut all = vec![plan, apply, silent, bare, over];
    for series in &mut all {
        series.samples.drain(..WARM_UP);
    }
    all.extend(requests::measure(&mut api, engine, samples)?);
    server.stop()?;
    all.push(large_log(programs, engine, samples)?);
    Ok(all)
}

/// A log of 5 MB on its way from an engine that prints it at once to the person's screen.
fn large_log(programs: &Programs, engine: &Engine<'_>, samples: usize) -> Result<Series> {
    let place = Place::new(programs, &programs.fake_engine)?;
    let (server, _) = place.start()?;
    let mut api = Api::open(&place, &server)?;
    api.empty_workspace(&json!({ "name": "log", "engine": "tofu", "structured-run-output-enabled": false }))?;
    let files = [("main.tf", ONE), ("fake-engine.json", LOG)];
    let line = CommandLine::new(engine.program, &server, api.token(), "log", &files)?;
    line.run(&["init", "-input=false"])?;
    let mut series = Series::new(format!("plan with a log of 5 MB ({})", engine.name), Unit::Milliseconds)
        .target(LOG_TARGET_MS);
    for _ in 0..samples {
        let (ms, said) = line.run(&["plan", "-no-color"])?;
        anyhow::ensure!(said.len() > 5_000_000, "only {} bytes of the log arrived", said.len());
        series.samples.push(ms);
    }
    server.stop()?;
    Ok(series)
}
