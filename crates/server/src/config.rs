//! Everything an operator can set, and every limit by name.

use crate::platform::scheduler::lease::Patience;
use crate::platform::tls::Tls;
use camino::Utf8PathBuf;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::time::Duration;
use terrane_agent::SandboxDemand;

/// The settings of one server.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the API listens.
    pub listen: SocketAddr,
    /// Whether and with which certificate the API speaks TLS.
    pub tls: Option<Tls>,
    /// The address clients use, without a trailing slash; by default the listening address.
    pub public_url: Option<String>,
    /// Everything the server keeps on disk.
    pub data_dir: Utf8PathBuf,
    /// `postgres://…`, or `None` for SQLite in the data directory.
    pub database_url: Option<String>,
    /// `s3://…`, `gs://…`, `az://…`, a folder, or `None` for a folder in the data directory.
    pub blob_url: Option<String>,
    /// The master key; `None` makes one in the data directory where that is safe.
    pub encryption_key_file: Option<Utf8PathBuf>,
    /// Where Prometheus metrics are served without a token; `None` asks for a site administrator's token.
    pub metrics_listen: Option<SocketAddr>,
    /// Runs the embedded agent takes at the same time; 0 for none.
    pub agent_slots: usize,
    /// Engine programs to use before any that is found.
    pub engine_paths: Vec<Utf8PathBuf>,
    /// Where programs called `tofu` and `terraform` are looked for, as in `PATH`.
    pub engine_search_path: Option<OsString>,
    /// A CLI configuration file for all engines: provider mirrors, credentials.
    pub engine_cli_config: Option<Utf8PathBuf>,
    /// How much of the sandbox must be had.
    pub sandbox: SandboxDemand,
    /// The program that is started again as supervisor; this one by default.
    pub supervisor: Option<Utf8PathBuf>,
    /// Sizes and times.
    pub limits: Limits,
}

/// Limits, each with its default.
#[derive(Debug, Clone)]
pub struct Limits {
    /// A JSON:API request body, bytes.
    pub document_bytes_max: usize,
    /// A configuration archive as uploaded, bytes.
    pub archive_bytes_max: u64,
    /// What an archive may unpack to, and how many entries it may have.
    pub archive: terrane_slug::Limits,
    /// One uploaded plan file or JSON plan, bytes.
    pub plan_object_bytes_max: u64,
    /// One log, bytes.
    pub log_bytes_max: u64,
    /// One state, or its JSON form, bytes.
    pub state_bytes_max: u64,
    /// A document that may carry a whole state in base64, bytes: engines up to 1.5 send it so.
    pub state_document_bytes_max: usize,
    /// How often a client that applies by itself sends an intermediate state (api-contract 2.3); whole seconds.
    pub state_snapshot_interval: Duration,
    /// The value of one variable, bytes.
    pub variable_bytes_max: usize,
    /// Variables of one workspace, and of one run.
    pub variables_max: usize,
    /// Requests a second that each user may make, and each address without a token; 0 for any number.
    pub requests_per_second: u32,
    /// Of these, lists of runs a minute; 0 for no limit of their own.
    pub run_lists_per_minute: u32,
    /// A request of the API that takes longer is given up with 504; bytes that are streamed are not counted.
    pub request_timeout: Duration,
    /// Time a request's head may take to arrive.
    pub header_timeout: Duration,
    /// A body must go on arriving within this time.
    pub body_idle_timeout: Duration,
    /// How long a log read waits for new bytes.
    pub log_poll: Duration,
    /// Life of a JSON plan's URL (api-contract 3.8).
    pub plan_url_life: Duration,
    /// Life of upload, download and log URLs (api-contract 3.9).
    pub object_url_life: Duration,
    /// One plan phase.
    pub plan_timeout: Duration,
    /// How often an agent says that it works on a job.
    pub heartbeat: Duration,
    /// An agent that is silent for so long has lost its job.
    pub lease: Duration,
    /// After the end of its lease, how long the agent of a started apply is waited for.
    pub silence: Duration,
    /// How often an engine that applies is asked to write its state.
    pub snapshot_interval: Duration,
    /// How often lost jobs are looked for.
    pub sweep_pause: Duration,
    /// What an agent sends of an apply that was given up is kept for so long.
    pub late_delivery: Duration,
    /// One apply phase.
    pub apply_timeout: Duration,
    /// After a cancel, how long until a force-cancel is offered.
    pub force_cancel_after: Duration,
    /// A saved plan that nobody applies is discarded after this time (api-contract 4.8).
    pub saved_plan_life: Duration,
    /// The last state of a deleted workspace is kept for so long (api-contract section 20 row 28).
    pub deleted_state_life: Duration,
    /// Memory of one run's engine and all that it starts, bytes.
    pub engine_memory_bytes_max: u64,
    /// Processes and threads of one run.
    pub engine_processes_max: u64,
    /// After one SIGINT, how long an engine may take to end.
    pub interrupt_grace: Duration,
    /// Life of a token made without `expired-at` (api-contract section 20 row 7).
    pub token_life: Duration,
    /// How long somebody stays signed in.
    pub session_life: Duration,
    /// How long a link by which a password is set is good.
    pub invitation_life: Duration,
    /// How long a code for the command line is good; it is used at once.
    pub authorization_code_life: Duration,
    /// When the server stops, for how long it still takes requests and ends each connection with its answer, so that no
    /// client sends one into a connection that is just being closed. Less when nobody is connected.
    pub drain: Duration,
    /// After that, how long requests in flight may take.
    pub shutdown_grace: Duration,
}

