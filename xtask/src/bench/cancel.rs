//! A cancel: its answer, and the engine's own word that it was interrupted.

use anyhow::Result;

use super::api::{Api, now_us};
use super::job_record::wait_until_idle;
use super::peers::fork_exec_fsync_ms;
use super::program::{Place, Programs};
use super::run::WARM_UP;
use super::series::{Series, Unit};

const ANSWER_TARGET_MS: f64 = 100.0;
const INTERRUPTED_TARGET_MS: f64 = 1000.0;
const HANGS: &str = "it hangs";
const INTERRUPTED: &str = "Interrupt received.";
const BEHAVIOUR: &[u8] = br#"{"plan": [{"print": "it hangs\n"}, {"hang": true}]}"#;

pub(super) fn measure(programs: &Programs, samples: usize) -> Result<Vec<Series>> {
    let place = Place::new(programs, &programs.fake_engine)?;
    let (server, _) = place.start()?;
    let mut api = Api::open(&place, &server)?;
    let (workspace, configuration) = api.workspace("tofu", &[("fake-engine.json", BEHAVIOUR)])?;
    let mut peer = Series::new("fork+exec of true, one fsync", Unit::Milliseconds);
    let line = |name, target| Series::new(name, Unit::Milliseconds).target(target).peer(&peer);
    let mut answered = line("cancel: sent to answered", ANSWER_TARGET_MS);
    let mut interrupted = line("cancel: sent to the engine's word in the log", INTERRUPTED_TARGET_MS);
    for number in 0..samples + WARM_UP {
        wait_until_idle(&place.data_dir().join("agent"))?;
        let run = api.run(&workspace, &configuration)?;
        let url = api.log_url(&run)?;
        api.log_until(&url, HANGS)?;
        let asked_us = now_us();
        api.cancel(&run)?;
        let answered_us = now_us();
        let arrived_us = api.log_until(&url, INTERRUPTED)?;
        let peer_ms = fork_exec_fsync_ms(&place.data_dir())?;
        if number >= WARM_UP {
            answered.samples.push((answered_us - asked_us) as f64 / 1e3);
            interrupted.samples.push((arrived_us - asked_us) as f64 / 1e3);
            peer.samples.push(peer_ms);
        }
    }
    server.stop()?;
    Ok(vec![answered, interrupted, peer])
}
