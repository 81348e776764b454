//! The application: everything handlers share, built once, by `main` and by the tests alike.

use crate::clock::Clock;
use crate::config::Config;
use crate::passwords::Hasher;
use crate::platform::access;
use crate::platform::db::{Db, DbError, Exec, sql};
use crate::platform::http::{RateLimiter, Signer};
use crate::platform::scheduler::Wake;
use crate::platform::secrets::{KeyError, Place, Secrets, load_master_key};
use crate::platform::tls::TlsError;
use crate::sessions::Tries;
use camino::Utf8PathBuf;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::fs::{File, OpenOptions, TryLockError};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use terrane_agent::engines::FoundEngine;
use terrane_blob::Blobs;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// The shared state of a server. Cheap to clone.
#[derive(Debug, Clone)]
pub struct App(Arc<Inner>);

/// What [`App`] shares.
#[derive(Debug)]
pub struct Inner {
    /// Settings and limits.
    pub config: Config,
    /// Rows.
    pub db: Db,
    /// Objects.
    pub blobs: Blobs,
    /// Encryption of secrets in rows.
    pub secrets: Secrets,
    /// Signed URLs.
    pub signer: Signer,
    /// How often callers may ask.
    pub rate_limiter: RateLimiter,
    /// How often passwords were tried.
    pub tries: Tries,
    /// Hashes passwords.
    pub hasher: Hasher,
    /// Time.
    pub clock: Clock,
    /// Wake-ups between requests.
    pub wake: Wake,
    /// The address clients use, without a trailing slash.
    pub public_url: String,
    /// Fired when the server stops: long polls then answer at once.
    pub stopping: CancellationToken,
    /// Renders the metrics of the process; `None` when the program records them elsewhere.
    pub metrics: Option<PrometheusHandle>,
    engines: watch::Sender<Option<Arc<[FoundEngine]>>>,
    _data_dir_lock: File,
}

impl std::ops::Deref for App {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data directory cannot be used.
    #[error("cannot use the data directory {path}: {source}; name a writable one with --data-dir DIR")]
    DataDir {
        /// The directory.
        path: Utf8PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Another server has it.
    #[error(
        "another terrane server uses the data directory {path}; stop it, or name another one with --data-dir DIR"
    )]
    InUse {
        /// The directory.
        path: Utf8PathBuf,
    },
    /// No master key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Another master key than the one this database was made with.
    #[error(
        "the encryption key does not fit this database: its secrets were sealed with another key; \
         start with the key file this installation was made with (--encryption-key-file FILE)"
    )]
    WrongKey,
    /// The database cannot be used.
    #[error("{0}; check --database-url and that the database is running")]
    Db(#[from] DbError),
    /// The blob store cannot be used.
    #[error("cannot use the blob store: {0}; check --blob-url")]
    Blobs(#[from] terrane_blob::Error),
    /// The address cannot be listened on.
    #[error(
        "cannot listen on {address}: {source}; stop what uses that port, or choose another with {flag} HOST:PORT"
    )]
    Listen {
        /// The setting it comes from.
        flag: &'static str,
        /// The address.
        address: std::net::SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// TLS cannot be served.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The operator's CLI configuration file for the engines cannot be used.
    #[error("cannot use the engines' CLI configuration: {0}; check --engine-cli-config FILE")]
    EngineCliConfig(String),
}

impl App {
    /// Opens everything. `public_url` is where clients find this server.
    pub async fn open(config: Config, public_url: String, clock: Clock) -> Result<Self, StartError> {
        let data_dir_lock = lock_data_dir(&config).await?;
        if let Some(path) = &config.engine_cli_config {
            terrane_agent::check_cli_config(path)
                .map_err(|error| StartError::EngineCliConfig(error.to_string()))?;
        }
        let master = load_master_key(
            config.encryption_key_file.as_deref(),
            &config.data_dir,
            config.is_small_installation(),
        )?;
        let db = Db::open(&config.database_url()).await?;
        let blobs = Blobs::open(&config.blob_url(), &master)?;
        let secrets = Secrets::new(&master);
        check_key(&db, &secrets, &clock).await?;
        let inner = Inner {
            signer: Signer::new(&master),
            rate_limiter: RateLimiter::new(
                config.limits.requests_per_second,
                config.limits.run_lists_per_minute,
            ),
            tries: Tries::default(),
            hasher: Hasher::default(),
            wake: Wake::new(),
            stopping: CancellationToken::new(),
            metrics: recorder(),
            engines: watch::Sender::new(None),
            _data_dir_lock: data_dir_lock,
            config,
            db,
            blobs,
            secrets,
            clock,
            public_url,
        };
        Ok(Self(Arc::new(inner)))
    }

    /// Says which engines there are, once they have been looked for.
    pub fn set_engines(&self, engines: Arc<[FoundEngine]>) {
        self.engines.send_replace(Some(engines));
    }

    /// The engines of the embedded agent; waits until they have been looked for.
    pub async fn engines(&self) -> Arc<[FoundEngine]> {
        let mut engines = self.engines.subscribe();
        match engines.wait_for(Option::is_some).await {
            Ok(found) => found.clone().unwrap_or_default(),
            Err(_) => Arc::from([]),
        }
    }

    /// An absolute URL of this server.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.public_url)
    }
}

