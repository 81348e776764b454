//! The engine folder: `<kind>-<version>/<program>` for what is installed.

use std::{
    fs::{self, File},
    io,
    time::Duration,
};

use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use terrane_wire::Engine;

use super::progress::Progress;

/// Names that begin so are not looked at.
const UNFINISHED: &str = ".installing-";
const LOCK: &str = ".lock";
/// What is known of an installed version lies beside its program.
const RECORD: &str = "installed.json";
/// The version of that file.
const RECORD_VERSION: u32 = 1;
/// How often another install is asked after.
const LOCK_AGAIN: Duration = Duration::from_millis(200);

/// Where a version came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "origin")]
pub enum Origin {
    /// A release.
    Release {
        /// Its archive.
        url: String,
        /// Hex SHA-256 of the archive.
        sha256: String,
        /// The fingerprint of the key that signed the checksums.
        signed_by: String,
    },
    /// A build.
    GoModule {
        /// The module with its version.
        module: String,
        /// What Go says of its own version.
        go: String,
    },
}

#[derive(Serialize, Deserialize)]
struct Record {
    version: u32,
    engine: Engine,
    #[serde(flatten)]
    origin: Origin,
}

/// The folder, held by one install at a time; free again when this is dropped, or its process ends.
pub(super) struct Shelf {
    folder: Utf8PathBuf,
    _lock: File,
}

impl Shelf {
    /// Takes it, and removes what installs have left that were killed.
    pub(super) async fn take(folder: &Utf8Path, progress: &dyn Progress) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let lock = File::options().create(true).truncate(false).write(true).open(folder.join(LOCK))?;
        let mut is_told = false;
        while let Err(error) = flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            if error != rustix::io::Errno::WOULDBLOCK {
                return Err(error.into());
            }
            if !is_told {
                progress.note("another install is under way: waiting for it");
                is_told = true;
            }
            tokio::time::sleep(LOCK_AGAIN).await;
        }
        for entry in folder.read_dir_utf8()? {
            let entry = entry?;
            if entry.file_name().starts_with(UNFINISHED) {
                fs::remove_dir_all(entry.path())?;
            }
        }
        Ok(Self { folder: folder.to_owned(), _lock: lock })
    }

    /// Where a version is, or will be.
    pub(super) fn place(&self, engine: &Engine) -> Utf8PathBuf {
        place(&self.folder, engine)
    }

    /// A folder to work in, removed when dropped.
    pub(super) fn workshop(&self) -> io::Result<TempDir> {
        tempfile::Builder::new().prefix(UNFINISHED).tempdir_in(&self.folder)
    }

    /// Gives a finished program its place, at once and as a whole.
    pub(super) fn put(
        &self,
        program: &Utf8Path,
        engine: &Engine,
        origin: &Origin,
    ) -> io::Result<Utf8PathBuf> {
        let workshop = self.workshop()?;
        let finished = Utf8Path::from_path(workshop.path()).ok_or(io::ErrorKind::InvalidFilename)?;
        fs::set_permissions(finished, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
        fs::rename(program, finished.join(engine.kind.as_str()))?;
        let record = Record { version: RECORD_VERSION, engine: engine.clone(), origin: origin.clone() };
        fs::write(finished.join(RECORD), serde_json::to_vec_pretty(&record)?)?;
        File::open(finished.join(RECORD))?.sync_all()?;
        File::open(finished)?.sync_all()?;
        let place = self.place(engine);
        let program = place.join(engine.kind.as_str());
        if place.exists() && !program.exists() {
            // Somebody has emptied it by hand.
            fs::remove_dir_all(&place)?;
        }
        fs::rename(finished, &place)?;
        File::open(&self.folder)?.sync_all()?;
        Ok(program)
    }
}

/// The folder of a version.
pub(super) fn place(folder: &Utf8Path, engine: &Engine) -> Utf8PathBuf {
    folder.join(format!("{}-{}", engine.kind, engine.version))
}

/// What is known of where a program came from; nothing of one that was put there by hand.
pub(super) fn origin_of(program: &Utf8Path) -> Option<Origin> {
    let record = fs::read(program.parent()?.join(RECORD)).ok()?;
    let record: Record = serde_json::from_slice(&record).ok()?;
    (record.version == RECORD_VERSION).then_some(record.origin)
}
