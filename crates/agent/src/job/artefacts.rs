//! What an engine left: hashed, counted and uploaded at the same time.

use std::{fs::File, io, io::BufReader, io::Read};

use axum::body::Body;
use sha2::{Digest, Sha256};
use terrane_plan_json::{Known, Redaction};
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
    pub(super) redacted_json: Option<Artefact>,
    pub(super) provider_schemas: Option<Artefact>,
    /// The redacted plan hides every value.
    pub(super) is_withheld: bool,
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
    /// The plan cannot be shown without its secrets, so it is not shown at all.
    #[error("failed to redact the plan: {0}")]
    Redact(terrane_plan_json::Error),
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
const REDACTED_JSON: &str = "redacted plan";
const SCHEMAS: &str = "provider schemas";
const PLAN_LOG: &str = "plan's output";
const ERRORED_STATE: &str = "errored state";

/// Uploads what the engine left of its plan.
pub(super) async fn upload(
    connection: &Connection,
    folder: &Folder,
    engine: &Engine,
    uploads: &Uploads,
    known: &Known,
) -> Result<Artefacts, ArtefactError> {
    let plan_file = Source::open(folder, PLAN_FILE, "out/plan.tfplan")?;
    if !engine.has_json_plans() {
        let stored = plan_file.upload(connection, &uploads.plan_file).await?;
        let counts = printed_counts(BufReader::new(open_log(folder)?)).map_err(reading(PLAN_LOG))?;
        return Ok(Artefacts { counts: Some(counts), plan_file: Some(stored), ..Artefacts::default() });
    }
    let plan_json = Source::open(folder, PLAN_JSON, "logs/plan.json")?;
    let to_read = plan_json.clone();
    let counting = tokio::task::spawn_blocking(move || to_read.summarize());
    let (summary, stored_file, stored_json, schemas, redacted) = tokio::join!(
        counting,
        plan_file.upload(connection, &uploads.plan_file),
        plan_json.put(connection, &uploads.plan_json),
        provider_schemas(connection, folder, engine, &uploads.provider_schemas),
        redacted_json(connection, folder, engine, &uploads.redacted_json, known),
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
    let (redacted_json, is_withheld) = redacted?.unzip();
    Ok(Artefacts {
        counts: Some(counts),
        plan_file: Some(stored_file?),
        plan_json: Some(json_artefact),
        redacted_json,
        provider_schemas: schemas?,
        is_withheld: is_withheld.unwrap_or(false),
    })
}

/// Makes the redacted plan and uploads it. What a redaction that failed has left on the disk goes with the job's folder.
async fn redacted_json(
    connection: &Connection,
    folder: &Folder,
    engine: &Engine,
    url: &Secret,
    known: &Known,
) -> Result<Option<(Artefact, bool)>, ArtefactError> {
    if !engine.has_redacted_plans() {
        return Ok(None);
    }
    let (of, known) = (folder.clone(), known.clone());
    let redaction = tokio::task::spawn_blocking(move || redact(&of, &known)).await;
    let redaction = redaction.map_err(io::Error::other).map_err(reading(PLAN_JSON))??;
    let artefact = Source::open(folder, REDACTED_JSON, "logs/redacted.json")?.upload(connection, url).await?;
    Ok(Some((artefact, redaction.is_withheld)))
}

fn redact(folder: &Folder, known: &Known) -> Result<Redaction, ArtefactError> {
    let plan = open_inside(folder, "logs/plan.json").map_err(reading(PLAN_JSON))?;
    let schemas = open_inside(folder, "logs/schemas.json").map_err(reading(SCHEMAS))?;
    let output = File::create(folder.redacted_json()).map_err(reading(REDACTED_JSON))?;
    terrane_plan_json::redact(plan, Some(schemas), known, output).map_err(ArtefactError::Redact)
}

/// Uploads what the providers can do, unless the server has it from another plan.
async fn provider_schemas(
    connection: &Connection,
    folder: &Folder,
    engine: &Engine,
    url: &Secret,
) -> Result<Option<Artefact>, ArtefactError> {
    if !engine.has_redacted_plans() {
        return Ok(None);
    }
    let source = Source::open(folder, SCHEMAS, "logs/schemas.json")?;
    let to_hash = source.clone();
    let hashed = tokio::task::spawn_blocking(move || to_hash.hash()).await;
    let artefact = hashed.map_err(io::Error::other).map_err(reading(SCHEMAS))??;
    // When the offer cannot be made, the upload finds out why.
    if !connection.offer_object(url.expose(), &artefact.sha256).await.unwrap_or(false) {
        source.check(&artefact, &source.put(connection, url).await?)?;
    }
    Ok(Some(artefact))
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
