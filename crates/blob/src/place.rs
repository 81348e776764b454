//! Where objects lie: a folder on disk or a bucket, opened from its URL.

use crate::error::Error;
use crate::id::ObjectId;
use crate::local::{Folders, OBJECTS, UNFINISHED};
use crate::redact::{Secrets, url_name};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectStore, parse_url_opts};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::task::spawn_blocking;
use url::Url;

const AZURE_SCHEMES: [&str; 5] = ["az", "azure", "adl", "abfs", "abfss"];
const OTHER_BUCKET_SCHEMES: [&str; 3] = ["s3", "s3a", "gs"];
const ENVIRONMENT_PREFIXES: [&str; 3] = ["AWS_", "GOOGLE_", "AZURE_"];

/// An opened place. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Place(Arc<Inner>);

struct Inner {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
    /// The URL without credentials, for people.
    name: String,
    secrets: Secrets,
    folders: Option<Folders>,
    written_once: AtomicBool,
}

impl Place {
    /// Opens a URL or a path, see [`crate::Blobs::open`].
    pub(crate) fn open(url: &str) -> Result<Self, Error> {
        if let Some(path) = local_path(url)? {
            return Self::open_folder(&path);
        }
        let parsed = Url::parse(url).map_err(|error| open_error(url, &error.to_string()))?;
        let scheme = parsed.scheme();
        let azure = AZURE_SCHEMES.contains(&scheme);
        if !azure && !OTHER_BUCKET_SCHEMES.contains(&scheme) {
            return Err(open_error(url, "not a path, and not one of file://, s3://, gs://, az://"));
        }
        // Before the `@` of an Azure URL stands the container, so only a password gives a credential away.
        if parsed.password().is_some() || !(azure || parsed.username().is_empty()) || parsed.query().is_some()
        {
            return Err(open_error(
                url,
                "credentials and options belong into the environment, not into the URL",
            ));
        }
        let settings = environment();
        let secrets = Secrets::of(&settings);
        let (store, prefix) = parse_url_opts(&parsed, settings)
            .map_err(|error| open_error(url, &secrets.hide(&error.to_string())))?;
        Ok(Self::new(Arc::from(store), prefix, parsed.to_string(), secrets, None))
    }

    fn open_folder(path: &std::path::Path) -> Result<Self, Error> {
        let name = path.display().to_string();
        let failed = |reason: String| Error::Open { url: name.clone(), reason };
        let folders = Folders::open(path).map_err(|error| failed(error.to_string()))?;
        let store =
            LocalFileSystem::new_with_prefix(folders.root()).map_err(|error| failed(error.to_string()))?;
        let store = Arc::new(store.with_fsync(true));
        Ok(Self::new(store, Path::default(), name, Secrets::default(), Some(folders)))
    }

    /// A place over any store.
    pub(crate) fn new(
        store: Arc<dyn ObjectStore>,
        prefix: Path,
        name: String,
        secrets: Secrets,
        folders: Option<Folders>,
    ) -> Self {
        Self(Arc::new(Inner { store, prefix, name, secrets, folders, written_once: AtomicBool::new(false) }))
    }

    /// The store itself.
    pub(crate) fn store(&self) -> &dyn ObjectStore {
        &*self.0.store
    }

    /// Whether objects lie on this machine's disk.
    pub(crate) fn is_local(&self) -> bool {
        self.0.folders.is_some()
    }

    /// Where an object lies.
    pub(crate) fn path(&self, id: &ObjectId) -> Path {
        self.0.prefix.clone().join(OBJECTS).join(id.shard()).join(id.as_str())
    }

    /// Where a large object grows on disk; `token` keeps two writers of one id apart.
    pub(crate) fn unfinished(&self, id: &ObjectId, token: &str) -> Path {
        self.0.prefix.clone().join(UNFINISHED).join(format!("{id}-{token}"))
    }

    /// A name for a probe.
    pub(crate) fn probe(&self, token: &str) -> Path {
        self.0.prefix.clone().join(format!("probe-{token}"))
    }

    /// Where all objects lie.
    pub(crate) fn objects(&self) -> Path {
        self.0.prefix.clone().join(OBJECTS)
    }

    /// Whether a probe has been written already; the first caller is told no.
    pub(crate) fn was_written(&self) -> bool {
        self.0.written_once.load(Ordering::Relaxed)
    }

    /// Remembers that a probe was written.
    pub(crate) fn set_written(&self) {
        self.0.written_once.store(true, Ordering::Relaxed);
    }

    /// Makes the folder of an object, where there are folders.
    pub(crate) async fn make_folder(&self, id: &ObjectId) -> Result<(), Error> {
        self.folder_work(id, "create the folder of", Folders::ensure).await
    }

    /// Brings a removal to disk, where there is one.
    pub(crate) async fn sync_folder(&self, id: &ObjectId) -> Result<(), Error> {
        self.folder_work(id, "sync the folder of", Folders::sync).await
    }

    async fn folder_work(
        &self,
        id: &ObjectId,
        action: &'static str,
        work: fn(&Folders, &str) -> std::io::Result<()>,
    ) -> Result<(), Error> {
        let Some(folders) = self.0.folders.clone() else { return Ok(()) };
        let shard = id.shard().to_owned();
        let reason = match spawn_blocking(move || work(&folders, &shard)).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        Err(Error::Store { action, id: id.to_string(), reason })
    }

    /// An error of the store as ours, without credentials.
    pub(crate) fn error(&self, action: &'static str, id: &ObjectId, error: &object_store::Error) -> Error {
        match error {
            object_store::Error::NotFound { .. } => Error::Missing { id: id.clone() },
            object_store::Error::AlreadyExists { .. } => Error::Exists { id: id.clone() },
            other => Error::Store { action, id: id.to_string(), reason: self.hide(other) },
        }
    }

    /// The text of an error without credentials.
    pub(crate) fn hide(&self, error: &object_store::Error) -> String {
        self.0.secrets.hide(&error.to_string())
    }
}

/// Only the name: the store's own `Debug` may print its configuration.
impl fmt::Debug for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Place").field(&self.0.name).finish()
    }
}

/// The path of a local place; `None` for a bucket.
fn local_path(url: &str) -> Result<Option<PathBuf>, Error> {
    if url.is_empty() {
        return Err(open_error(url, "it is empty"));
    }
    if url.starts_with("file:") {
        let path = Url::parse(url).ok().and_then(|parsed| parsed.to_file_path().ok());
        return path.map(Some).ok_or_else(|| open_error(url, "a file URL is file:// and an absolute path"));
    }
    if url.contains("://") {
        return Ok(None);
    }
    std::path::absolute(url).map(Some).map_err(|error| open_error(url, &error.to_string()))
}

fn open_error(url: &str, reason: &str) -> Error {
    Error::Open { url: url_name(url), reason: reason.to_owned() }
}

/// The settings of buckets in the environment.
fn environment() -> Vec<(String, String)> {
    let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    let ours = |name: &str| ENVIRONMENT_PREFIXES.iter().any(|prefix| name.starts_with(prefix));
    std::env::vars_os().filter_map(text).filter(|(name, _)| ours(name)).collect()
}
