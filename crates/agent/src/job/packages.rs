//! Provider packages on their way between the agent's store and a job.
//!
//! None of this can fail a run: what cannot be given the engine installs, and what cannot be kept it installs again.

use std::{fs, io, os::unix::fs::symlink, thread};

use camino::Utf8Path;
use terrane_wire::Job;
use tokio::sync::oneshot;

use super::{drive::Run, folder::Folder, lock_file, prepare::module_of};
use crate::{
    packages::{Locked, PackageStore, locked, open_beneath},
    supervisor::{record::Exit, spec::StepKind},
};

/// The first engine of which it is known that it takes what it finds installed, when the lock file has its digest.
const KNOWS_INSTALLED: [u64; 3] = [1, 0, 0];

/// Puts what the lock file names, and the workspace has had, to where `init` looks first. The data folder is empty yet:
/// nothing that a run has written is there.
pub(super) fn place(store: &PackageStore, job: &Job, folder: &Folder, lock_file: &Utf8Path) {
    let Some(asked) = asked(job, folder, lock_file) else { return };
    for (number, asked) in asked.iter().enumerate() {
        if let Err(error) = place_one(store, job, folder, number, asked) {
            tracing::warn!(job = job.id, place = %asked.place, %error, "failed to use a kept provider package");
        }
    }
}

fn place_one(
    store: &PackageStore,
    job: &Job,
    folder: &Folder,
    number: usize,
    asked: &Locked,
) -> io::Result<()> {
    // Not below what the run may write to: the same file is given to others.
    let given = folder.packages().join(number.to_string());
    for hash in &asked.hashes {
        if store.give(&job.workspace.id, hash, &given)? {
            let place = folder.data().join(&asked.place);
            if let Some(parent) = place.parent() {
                fs::create_dir_all(parent)?;
            }
            return symlink(given, place);
        }
    }
    Ok(())
}

/// Keeps what the engine has installed. After the report, because nobody waits for it; before the folder is removed.
pub(super) async fn keep(run: &Run) {
    let (context, job, folder) = (run.context.clone(), run.job.clone(), run.folder.clone());
    let (done, is_done) = oneshot::channel::<()>();
    // A thread of its own: a process that is asked to stop does not wait for it.
    let started = thread::Builder::new().name("packages".into()).spawn(move || {
        keep_installed(&context.packages, &job, &folder);
        drop(done);
    });
    match started {
        // Only ever closed, also by a mistake in the thread.
        Ok(_) => drop(is_done.await),
        Err(error) => tracing::warn!(job = run.job.id, %error, "failed to keep provider packages"),
    }
}

fn keep_installed(store: &PackageStore, job: &Job, folder: &Folder) {
    let Some(is_installed) = init_ended(folder) else { return };
    let place = module_of(folder, &job.workspace.working_directory)
        .ok()
        .and_then(|module| lock_file::place(folder, &module).ok());
    let asked = place.and_then(|place| asked(job, folder, &place)).unwrap_or_default();
    for asked in asked {
        let kept =
            if is_installed { keep_one(store, job, folder, &asked) } else { check_one(store, job, &asked) };
        if let Err(error) = kept {
            tracing::warn!(job = job.id, place = %asked.place, %error, "failed to keep a provider package");
        }
    }
}

fn keep_one(store: &PackageStore, job: &Job, folder: &Folder, asked: &Locked) -> io::Result<()> {
    if asked.hashes.iter().any(|hash| store.would_give(&job.workspace.id, hash)) {
        return Ok(());
    }
    // A link is a mirror's package: it costs no download.
    match open_beneath(&folder.data(), &asked.place) {
        Ok(installed) => store.keep(&job.workspace.id, &asked.hashes, &installed),
        Err(_) => Ok(()),
    }
}

/// The package that was given may be why `init` failed.
fn check_one(store: &PackageStore, job: &Job, asked: &Locked) -> io::Result<()> {
    let mut given = asked.hashes.iter().filter(|hash| store.would_give(&job.workspace.id, hash));
    given.try_for_each(|hash| store.check(hash))
}

/// Whether `init` has succeeded, once it has ended.
fn init_ended(folder: &Folder) -> Option<bool> {
    let exit = Exit::read(folder).ok()?;
    exit.steps.iter().find(|end| end.step == StepKind::Init).map(|end| end.status.is_success())
}

/// What the lock file names; `None` where nothing can be given or kept.
fn asked(job: &Job, folder: &Folder, lock_file: &Utf8Path) -> Option<Vec<Locked>> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    // It becomes a file's name.
    let has_plain_id = !job.workspace.id.is_empty() && job.workspace.id.bytes().all(is_plain);
    if !has_plain_id || !job.engine.is_at_least(KNOWS_INSTALLED) {
        return None;
    }
    let text = lock_file::read(folder, lock_file).ok()??;
    Some(locked(&text))
}
