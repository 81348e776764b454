//! What a job needs, downloaded: configuration, state, plan file.
//!
//! A state or a plan file that cannot be had, is short or is altered ends the job before any engine starts. Only a job
//! that names no state has none.

use std::{fs, fs::File, io};

use camino::Utf8Path;
use md5::{Digest, Md5};
use sha2::Sha256;
use terrane_wire::{Job, ObjectSource, StateSource};
use tokio::io::AsyncWriteExt;

use super::folder::Folder;
use crate::{
    client::{Backoff, CallError, Connection, next_piece},
    engines::{file_sha256, hex},
    state_service::StateFiles,
};

/// Tries before giving up on a server that answers, but not with the object.
const TRIES_MAX: u32 = 5;
const WRITE_BYTES: usize = 256 * 1024;

/// Why something is not there.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    /// The server does not give it.
    #[error("failed to download the {0}: {1}")]
    Call(&'static str, CallError),
    /// What came is not what was announced.
    #[error("failed to download the {0}: what came is not what was stored")]
    Altered(&'static str),
    /// The disk failed.
    #[error("failed to store the {0}: {1}")]
    Io(&'static str, io::Error),
    /// The archive was refused.
    #[error("failed to unpack the configuration: {0}")]
    Unpack(#[from] terrane_slug::Error),
}

const CONFIGURATION: &str = "configuration";
const STATE: &str = "workspace's state";
const PLAN_FILE: &str = "plan file";

/// What was found on disk after all of it was there, for the start of an apply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fetched {
    pub(super) configuration_sha256: String,
    pub(super) plan_file_sha256: Option<String>,
    pub(super) state_sha256: Option<String>,
}

/// Leaves everything in the job's folder.
pub(super) async fn fetch(
    connection: &Connection,
    job: &Job,
    folder: &Folder,
) -> Result<Fetched, FetchError> {
    let files = StateFiles::of(folder);
    let plan_path = folder.given_plan_file();
    let configuration = get(connection, CONFIGURATION, &job.configuration.archive, folder.archive());
    let state = async {
        match &job.state {
            Some(source) => get(connection, STATE, &source.file, files.base()).await,
            None => Ok(()),
        }
    };
    let plan_file = async {
        match job.apply() {
            Some(task) => get(connection, PLAN_FILE, &task.plan_file, plan_path.clone()).await,
            None => Ok(()),
        }
    };
    tokio::try_join!(configuration, state, plan_file)?;
    let (job, folder) = (job.clone(), folder.clone());
    let check = move || check(&job, &folder);
    tokio::task::spawn_blocking(check)
        .await
        .map_err(|error| FetchError::Io(CONFIGURATION, io::Error::other(error)))?
}

/// Hashes again what lies on the disk, where an apply depends on it, and unpacks the configuration.
fn check(job: &Job, folder: &Folder) -> Result<Fetched, FetchError> {
    let hash = |what, path: &Utf8Path| file_sha256(path).map_err(|error| FetchError::Io(what, error));
    let is_apply = job.apply().is_some();
    let archive = folder.archive();
    let announced = &job.configuration.archive.sha256;
    let configuration_sha256 =
        if is_apply { hash(CONFIGURATION, &archive)? } else { announced.to_ascii_lowercase() };
    let plan_file_sha256 = if is_apply { Some(hash(PLAN_FILE, &folder.given_plan_file())?) } else { None };
    let state_sha256 = match &job.state {
        Some(source) => Some(check_state(source, &StateFiles::of(folder).base())?),
        None => None,
    };
    let of_configuration = |error| FetchError::Io(CONFIGURATION, error);
    let file = File::open(&archive).map_err(of_configuration)?;
    terrane_slug::unpack(file, folder.config().as_std_path(), &terrane_slug::Limits::default())?;
    fs::remove_file(&archive).map_err(of_configuration)?;
    Ok(Fetched { configuration_sha256, plan_file_sha256, state_sha256 })
}

/// The engine compares the MD5, so it must be right as well.
fn check_state(source: &StateSource, path: &Utf8Path) -> Result<String, FetchError> {
    let content = fs::read(path).map_err(|error| FetchError::Io(STATE, error))?;
    let (md5, sha256) = (hex(&Md5::digest(&content)), hex(&Sha256::digest(&content)));
    let is_right = md5.eq_ignore_ascii_case(&source.md5) && sha256.eq_ignore_ascii_case(&source.file.sha256);
    if is_right { Ok(sha256) } else { Err(FetchError::Altered(STATE)) }
}

/// Downloads one object to a file, and tries again as long as that makes sense.
async fn get(
    connection: &Connection,
    what: &'static str,
    source: &ObjectSource,
    path: impl AsRef<Utf8Path>,
) -> Result<(), FetchError> {
    let mut backoff = Backoff::new();
    let mut tries = 0;
    while let Err(error) = download(connection, what, source, path.as_ref()).await {
        tries += 1;
        let (is_final, is_away) = match &error {
            FetchError::Call(_, error) => (error.is_final(), error.is_away()),
            FetchError::Altered(_) => (false, false),
            FetchError::Io(..) | FetchError::Unpack(_) => (true, false),
        };
        if is_final || (tries >= TRIES_MAX && !is_away) {
            return Err(error);
        }
        tracing::warn!(what, %error, "trying again");
        backoff.wait().await;
    }
    Ok(())
}

async fn download(
    connection: &Connection,
    what: &'static str,
    source: &ObjectSource,
    path: &Utf8Path,
) -> Result<(), FetchError> {
    let of_call = |error| FetchError::Call(what, error);
    let of_disk = |error| FetchError::Io(what, error);
    let mut body = connection.get_object(source.url.expose()).await.map_err(of_call)?;
    let file = File::create(path).map_err(of_disk)?;
    let mut file = tokio::io::BufWriter::with_capacity(WRITE_BYTES, tokio::fs::File::from_std(file));
    let mut hasher = Sha256::new();
    let mut size_bytes = 0;
    while let Some(piece) = next_piece(&mut body).await.map_err(of_call)? {
        size_bytes += piece.len() as u64;
        if size_bytes > source.size_bytes {
            return Err(FetchError::Altered(what));
        }
        hasher.update(&piece);
        file.write_all(&piece).await.map_err(of_disk)?;
    }
    file.flush().await.map_err(of_disk)?;
    let is_right =
        size_bytes == source.size_bytes && hex(&hasher.finalize()).eq_ignore_ascii_case(&source.sha256);
    if is_right { Ok(()) } else { Err(FetchError::Altered(what)) }
}
