//! Which engines there are.

use std::{
    collections::HashSet,
    ffi::OsStr,
    fs::File,
    io,
    io::Read,
    os::unix::fs::MetadataExt,
    process::{Command, Output, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use terrane_wire::{Engine, EngineKind, VersionRequest};

/// An engine that cannot say its version within this time is no use.
const VERSION_LIMIT: Duration = Duration::from_secs(30);

/// An engine program that said its version.
#[derive(Debug, Clone)]
pub struct FoundEngine {
    /// Kind and version, as the program itself says.
    pub engine: Engine,
    /// The program.
    pub path: Utf8PathBuf,
    sha256: Arc<Mutex<Option<(FileId, String)>>>,
}

/// Inode, size and time of change: others when a program is replaced.
type FileId = (u64, u64, i64, i64);

impl FoundEngine {
    /// Asks a program for its version.
    ///
    /// # Errors
    ///
    /// Says why it cannot be used as an engine.
    pub fn ask(path: &Utf8Path) -> Result<Self, EngineError> {
        let path = camino::absolute_utf8(path)?;
        let output = version_output(&path)?;
        if !output.status.success() {
            return Err(EngineError::Failed(output.status.to_string()));
        }
        let engine = match old_version(&output.stdout) {
            Some(engine) => engine,
            None => new_version(&output.stdout)?,
        };
        Ok(Self { engine, path, sha256: Arc::default() })
    }

    /// Hex SHA-256 of the program; takes a while the first time, and is remembered for as long as the file is the
    /// same.
    pub fn sha256(&self) -> Option<String> {
        self.hash()
            .inspect_err(|error| tracing::warn!(path = %self.path, %error, "failed to hash an engine"))
            .ok()
    }

    fn hash(&self) -> io::Result<String> {
        let metadata = self.path.metadata()?;
        let file = (metadata.ino(), metadata.len(), metadata.mtime(), metadata.mtime_nsec());
        let mut hashed = self.sha256.lock().unwrap_or_else(PoisonError::into_inner);
        match &*hashed {
            Some((of, sha256)) if *of == file => Ok(sha256.clone()),
            _ => {
                let sha256 = file_sha256(&self.path)?;
                *hashed = Some((file, sha256.clone()));
                Ok(sha256)
            }
        }
    }
}

/// Why a program is no engine.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// It cannot be executed.
    #[error("failed to execute it: {0}")]
    Io(#[from] io::Error),
    /// It took too long.
    #[error("it did not say its version within {} seconds", VERSION_LIMIT.as_secs())]
    Slow,
    /// It failed.
    #[error("asked for its version it ended with {0}")]
    Failed(String),
    /// It said something else.
    #[error("asked for its version it did not answer as an engine does: {0}")]
    Answer(#[from] serde_json::Error),
}

#[derive(Deserialize)]
struct Version {
    terraform_version: String,
    terraform_outdated: Option<bool>,
}

/// What an engine says that knows `version -json`.
fn new_version(output: &[u8]) -> Result<Engine, serde_json::Error> {
    let version: Version = serde_json::from_slice(output)?;
    // Only one of the two says whether it is outdated; file names say less.
    let kind = if version.terraform_outdated.is_some() { EngineKind::Terraform } else { EngineKind::Tofu };
    Ok(Engine { kind, version: version.terraform_version.trim_start_matches('v').to_owned() })
}

/// What Terraform before 0.13 says: a first line of words.
fn old_version(output: &[u8]) -> Option<Engine> {
    let line = output.split(|byte| *byte == b'\n').next()?;
    let version = std::str::from_utf8(line).ok()?.trim().strip_prefix("Terraform v")?;
    let version = VersionRequest::exact(version)?.to_owned();
    Some(Engine { kind: EngineKind::Terraform, version })
}

/// Finds engines: explicit paths, then the engine folder (newest versions are not preferred: the caller
/// chooses), then `tofu` and `terraform` on the search path. A program that is no engine is left out with a
/// warning; of the same kind and version the first is kept.
pub fn discover(
    explicit: &[Utf8PathBuf],
    engine_dir: &Utf8Path,
    path_env: Option<&OsStr>,
) -> Vec<FoundEngine> {
    let mut candidates = explicit.to_vec();
    candidates.extend(in_folder(engine_dir));
    candidates.extend(path_env.into_iter().flat_map(on_search_path));
    let mut seen = HashSet::new();
    let mut found: Vec<FoundEngine> = Vec::new();
    for path in candidates {
        let is_new = path.canonicalize_utf8().map_or(true, |canonical| seen.insert(canonical));
        if !is_new {
            continue;
        }
        match FoundEngine::ask(&path) {
            Ok(engine) if found.iter().any(|other| other.engine == engine.engine) => {}
            Ok(engine) => found.push(engine),
            Err(error) => tracing::warn!(%path, %error, "a program is not used as an engine"),
        }
    }
    found
}

/// Programs in the folder, or in folders in it; sorted, so that the order is the same each time.
fn in_folder(engine_dir: &Utf8Path) -> Vec<Utf8PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = engine_dir.read_dir_utf8() else { return found };
    for entry in entries.flatten() {
        let path = entry.path();
        // An install that is under way, or was killed.
        if entry.file_name().starts_with('.') {
            continue;
        }
        if path.is_dir() {
            found.extend(NAMES.map(|name| path.join(name)).into_iter().filter(|path| path.is_file()));
        } else if NAMES.iter().any(|name| entry.file_name().starts_with(name)) {
            found.push(path.to_owned());
        }
    }
    found.sort();
    found
}

const NAMES: [&str; 2] = ["tofu", "terraform"];

fn on_search_path(path_env: &OsStr) -> Vec<Utf8PathBuf> {
    let folders: Vec<Utf8PathBuf> =
        std::env::split_paths(path_env).filter_map(|path| Utf8PathBuf::from_path_buf(path).ok()).collect();
    let first = |name| folders.iter().map(|folder| folder.join(name)).find(|path| path.is_file());
    NAMES.into_iter().filter_map(first).collect()
}

fn version_output(path: &Utf8Path) -> Result<Output, EngineError> {
    let mut child = Command::new(path)
        .args(["version", "-json"])
        .env_clear()
        .env("CHECKPOINT_DISABLE", "1")
        .env("TF_CLI_CONFIG_FILE", "/dev/null")
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let deadline = Instant::now() + VERSION_LIMIT;
    while child.try_wait()?.is_none() {
        if Instant::now() > deadline {
            child.kill()?;
            child.wait()?;
            return Err(EngineError::Slow);
        }
        thread::sleep(Duration::from_millis(2));
    }
    Ok(child.wait_with_output()?)
}

/// Hex SHA-256 of a file as it is on disk.
pub(crate) fn file_sha256(path: &Utf8Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 256 * 1024];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex(&hasher.finalize())),
            count => hasher.update(&buffer[..count]),
        }
    }
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
