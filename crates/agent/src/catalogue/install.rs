//! The operation: find out which version, fetch it, check it, give it its place.

use std::{
    io,
    time::{SystemTime, UNIX_EPOCH},
};

use camino::{Utf8Path, Utf8PathBuf};
use terrane_wire::{Engine, EngineKind, VersionRequest};

pub use super::shelf::Origin;
use super::{
    archive::{ArchiveError, unpack_program},
    build::{BuildError, Go, module_of},
    index::{checksum, versions},
    limits::CatalogueLimits,
    openpgp::SignatureError,
    progress::Progress,
    releases::Releases,
    shelf::{Shelf, origin_of, place},
    transfer::{Transfer, TransferError},
    trust::TrustedKeys,
};
use crate::engines::{EngineError, FoundEngine};

/// What is wanted.
#[derive(Debug, Clone)]
pub struct Wish {
    /// Which engine.
    pub kind: EngineKind,
    /// Which version: exact, `latest`, or a constraint.
    pub version: String,
    /// This Go builds it from its module; otherwise it is a release.
    pub go: Option<Utf8PathBuf>,
}

/// Installs engines into a folder.
#[derive(Debug, Clone)]
pub struct Installer {
    /// The engine folder.
    pub folder: Utf8PathBuf,
    /// Where releases are.
    pub releases: Releases,
    /// Whose signatures are believed.
    pub keys: TrustedKeys,
    /// Limits.
    pub limits: CatalogueLimits,
}

/// An engine that is installed now.
#[derive(Debug, Clone)]
pub struct Installed {
    /// Which.
    pub engine: Engine,
    /// Its program.
    pub program: Utf8PathBuf,
    /// It was there before.
    pub was_there: bool,
}

/// Why an engine is not installed. Nothing of it is left.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// The text asks for no version.
    #[error(
        "{0:?} is no version: ask for one such as 1.12.6, for `latest`, or for a constraint such as '~> 1.12.0'"
    )]
    NoVersion(String),
    /// There is no such version.
    #[error("there is no {kind} {wanted} at {place}{hint}")]
    Unknown {
        /// Which engine.
        kind: EngineKind,
        /// What was asked for.
        wanted: String,
        /// Where it was looked for.
        place: String,
        /// What there is.
        hint: String,
    },
    /// A file did not come.
    #[error(transparent)]
    Transfer(#[from] TransferError),
    /// The list of versions is none.
    #[error("{url} is no list of versions: {error}")]
    Index {
        /// Where it is.
        url: String,
        /// Why.
        error: serde_json::Error,
    },
    /// The signature does not hold.
    #[error("the checksums of {kind} {version} are not to be believed: {error}; the download is not used")]
    Signature {
        /// Which engine.
        kind: EngineKind,
        /// Which version.
        version: String,
        /// Why.
        error: SignatureError,
    },
    /// The release was not made for this machine.
    #[error("there is no {archive} in the release's checksums: it was not made for this kind of machine")]
    NotForHere {
        /// The file that was looked for.
        archive: String,
    },
    /// Another archive came.
    #[error(
        "{url} has the SHA-256 {found}, but the signed checksums say {expected}; the download is not used"
    )]
    Checksum {
        /// Where it is.
        url: String,
        /// What came.
        found: String,
        /// What was signed.
        expected: String,
    },
    /// The archive holds no program.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The build failed.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The program does not run here.
    #[error("the program that came is not used: {0}")]
    Program(#[from] EngineError),
    /// The program is another one.
    #[error("the program that came says it is {0}; it is not used")]
    Other(String),
    /// The disk failed.
    #[error("failed to write to {folder}: {error}")]
    Disk {
        /// The engine folder.
        folder: Utf8PathBuf,
        /// Why.
        error: io::Error,
    },
}

impl Installer {
    /// Installs what is wanted. With an error, and when this is dropped or its process killed, nothing of it is listed.
    ///
    /// # Errors
    ///
    /// Names what is wrong, and with what.
    pub async fn install(&self, wish: &Wish, progress: &dyn Progress) -> Result<Installed, InstallError> {
        let request = VersionRequest::parse(&wish.version)
            .ok_or_else(|| InstallError::NoVersion(wish.version.clone()))?;
        if let Some(installed) = self.exact(wish).and_then(|engine| self.found(&engine)) {
            return Ok(installed);
        }
        let shelf = Shelf::take(&self.folder, progress).await.map_err(self.disk())?;
        let workshop = shelf.workshop().map_err(self.disk())?;
        let folder = Utf8Path::from_path(workshop.path())
            .ok_or_else(|| self.disk()(io::ErrorKind::InvalidFilename.into()))?;
        let job = Job { installer: self, wish, progress, folder };
        let engine = job.engine(&request).await?;
        if let Some(installed) = self.found(&engine) {
            return Ok(installed);
        }
        let program = folder.join("program");
        let origin = match &wish.go {
            Some(go) => job.build(go, &engine, &program).await?,
            None => job.fetch(&engine, &program).await?,
        };
        let found = FoundEngine::ask(&program)?.engine;
        if found != engine {
            return Err(InstallError::Other(format!("{} {}", found.kind, found.version)));
        }
        let program = shelf.put(&program, &engine, &origin).map_err(self.disk())?;
        Ok(Installed { engine, program, was_there: false })
    }

