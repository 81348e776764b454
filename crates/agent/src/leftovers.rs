//! Ends what an earlier agent left and nobody wants any more: supervisors live on, and their engines with them.

use std::{
    fs::{self, File},
    io, thread,
    time::{Duration, Instant},
};

use camino::Utf8Path;
use rustix::fs::{FlockOperation, flock};

use crate::{job::Folder, sandbox::Group, supervisor::processes::Processes};

/// Killed processes are gone well within this time, if the machine lives.
const END_LIMIT: Duration = Duration::from_secs(10);
const LOOK_AFTER: Duration = Duration::from_millis(5);
/// A job's folder has the job's id as its name.
pub(crate) const JOB_PREFIX: &str = "job-";

/// Ends every job below the folder and removes what it left; answers the ids of the jobs. For a folder of which no
/// agent will ever go on with the jobs: while one works there, or comes later, jobs are its own.
///
/// # Errors
///
/// Says which folder could not be read or removed; processes were ended by then as far as possible.
pub fn end_leftovers(work_dir: &Utf8Path) -> io::Result<Vec<String>> {
    let entries = match work_dir.read_dir_utf8() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut job_ids = Vec::new();
    let mut first_error = None;
    for entry in entries {
        let entry = entry?;
        if !entry.file_type()?.is_dir() || !entry.file_name().starts_with(JOB_PREFIX) {
            continue;
        }
        job_ids.push(entry.file_name().to_owned());
        if let Err(error) = end_job(&Folder::at(entry.path())) {
            tracing::warn!(folder = %entry.path(), %error, "failed to end a job that was left");
            first_error.get_or_insert(error);
        }
    }
    first_error.map_or(Ok(job_ids), Err)
}

/// Ends one job's processes and removes its folder; a folder that is not there is no error.
pub(crate) fn end_job(folder: &Folder) -> io::Result<()> {
    let deadline = Instant::now() + END_LIMIT;
    loop {
        end_processes(folder);
        if !is_supervised(folder)? {
            Group::of(folder).remove();
            // A process that was just being killed may still write a file.
            match fs::remove_dir_all(folder.root()) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
                Err(error) if Instant::now() > deadline => return Err(error),
                Err(_) => {}
                Ok(()) => return Ok(()),
            }
        } else if Instant::now() > deadline {
            return Err(io::Error::other("its supervisor does not end"));
        }
        thread::sleep(LOOK_AFTER);
    }
}

/// Kills what the supervisor noted, if it still is what was noted, and waits until it is gone.
pub(crate) fn end_processes(folder: &Folder) {
    let Ok(text) = fs::read(folder.processes()) else { return };
    let Ok(processes) = serde_json::from_slice::<Processes>(&text) else { return };
    kill(processes);
    let deadline = Instant::now() + END_LIMIT;
    let all = [processes.engine, processes.sandbox, processes.supervisor];
    while all.iter().flatten().any(|process| process.is_running()) && Instant::now() < deadline {
        thread::sleep(LOOK_AFTER);
    }
}

fn kill(processes: Processes) {
    // The sandbox takes its pid namespace with it; without one the engine's group has to be named.
    if let Some(engine) = processes.engine {
        engine.kill_group();
    }
    for process in [processes.sandbox, processes.supervisor].into_iter().flatten() {
        process.kill();
    }
}

/// The supervisor holds the lock for as long as it lives.
pub(crate) fn is_supervised(folder: &Folder) -> io::Result<bool> {
    let file = match File::open(folder.lock()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        file => file?,
    };
    Ok(flock(&file, FlockOperation::NonBlockingLockShared).is_err())
}
