//! What an engine left: hashed, counted and uploaded at the same time.

use std::{fs::File, io, io::BufReader, io::Read};

use axum::body::Body;
use sha2::{Digest, Sha256};
use terrane_wire::{Artefact, Counts, Engine, Secret, StoredObject, Uploads};
use tokio_util::io::ReaderStream;

use super::{folder::Folder, inside::open_inside};
use crate::{
    client::{Backoff, CallError, Connection},
    engine::printed_counts,
    engines::hex,
};

const READ_BYTES: usize = 256 * 1024;
/// Tries before giving up on a server that answers, but keeps something else.
const TRIES_MAX: u32 = 5;

/// What the report says of them.
#[derive(Debug, Default)]
pub(super) struct Artefacts {
    pub(super) counts: Option<Counts>,
    pub(super) plan_file: Option<Artefact>,
    pub(super) plan_json: Option<Artefact>,
}

/// Why an artefact is not stored.
#[derive(Debug, thiserror::Error)]
pub(super) enum ArtefactError {
    /// It is not there, or not a file.
    #[error("failed to read the {what}: {error}")]
    Read {
        /// Which.
        what: &'static str,
        /// Why.
        error: io::Error,
    },
    /// The JSON plan is none.
    #[error("failed to read what the engine showed of its plan: {0}")]
    Json(#[from] terrane_plan_json::Error),
    /// The server does not take it.
    #[error("failed to upload the {what}: {error}")]
    Upload {
        /// Which.
        what: &'static str,
        /// Why.
        error: CallError,
    },
    /// The server keeps something else.
    #[error("failed to upload the {what}: the server received something else")]
    Altered {
        /// Which.
        what: &'static str,
    },
}

const PLAN_FILE: &str = "plan file";
const PLAN_JSON: &str = "JSON plan";
const PLAN_LOG: &str = "plan's output";
const ERRORED_STATE: &str = "errored state";

/// Uploads what the engine left of its plan.
pub(super) async fn upload(
    connection: &Connection,
    folder: &Folder,
    engine: &Engine,
    uploads: &Uploads,
) -> Result<Artefacts, ArtefactError> {
    let plan_file = Source::open(folder, PLAN_FILE, "out/plan.tfplan")?;
    if !engine.has_json_plans() {
        let stored = plan_file.upload(connection, &uploads.plan_file).await?;
        let counts = printed_counts(BufReader::new(open_log(folder)?)).map_err(reading(PLAN_LOG))?;
        return Ok(Artefacts { counts: Some(counts), plan_file: Some(stored), plan_json: None });
    }
    let plan_json = Source::open(folder, PLAN_JSON, "logs/plan.json")?;
    let to_read = plan_json.clone();
    let counting = tokio::task::spawn_blocking(move || to_read.summarize());
    let (summary, stored_file, stored_json) = tokio::join!(
        counting,
        plan_file.upload(connection, &uploads.plan_file),
        plan_json.put(connection, &uploads.plan_json),
    );
    let summary = summary.map_err(io::Error::other).map_err(reading(PLAN_JSON))??;
    let json_artefact = Artefact { sha256: hex(&summary.sha256), size_bytes: summary.size_bytes };
    plan_json.check(&json_artefact, &stored_json?)?;
    let done = summary.counts;
    // Before 0.14 every output is in every plan as one that is created, and none of them is applied for its own sake.
    let has_changes = if engine.is_at_least([0, 14, 0]) {
        summary.has_changes
    } else {
        done.additions + done.changes + done.destructions > 0
    };
    let counts = Counts {
        additions: done.additions,
        changes: done.changes,
        destructions: done.destructions,
        imports: done.imports,
        has_changes,
        generated_configuration: summary.generated_configuration,
    };
    Ok(Artefacts { counts: Some(counts), plan_file: Some(stored_file?), plan_json: Some(json_artefact) })
}

/// Uploads the state an engine kept to itself because it could not write it, when it left one. The path is relative to
/// the job's folder.
pub(super) async fn upload_errored_state(
    connection: &Connection,
    folder: &Folder,
    path: &str,
    url: &Secret,
) -> Result<Option<Artefact>, ArtefactError> {
    match Source::open(folder, ERRORED_STATE, path) {
        Err(ArtefactError::Read { error, .. }) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        source => source?.upload(connection, url).await.map(Some),
    }
}

fn open_log(folder: &Folder) -> Result<File, ArtefactError> {
    open_inside(folder, "logs/plan.log").map_err(reading(PLAN_LOG))
}

fn reading(what: &'static str) -> impl Fn(io::Error) -> ArtefactError {
    move |error| ArtefactError::Read { what, error }
}

/// One file to upload.
#[derive(Clone)]
struct Source {
    what: &'static str,
    folder: Folder,
    path: String,
    size_bytes: u64,
}

impl Source {
    fn open(folder: &Folder, what: &'static str, path: &str) -> Result<Self, ArtefactError> {
        let open = || Ok(open_inside(folder, path)?.metadata()?.len());
        let size_bytes = open().map_err(reading(what))?;
        Ok(Self { what, folder: folder.clone(), path: path.to_owned(), size_bytes })
    }

