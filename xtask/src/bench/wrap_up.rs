//! The end of the engine's last command to the plan being visible, and whole runs against the bare engine.

use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Result, bail};

use super::api::Api;
use super::job_record::{Watcher, wait_until_idle};
use super::peers::bare_engine_ms;
use super::program::{Place, Programs};
use super::run::WARM_UP;
use super::series::{Series, Unit};

const TARGET_MS: f64 = 35.0;
/// Memory of an earlier plan is given back by then.
const REST: Duration = Duration::from_secs(10);
/// More are a mistake in the measurement, not bad luck.
const MISSED_MAX: usize = 10;

/// The configuration of a small plan, for each kind of engine.
const FAKE: [(&str, &[u8]); 1] = [("fake-engine.json", br#"{"plan": [{"plan": {"additions": 3}}]}"#)];
const REAL: [(&str, &[u8]); 1] = [(
    "main.tf",
    b"resource \"terraform_data\" \"small\" {\n  count = 3\n  input = \"number ${count.index}\"\n}\n",
)];
const ADDITIONS: u64 = 3;

/// One engine: its name in the table, its program, and what kind it is.
pub(super) struct Engine<'a> {
    pub(super) name: &'a str,
    pub(super) program: &'a Path,
    pub(super) kind: &'a str,
}

pub(super) fn measure(programs: &Programs, engine: &Engine<'_>, samples: usize) -> Result<Vec<Series>> {
    let Engine { name, program, kind } = engine;
    let files: &[(&str, &[u8])] = if *name == "fake" { &FAKE } else { &REAL };
    let place = Place::new(programs, program)?;
    let jobs = place.data_dir().join("agent");
    let (server, _) = place.start()?;
    let mut api = Api::open(&place, &server)?;
    let (workspace, configuration) = api.workspace(kind, files)?;
    let mut bare = Series::new(format!("bare init, plan, show ({name})"), Unit::Milliseconds);
    let line = |what: &str| Series::new(format!("{what} ({name})"), Unit::Milliseconds);
    let mut wrap_up = line("wrap-up: engine end to finished").target(TARGET_MS);
    let mut commands = line("commands: first start to last end").peer(&bare);
    let mut whole = line("whole: POST /runs sent to finished").peer(&bare);
    let mut missed = 0;
    while wrap_up.samples.len() < samples + WARM_UP {
        wait_until_idle(&jobs)?;
        let watcher = Watcher::start(jobs.clone());
        let run = api.run(&workspace, &configuration)?;
        let (log, visible_us) = api.log_to_its_end(&run)?;
        // Asked at once: a plan that is not finished with its log's last byte would make this void.
        api.expect_finished(&run, ADDITIONS, &log)?;
        let record = watcher.end();
        let times = record.and_then(|record| Some((record.started_us()?, record.ended_us()?)));
        let Some((started_us, ended_us)) = times else {
            missed += 1;
            if missed > MISSED_MAX {
                bail!("the record of {missed} jobs was missed");
            }
            continue;
        };
        wrap_up.samples.push((visible_us - ended_us) as f64 / 1e3);
        commands.samples.push((ended_us - started_us) as f64 / 1e3);
        whole.samples.push((visible_us - run.asked_us) as f64 / 1e3);
        bare.samples.push(bare_engine_ms(program, files)?);
    }
    let mut all = vec![wrap_up, commands, whole, bare];
    for series in &mut all {
        series.samples.drain(..WARM_UP);
    }
    sleep(REST);
    let mut resident = Series::new(format!("idle: resident after these runs ({name})"), Unit::Megabytes);
    resident.samples.push(server.resident_mb()?);
    all.push(resident);
    server.stop()?;
    Ok(all)
}
