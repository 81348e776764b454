//! From `POST cancel` to its answer and to the engine's interrupt.

use anyhow::{Context, Result};
use serde_json::json;

use super::api::{Api, now_us};
use super::job_record::wait_until_idle;
use super::program::{Place, Programs};
use super::run::WARM_UP;
use super::series::{Series, Unit};

const ANSWERED_TARGET_MS: f64 = 100.0;
const SIGNALLED_TARGET_MS: f64 = 1000.0;

const BEHAVIOUR: &[u8] = br#"{"plan": [{"plan": {"additions": 1}}],
    "apply": [{"note_interrupt": true}, {"print": "applying\n"}, {"hang": true}]}"#;

pub(super) fn measure(programs: &Programs, samples: usize) -> Result<Vec<Series>> {
    let place = Place::new(programs, &programs.fake_engine)?;
    let (server, _) = place.start()?;
    let mut api = Api::open(&place, &server)?;
    let (workspace, configuration) = api.workspace("tofu", &[("fake-engine.json", BEHAVIOUR)])?;
    let line = |name, target| Series::new(name, Unit::Milliseconds).target(target);
    let mut answered = line("cancel: POST sent to answered", ANSWERED_TARGET_MS);
    let mut signalled = line("cancel: POST sent to the engine's SIGINT", SIGNALLED_TARGET_MS);
    for number in 0..samples + WARM_UP {
        wait_until_idle(&place.data_dir().join("agent"))?;
        let run = api.run_with(&workspace, &configuration, &json!({ "auto-apply": true }))?;
        while !api.wait_for(&run, "applying").and_then(|()| api.apply_log(&run))?.contains("applying") {}
        let asked_us = now_us();
        api.act(&run, "cancel")?;
        let answered_us = now_us();
        api.wait_for(&run, "canceled")?;
        let log = api.apply_log(&run)?;
        let (_, rest) = log.split_once("interrupted at ").with_context(|| format!("no time: {log}"))?;
        let signalled_us: i64 = rest.split_whitespace().next().context("no time")?.parse()?;
        if number >= WARM_UP {
            answered.samples.push((answered_us - asked_us) as f64 / 1e3);
            signalled.samples.push((signalled_us - asked_us) as f64 / 1e3);
        }
    }
    server.stop()?;
    Ok(vec![answered, signalled])
}