const MIB: u64 = 1024 * 1024;
const HOUR: u64 = 3600;

impl Default for Limits {
    fn default() -> Self {
        Self {
            document_bytes_max: 2 * 1024 * 1024,
            archive_bytes_max: 512 * MIB,
            archive: terrane_slug::Limits::default(),
            plan_object_bytes_max: 2048 * MIB,
            log_bytes_max: 512 * MIB,
            state_bytes_max: 256 * MIB,
            state_document_bytes_max: 64 * 1024 * 1024,
            state_snapshot_interval: Duration::from_secs(20),
            variable_bytes_max: 256 * 1024,
            variables_max: 1000,
            requests_per_second: 200,
            run_lists_per_minute: 0,
            request_timeout: Duration::from_secs(60),
            header_timeout: Duration::from_secs(10),
            body_idle_timeout: Duration::from_secs(30),
            log_poll: Duration::from_secs(20),
            plan_url_life: Duration::from_secs(60),
            object_url_life: Duration::from_secs(25 * HOUR),
            plan_timeout: Duration::from_secs(2 * HOUR),
            heartbeat: Duration::from_secs(5),
            lease: Duration::from_secs(30),
            silence: Duration::from_secs(15 * 60),
            snapshot_interval: terrane_agent::Settings::SNAPSHOT_INTERVAL,
            sweep_pause: Duration::from_secs(2),
            late_delivery: Duration::from_secs(24 * HOUR),
            apply_timeout: Duration::from_secs(22 * HOUR),
            force_cancel_after: Duration::from_secs(60),
            saved_plan_life: Duration::from_secs(21 * 24 * HOUR),
            deleted_state_life: Duration::from_secs(30 * 24 * HOUR),
            engine_memory_bytes_max: 4096 * MIB,
            engine_processes_max: 4096,
            interrupt_grace: Duration::from_secs(95),
            token_life: Duration::from_secs(2 * 365 * 24 * HOUR),
            session_life: Duration::from_secs(7 * 24 * HOUR),
            invitation_life: Duration::from_secs(3 * 24 * HOUR),
            authorization_code_life: Duration::from_secs(60),
            drain: Duration::from_secs(1),
            shutdown_grace: Duration::from_secs(10),
        }
    }
}

impl Config {
    /// Defaults around a data directory.
    pub fn new(data_dir: Utf8PathBuf) -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            tls: None,
            public_url: None,
            data_dir,
            database_url: None,
            blob_url: None,
            encryption_key_file: None,
            metrics_listen: None,
            agent_slots: 2,
            engine_paths: Vec::new(),
            engine_search_path: std::env::var_os("PATH"),
            engine_cli_config: None,
            sandbox: SandboxDemand::BestEffort,
            supervisor: None,
            limits: Limits::default(),
        }
    }

    /// The database's address.
    pub fn database_url(&self) -> String {
        self.database_url.clone().unwrap_or_else(|| format!("sqlite:{}", self.data_dir.join("terrane.db")))
    }

    /// The blob store's address.
    pub fn blob_url(&self) -> String {
        self.blob_url.clone().unwrap_or_else(|| self.data_dir.join("blobs").into_string())
    }

    /// The address clients use when nothing else is said.
    pub fn listening_url(&self, address: SocketAddr) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{address}")
    }

    /// What clients may call this server: the names a certificate of its own has to hold.
    pub fn names(&self) -> Vec<String> {
        let mut names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec();
        let public = self.public_url.as_deref().and_then(|url| url::Url::parse(url).ok());
        let public = public.and_then(|url| Some(url.host_str()?.trim_matches(['[', ']']).to_owned()));
        let listens = self.listen.ip();
        let listens = (!listens.is_unspecified()).then(|| listens.to_string());
        for name in public.into_iter().chain(listens) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// How long agents are waited for.
    pub fn patience(&self) -> Patience {
        Patience { lease: self.limits.lease, silence: self.limits.silence }
    }

    /// Whether this server is the only one of its installation, so that it may make its own key.
    pub fn is_small_installation(&self) -> bool {
        self.database_url.is_none() && self.blob_url.as_deref().is_none_or(|url| !url.contains("://"))
    }
}
