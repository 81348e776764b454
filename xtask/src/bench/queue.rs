//! `POST /runs` to the engine's first instruction, with an idle slot.

use anyhow::{Context, Result};

use super::api::{Api, Run};
use super::job_record::wait_until_idle;
use super::peers::fork_exec_fsync_ms;
use super::program::{Place, Programs};
use super::run::WARM_UP;
use super::series::{Series, Unit};

/// Both are held to it: the answer comes before the engine, so the second is the stricter one.
const TARGET_MS: f64 = 20.0;

/// `init` notes when its process began, `plan` tells it in the log.
const BEHAVIOUR: &[u8] = br#"{"init": [{"write_time": "began"}], "plan": [{"read_files": ["began"]}, {"plan": {"additions": 1}}]}"#;

pub(super) fn measure(programs: &Programs, samples: usize) -> Result<Vec<Series>> {
    let place = Place::new(programs, &programs.fake_engine)?;
    let (server, _) = place.start()?;
    let mut api = Api::open(&place, &server)?;
    let (workspace, configuration) = api.workspace("tofu", &[("fake-engine.json", BEHAVIOUR)])?;
    let mut peer = Series::new("fork+exec of true, one fsync", Unit::Milliseconds);
    let line = |name| Series::new(name, Unit::Milliseconds).target(TARGET_MS).peer(&peer);
    let mut answered = line("queue: POST /runs answered to engine start");
    let mut asked = line("queue: POST /runs sent to engine start");
    for number in 0..samples + WARM_UP {
        wait_until_idle(&place.data_dir().join("agent"))?;
        let run = api.run(&workspace, &configuration)?;
        let began_us = engine_began_us(&mut api, &run)?;
        let peer_ms = fork_exec_fsync_ms(&place.data_dir())?;
        if number >= WARM_UP {
            answered.samples.push((began_us - run.answered_us) as f64 / 1e3);
            asked.samples.push((began_us - run.asked_us) as f64 / 1e3);
            peer.samples.push(peer_ms);
        }
    }
    server.stop()?;
    Ok(vec![answered, asked, peer])
}

fn engine_began_us(api: &mut Api, run: &Run) -> Result<i64> {
    let (log, _) = api.log_to_its_end(run)?;
    api.expect_finished(run, 1, &log)?;
    let (_, rest) =
        log.split_once("readable began: ").with_context(|| format!("no time in the log: {log}"))?;
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
    digits.parse().with_context(|| format!("no time in the log: {log}"))
}
