//! Finding the processes of a cell, killing them, and starting again what a service manager would.

use crate::cell::{Agents, Cell, Step, Victim};
use crate::place::Place;
use camino::{Utf8Path, Utf8PathBuf};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::time::{Duration, Instant};

/// A process that is just being started is waited for as long as this.
const PATIENCE: Duration = Duration::from_secs(10);
const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// Kills the victim, waits, and starts it again.
pub fn kill_and_restart(place: &mut Place, cell: &Cell, pause: Duration) {
    match cell.victim {
        Victim::Server => {
            kill_server(place);
            std::thread::sleep(pause);
            place.start_server();
        }
        Victim::Agent => {
            kill_agent(place);
            std::thread::sleep(pause);
            place.start_agent();
        }
        // After a cancel it may be gone already, and then this is the cell without a kill.
        Victim::Supervisor if cell.step == Step::Cancel => kill_if_there(supervisor(&place.jobs())),
        Victim::Engine if cell.step == Step::Cancel => kill_if_there(engine(&place.jobs())),
        Victim::Supervisor => kill(wait_for(|| supervisor(&place.jobs()))),
        Victim::Engine => kill(wait_for(|| engine(&place.jobs()))),
        Victim::Database => {
            let postgres = place.postgres.clone().expect("this cell has a database process");
            let mut postgres = postgres.lock().unwrap();
            postgres.kill();
            std::thread::sleep(pause);
            postgres.start_again().expect("PostgreSQL starts again");
        }
        Victim::Host => {
            if cell.agents == Agents::Embedded {
                kill_server(place);
            } else {
                kill_agent(place);
            }
            kill_below(&place.jobs());
            std::thread::sleep(pause);
            if cell.agents == Agents::Embedded {
                place.start_server();
            }
            place.start_agent();
        }
    }
}

fn kill_server(place: &mut Place) {
    place.server.take().expect("it runs").kill();
}

fn kill_agent(place: &mut Place) {
    let agent = place.agent.take().expect("it runs");
    agent.signal(Signal::KILL);
    agent.ended();
}

/// Supervisors, and with them all that runs in their jobs.
fn kill_below(jobs: &Utf8Path) {
    let noted: Vec<Noted> = noted(jobs).collect();
    for noted in &noted {
        kill_if_there(noted.supervisor);
    }
    for noted in &noted {
        // The first process of a pid namespace takes all others with it.
        kill_if_there(noted.sandbox);
    }
    for process in crate::process::processes_naming(jobs.as_str()) {
        process.kill();
    }
}

/// What a supervisor has noted of its job.
struct Noted {
    folder: Utf8PathBuf,
    supervisor: Option<i32>,
    sandbox: Option<i32>,
}

fn noted(jobs: &Utf8Path) -> impl Iterator<Item = Noted> {
    let entries = jobs.read_dir_utf8().into_iter().flatten().flatten();
    entries.filter_map(|entry| {
        let text = std::fs::read(entry.path().join("processes.json")).ok()?;
        let processes: Value = serde_json::from_slice(&text).ok()?;
        let pid = |name: &str| processes[name]["pid"].as_i64().and_then(|pid| pid.try_into().ok());
        let (supervisor, sandbox) = (pid("supervisor"), pid("sandbox"));
        Some(Noted { folder: entry.path().to_owned(), supervisor, sandbox })
    })
}

fn supervisor(jobs: &Utf8Path) -> Option<i32> {
    // One that has said how its phase ended is no victim any more.
    let running = noted(jobs).find(|noted| !noted.folder.join("exit.json").exists())?;
    running.supervisor
}

/// The child of the sandbox that is not the sandbox's own program.
fn engine(jobs: &Utf8Path) -> Option<i32> {
    let sandbox = noted(jobs).find(|noted| !noted.folder.join("exit.json").exists())?.sandbox?;
    let entries = std::fs::read_dir("/proc").ok()?.flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).find(|pid: &i32| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let parent = stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(1));
        let words = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let is_own = words.windows(12).any(|window| window == b"sandbox-init");
        parent.and_then(|parent| parent.parse().ok()) == Some(sandbox) && !is_own && !words.is_empty()
    })
}

fn wait_for(look: impl Fn() -> Option<i32>) -> i32 {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(pid) = look() {
            return pid;
        }
        assert!(Instant::now() < deadline, "the victim is not there");
        std::thread::sleep(LOOK_AGAIN);
    }
}

fn kill(pid: i32) {
    let pid = Pid::from_raw(pid).expect("a process id");
    kill_process(pid, Signal::KILL).expect("the victim runs");
}

fn kill_if_there(pid: Option<i32>) {
    if let Some(pid) = pid.and_then(Pid::from_raw) {
        // It may have ended by itself.
        let _ = kill_process(pid, Signal::KILL);
    }
}