    /// An offset of its own, for each reader of the same file.
    fn reader(&self) -> io::Result<File> {
        open_inside(&self.folder, &self.path)
    }

    fn hash(&self) -> Result<Artefact, ArtefactError> {
        let hash = || {
            let mut reader = self.reader()?;
            let mut hasher = Sha256::new();
            let (mut buffer, mut size_bytes) = (vec![0; READ_BYTES], 0);
            loop {
                let count = reader.read(&mut buffer)?;
                if count == 0 {
                    return Ok(Artefact { sha256: hex(&hasher.finalize()), size_bytes });
                }
                size_bytes += count as u64;
                hasher.update(&buffer[..count]);
            }
        };
        hash().map_err(reading(self.what))
    }

    fn summarize(&self) -> Result<terrane_plan_json::Summary, ArtefactError> {
        let reader = self.reader().map_err(reading(self.what))?;
        Ok(terrane_plan_json::summarize(BufReader::with_capacity(READ_BYTES, reader))?)
    }

    /// Hashes and uploads it at the same time.
    async fn upload(&self, connection: &Connection, url: &Secret) -> Result<Artefact, ArtefactError> {
        let to_hash = self.clone();
        let hashing = tokio::task::spawn_blocking(move || to_hash.hash());
        let (hashed, stored) = tokio::join!(hashing, self.put(connection, url));
        let artefact = hashed.map_err(io::Error::other).map_err(reading(self.what))??;
        self.check(&artefact, &stored?)?;
        Ok(artefact)
    }

    async fn put(&self, connection: &Connection, url: &Secret) -> Result<StoredObject, ArtefactError> {
        let mut backoff = Backoff::new();
        let mut tries = 0;
        loop {
            let reader = self.reader().map_err(reading(self.what))?;
            let stream = ReaderStream::with_capacity(tokio::fs::File::from_std(reader), READ_BYTES);
            match connection.put_object(url.expose(), self.size_bytes, Body::from_stream(stream)).await {
                Ok(stored) => return Ok(stored),
                Err(error) => {
                    tries += 1;
                    let is_away = error.is_away();
                    if error.is_final() || (tries >= TRIES_MAX && !is_away) {
                        return Err(ArtefactError::Upload { what: self.what, error });
                    }
                    tracing::warn!(what = self.what, %error, "failed to upload, trying again");
                    backoff.wait().await;
                }
            }
        }
    }

    fn check(&self, own: &Artefact, stored: &StoredObject) -> Result<(), ArtefactError> {
        if own.sha256 == stored.sha256 && own.size_bytes == stored.size_bytes {
            Ok(())
        } else {
            Err(ArtefactError::Altered { what: self.what })
        }
    }
}
