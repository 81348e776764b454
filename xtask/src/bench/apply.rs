//! Applies of 1,000 objects against the bare engine.

use anyhow::{Context, Result};

use super::api::Api;
use super::job_record::{Watcher, wait_until_idle};
use super::peers::bare_apply_ms;
use super::program::{Place, Programs};
use super::series::{Series, Unit};
use super::wrap_up::Engine;

const OBJECTS: u64 = 1000;
const FILES: [(&str, &[u8]); 1] = [(
    "main.tf",
    b"resource \"terraform_data\" \"all\" {\n  count = 1000\n  input = \"number ${count.index}\"\n}\n",
)];

/// Each sample has a workspace of its own, so that all is made anew. One more is thrown away first.
pub(super) fn measure(programs: &Programs, engine: &Engine<'_>, samples: usize) -> Result<Vec<Series>> {
    let Engine { name, program, kind } = engine;
    let place = Place::new(programs, program)?;
    let jobs = place.data_dir().join("agent");
    let (server, _) = place.start()?;
    let mut api = Api::open(&place, &server)?;
    let mut bare =
        Series::new(format!("bare init, apply FILE, state in a file ({name})"), Unit::Milliseconds);
    let line = |what: &str| Series::new(format!("{what} ({name})"), Unit::Milliseconds).peer(&bare);
    let mut commands = line("apply of 1,000: first start to last end");
    let mut whole = line("apply of 1,000: confirm sent to finished");
    for number in 0..=samples {
        let (workspace, configuration) = api.workspace(kind, &FILES)?;
        let run = api.run_to_apply(&workspace, &configuration)?;
        let (log, _) = api.log_to_its_end(&run)?;
        api.expect_finished(&run, OBJECTS, &log)?;
        wait_until_idle(&jobs)?;
        let watcher = Watcher::start(jobs.clone());
        let asked_us = super::api::now_us();
        api.confirm(&run)?;
        let (log, visible_us) = api.apply_log_to_its_end(&run)?;
        api.expect_applied(&run, OBJECTS, &log)?;
        let record = watcher.end().context("the record of the job was missed; try again")?;
        let times = record.started_us().zip(record.ended_us());
        let (started_us, ended_us) = times.context("the record of the job has no command")?;
        let bare_ms = bare_apply_ms(program, &FILES)?;
        if number > 0 {
            commands.samples.push((ended_us - started_us) as f64 / 1e3);
            whole.samples.push((visible_us - asked_us) as f64 / 1e3);
            bare.samples.push(bare_ms);
        }
    }
    server.stop()?;
    Ok(vec![commands, whole, bare])
}
