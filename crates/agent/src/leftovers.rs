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
/// Before the name of one that is being removed.
const REMOVED_PREFIX: &str = "removed-";

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
            return remove(folder.root(), deadline);
        } else if Instant::now() > deadline {
            return Err(io::Error::other("its supervisor does not end"));
        }
        thread::sleep(LOOK_AFTER);
    }
}

/// Under another name first: half a folder must not be taken for a job that was never started.
fn remove(root: &Utf8Path, deadline: Instant) -> io::Result<()> {
    let name = root.file_name().unwrap_or_default();
    let removed = root.with_file_name(format!("{REMOVED_PREFIX}{name}"));
    remove_all(&removed, deadline)?;
    match fs::rename(root, &removed) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        renamed => renamed?,
    }
    remove_all(&removed, deadline)
}

/// A process that was just being killed may still write a file.
fn remove_all(root: &Utf8Path, deadline: Instant) -> io::Result<()> {
    loop {
        match fs::remove_dir_all(root) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) if Instant::now() > deadline => return Err(error),
            Err(_) => thread::sleep(LOOK_AFTER),
            Ok(()) => return Ok(()),
        }
    }
}

/// Removes what an earlier process was about to remove.
pub(crate) fn remove_removed(work_dir: &Utf8Path) -> io::Result<()> {
    for entry in work_dir.read_dir_utf8()? {
        let entry = entry?;
        if entry.file_name().starts_with(REMOVED_PREFIX) {
            remove_all(entry.path(), Instant::now() + END_LIMIT)?;
        }
    }
    Ok(())
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