/// The recorder of this process, shared by all its servers.
fn recorder() -> Option<PrometheusHandle> {
    static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    RECORDER.get_or_init(|| PrometheusBuilder::new().install_recorder().ok()).clone()
}

/// A child that a killed server was just starting has its lock until it has become another program.
const LOCK_PATIENCE: Duration = Duration::from_secs(2);
const LOCK_AGAIN: Duration = Duration::from_millis(10);

async fn lock_data_dir(config: &Config) -> Result<File, StartError> {
    let path = &config.data_dir;
    let wrong = |source| StartError::DataDir { path: path.clone(), source };
    std::fs::create_dir_all(path).map_err(wrong)?;
    let lock = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path.join("server.lock"))
        .map_err(wrong)?;
    let deadline = Instant::now() + LOCK_PATIENCE;
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(lock),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                tokio::time::sleep(LOCK_AGAIN).await;
            }
            Err(TryLockError::WouldBlock) => return Err(StartError::InUse { path: path.clone() }),
            Err(TryLockError::Error(source)) => return Err(wrong(source)),
        }
    }
}

const INSERT_INSTALLATION: &str = "INSERT INTO installation (id, key_check_sealed, created_at) \
     VALUES (1, $1, $2) ON CONFLICT (id) DO NOTHING";
const SELECT_INSTALLATION: &str = "SELECT key_check_sealed FROM installation WHERE id = 1";

/// Every statement here.
pub const STATEMENTS: &[&str] = &[INSERT_INSTALLATION, SELECT_INSTALLATION];

/// Compares the master key with the one the installation was made with: a wrong key must be told at the start,
/// not when the first secret does not open.
async fn check_key(db: &Db, secrets: &Secrets, clock: &Clock) -> Result<(), StartError> {
    let place = Place { column: "installation.key_check", id: "1" };
    let stored: Option<(Vec<u8>,)> = db.optional(sql(SELECT_INSTALLATION)).await?;
    let sealed = match stored {
        Some((sealed,)) => sealed,
        None => {
            let mut tx = db.begin().await?;
            let sealed = secrets.seal(place, b"terrane");
            tx.run(sql(INSERT_INSTALLATION).bind(sealed).bind(clock.now())).await?;
            let (sealed,): (Vec<u8>,) = tx.one(sql(SELECT_INSTALLATION)).await?;
            tx.commit().await?;
            sealed
        }
    };
    secrets.open(place, &sealed).map(drop).map_err(|_| StartError::WrongKey)
}

/// Every statement that lists with filters are built into, for the same test.
pub fn all_list_shapes() -> Vec<String> {
    [
        crate::ingress_attributes::store::shapes(),
        access::shapes(),
        crate::projects::store::shapes(),
        crate::recoverable_items::store::shapes(),
        crate::users::store::shapes(),
        crate::runs::store::shapes(),
        crate::state_versions::store::shapes(),
        crate::variables::store::shapes(),
        crate::varsets::store::shapes(),
        crate::workspaces::store::shapes(),
    ]
    .concat()
}

/// Every SQL statement of the program, for the test that prepares them on both databases.
pub fn all_statements() -> Vec<&'static str> {
    let lists: &[&[&'static str]] = &[
        STATEMENTS,
        access::STATEMENTS,
        access::SCOPE_STATEMENTS,
        crate::agents::store::STATEMENTS,
        crate::applies::store::STATEMENTS,
        crate::comments::store::STATEMENTS,
        crate::configuration_versions::store::STATEMENTS,
        crate::ingress_attributes::store::STATEMENTS,
        crate::invitations::store::STATEMENTS,
        crate::oauth::store::STATEMENTS,
        crate::organizations::store::STATEMENTS,
        crate::passwords::store::STATEMENTS,
        crate::plans::store::STATEMENTS,
        crate::platform::logs::store::STATEMENTS,
        crate::platform::objects::store::STATEMENTS,
        crate::platform::scheduler::store::STATEMENTS,
        crate::platform::scheduler::store::PART_STATEMENTS,
        crate::projects::store::STATEMENTS,
        crate::provider_schemas::store::STATEMENTS,
        crate::recoverable_items::store::STATEMENTS,
        crate::run_events::store::STATEMENTS,
        crate::run_triggers::store::STATEMENTS,
        crate::runs::store::STATEMENTS,
        crate::runs::store::INSERT_STATEMENTS,
        crate::runs::store::LINE_STATEMENTS,
        crate::runs::store::QUEUE_STATEMENTS,
        crate::runs::store::ORIGIN_STATEMENTS,
        crate::sessions::store::STATEMENTS,
        crate::ssh_keys::store::STATEMENTS,
        crate::state_version_outputs::store::STATEMENTS,
        crate::state_versions::store::STATEMENTS,
        crate::tag_bindings::store::STATEMENTS,
        crate::tags::store::STATEMENTS,
        crate::terraform_versions::store::STATEMENTS,
        crate::tokens::store::STATEMENTS,
        crate::users::store::STATEMENTS,
        crate::variables::store::STATEMENTS,
        crate::varsets::store::STATEMENTS,
        crate::varsets::store::LINK_STATEMENTS,
        crate::workspace_resources::store::STATEMENTS,
        crate::workspaces::store::STATEMENTS,
        crate::workspaces::store::PART_STATEMENTS,
    ];
    lists.concat()
}
