//! The jobs of an agent: those it claims, and those of which an earlier process left the folders.

use std::{io, sync::Arc};

use camino::Utf8Path;
use terrane_wire::{Held, Job};
use tokio_util::sync::CancellationToken;

use super::{
    drive::{Context, run_job},
    folder::Folder,
    kept::Kept,
    report::report_without_folder,
};
use crate::{
    engines::hex,
    leftovers::{JOB_PREFIX, end_job, is_supervised, remove_removed},
    state_service::StateFiles,
};

/// A job that an earlier process left.
#[derive(Debug)]
pub(crate) struct Adopted {
    kept: Kept,
    folder: Folder,
}

impl Adopted {
    /// For the hello.
    pub(crate) fn held(&self) -> Held {
        self.kept.held()
    }

    /// Ends it and removes its folder.
    pub(crate) fn end(&self) {
        if let Err(error) = end_job(&self.folder) {
            tracing::warn!(job = self.kept.job.id, %error, "failed to end a job that was lost");
        }
    }
}

/// Finds every job below the folder. What cannot be read was never begun, or is of another version: it is ended, unless
/// that could lose what an apply wrote.
pub(crate) fn find_held(work_dir: &Utf8Path) -> io::Result<Vec<Adopted>> {
    remove_removed(work_dir)?;
    let mut found = Vec::new();
    for entry in work_dir.read_dir_utf8()? {
        let entry = entry?;
        if !entry.file_type()?.is_dir() || !entry.file_name().starts_with(JOB_PREFIX) {
            continue;
        }
        let folder = Folder::at(entry.path());
        match Kept::read(&folder) {
            Ok(kept) if Folder::name_of(&kept.job) == entry.file_name() => {
                found.push(Adopted { kept, folder });
            }
            other => {
                let reason = other.err().map_or("it is of another job".to_owned(), |error| error.to_string());
                if is_precious(&folder) {
                    let folder = folder.root();
                    tracing::error!(%folder, reason, "the folder of a job is not understood, and left as it is: look at it");
                    continue;
                }
                tracing::warn!(folder = %folder.root(), reason, "the folder of a job is not understood and removed");
                if let Err(error) = end_job(&folder) {
                    tracing::warn!(folder = %folder.root(), %error, "failed to end a job that was left");
                }
            }
        }
    }
    Ok(without_older(found))
}

/// Of two leases of a job the older one is nobody's any more: an apply that was started under it would have no other.
fn without_older(mut found: Vec<Adopted>) -> Vec<Adopted> {
    let place = |adopted: &Adopted| (adopted.kept.job.id.clone(), adopted.kept.job.lease_epoch);
    found.sort_by_key(|adopted| std::cmp::Reverse(place(adopted)));
    let mut newest: Vec<Adopted> = Vec::new();
    for adopted in found {
        match newest.last() {
            Some(later) if later.kept.job.id == adopted.kept.job.id => adopted.end(),
            _ => newest.push(adopted),
        }
    }
    newest.reverse();
    newest
}

/// Every job of which there is a folder now.
pub(crate) fn holding_now(work_dir: &Utf8Path) -> Vec<Held> {
    let entries = work_dir.read_dir_utf8().into_iter().flatten().flatten();
    let jobs = entries.filter(|entry| entry.file_name().starts_with(JOB_PREFIX));
    jobs.filter_map(|entry| Some(Kept::read(&Folder::at(entry.path())).ok()?.held())).collect()
}

/// Whether something runs there, or states were written.
fn is_precious(folder: &Folder) -> bool {
    let has_states = StateFiles::of(folder).meta(1).exists();
    has_states || (folder.started().exists() && is_supervised(folder).unwrap_or(true))
}

/// Goes on with a job.
pub(crate) async fn run_adopted(context: Arc<Context>, adopted: Adopted, stop: CancellationToken) {
    run_job(context, adopted.kept, adopted.folder, true, stop).await;
}

/// Runs a job from its beginning. What it is, is on disk before anything is done about it.
pub(crate) async fn run_claimed(context: Arc<Context>, job: Job, stop: CancellationToken) {
    let kept = Kept::new(job, hex(&rand::random::<[u8; 24]>()));
    let made = Folder::create(&context.settings.work_dir, &Folder::name_of(&kept.job))
        .and_then(|folder| kept.write(&folder).map(|()| folder));
    match made {
        Ok(folder) => run_job(context, kept, folder, false, stop).await,
        Err(error) => {
            tracing::error!(job = kept.job.id, %error, "failed to make a folder for a job");
            let reason = format!("the agent failed to make a folder for the run: {error}");
            report_without_folder(&context, &kept.job, reason).await;
        }
    }
}