    /// Where an installed program came from.
    pub fn origin(program: &Utf8Path) -> Option<Origin> {
        origin_of(program)
    }

    fn exact(&self, wish: &Wish) -> Option<Engine> {
        VersionRequest::exact(&wish.version)
            .map(|version| Engine { kind: wish.kind, version: version.to_owned() })
    }

    fn found(&self, engine: &Engine) -> Option<Installed> {
        let program = place(&self.folder, engine).join(engine.kind.as_str());
        program.is_file().then(|| Installed { engine: engine.clone(), program, was_there: true })
    }

    fn disk(&self) -> impl Fn(io::Error) -> InstallError {
        |error| InstallError::Disk { folder: self.folder.clone(), error }
    }
}

/// One install under way.
struct Job<'a> {
    installer: &'a Installer,
    wish: &'a Wish,
    progress: &'a dyn Progress,
    folder: &'a Utf8Path,
}

impl Job<'_> {
    /// The newest version that will do.
    async fn engine(&self, request: &VersionRequest) -> Result<Engine, InstallError> {
        if let Some(engine) = self.installer.exact(self.wish) {
            return Ok(engine);
        }
        let kind = self.wish.kind;
        let (found, place, hint) = match &self.wish.go {
            Some(go) => (self.go(go).newest(kind, request).await?, "its Go module".to_owned(), String::new()),
            None => {
                let url = self.installer.releases.index_url();
                let list = self.transfer()?.read(url, self.installer.limits.index_bytes_max).await?;
                let versions = versions(kind, &list)
                    .map_err(|error| InstallError::Index { url: url.to_owned(), error })?;
                let all = || versions.iter().map(String::as_str);
                let newest = VersionRequest::parse("latest").and_then(|latest| latest.best(all()));
                let hint =
                    newest.map_or_else(String::new, |newest| format!(", where the newest is {newest}"));
                (request.best(all()).map(str::to_owned), url.to_owned(), hint)
            }
        };
        let wanted = self.wish.version.clone();
        found.map(|version| Engine { kind, version }).ok_or(InstallError::Unknown {
            kind,
            wanted,
            place,
            hint,
        })
    }

    async fn fetch(&self, engine: &Engine, program: &Utf8Path) -> Result<Origin, InstallError> {
        let Installer { releases, keys, limits, .. } = self.installer;
        let (kind, version) = (engine.kind, engine.version.as_str());
        let transfer = self.transfer()?;
        let checksums_url = releases.url(version, &releases.checksums(version));
        let unknown = |error| match error {
            TransferError::Missing(place) => {
                let wanted = version.to_owned();
                InstallError::Unknown { kind, wanted, place, hint: String::new() }
            }
            other => other.into(),
        };
        let checksums = transfer.read(&checksums_url, limits.checksums_bytes_max).await.map_err(unknown)?;
        let signature = self.signature(&transfer, version).await?;
        let now_secs = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let signed_by = keys
            .0
            .check(&checksums, &signature, now_secs)
            .map_err(|error| InstallError::Signature { kind, version: version.to_owned(), error })?;
        let archive = releases.archive(version);
        let checksums = String::from_utf8_lossy(&checksums);
        let expected = checksum(&checksums, &archive)
            .ok_or_else(|| InstallError::NotForHere { archive: archive.clone() })?;
        let url = releases.url(version, &archive);
        let file = self.folder.join("archive.zip");
        let sha256 = transfer.save(&url, &file, limits.archive_bytes_max).await?;
        if !sha256.eq_ignore_ascii_case(expected) {
            return Err(InstallError::Checksum { url, found: sha256, expected: expected.to_owned() });
        }
        let (name, program, limits) = (kind.as_str(), program.to_owned(), *limits);
        let unpacked =
            tokio::task::spawn_blocking(move || unpack_program(&file, name, &program, &limits)).await;
        unpacked.map_err(|error| self.installer.disk()(io::Error::other(error)))??;
        Ok(Origin::Release { url, sha256, signed_by })
    }

    /// The first that is there.
    async fn signature(&self, transfer: &Transfer<'_>, version: &str) -> Result<Vec<u8>, InstallError> {
        let Installer { releases, limits, .. } = self.installer;
        let mut missing = None;
        for name in releases.signatures(version) {
            match transfer.read(&releases.url(version, &name), limits.checksums_bytes_max).await {
                Err(error @ TransferError::Missing(_)) => missing = Some(error),
                read => return Ok(read?),
            }
        }
        Err(missing.unwrap_or(TransferError::Missing("signature".to_owned())).into())
    }

    async fn build(
        &self,
        go: &Utf8Path,
        engine: &Engine,
        program: &Utf8Path,
    ) -> Result<Origin, InstallError> {
        let go = self.go(go);
        go.build(engine, program).await?;
        Ok(Origin::GoModule { module: module_of(engine), go: go.version().await? })
    }

    fn go<'b>(&'b self, program: &'b Utf8Path) -> Go<'b> {
        Go { program, folder: self.folder, limits: &self.installer.limits, progress: self.progress }
    }

    fn transfer(&self) -> Result<Transfer<'_>, TransferError> {
        Transfer::new(&self.installer.limits, self.progress)
    }
}
