//! The command line. Each setting is a flag, a `TERRANE_…` variable, or a line of the configuration file, in this
//! order of strength.

use crate::engine::EngineCommand;
use crate::times::Span;
use camino::Utf8PathBuf;
use clap::{Args, Parser, Subcommand, ValueEnum};
use serde::Deserialize;
use std::net::SocketAddr;

/// A name that leads to this machine wherever it is looked up (RFC 6761), with the dot that the CLIs want.
pub const HOST_NAME: &str = "terrane.localhost";

/// The group of the times in the help.
const TIMES: &str = "Times";

/// The open plan server for OpenTofu and Terraform.
///
/// It speaks the Terraform Enterprise / HCP Terraform API v2, runs real plans with the real engines, and keeps every
/// plan. Try `terrane demo` first: it starts a server, plans a sample configuration and shows where to look.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true)]
pub struct Cli {
    #[command(flatten)]
    pub telemetry: Telemetry,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Args)]
pub struct Telemetry {
    /// How much is logged to standard error: error, warn, info, debug, trace, or per part as in `info,sqlx=debug`
    #[arg(long, global = true, env = "TERRANE_LOG", default_value = "info", value_name = "FILTER")]
    pub log: String,
    /// How log lines look
    #[arg(long, global = true, env = "TERRANE_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people
    Text,
    /// One JSON object a line
    Json,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the server: API, scheduler and an embedded agent. Nothing else has to run.
    Server(Box<ServerArgs>),
    /// Run an agent beside a server: it asks for runs, executes them on this machine, and reports.
    ///
    /// On SIGTERM it takes nothing new and ends at once. Runs that are under way go on without it; the next agent on the
    /// same work directory adopts them. Start it again soon: a server that hears of no agent gives a run up. A service
    /// manager must end this process alone (systemd: KillMode=process).
    Agent(AgentArgs),
    /// Work on an installation from the machine it runs on
    Admin {
        #[command(subcommand)]
        command: AdminCommand,
    },
    /// Engines as a catalogue: what is there, and installing more versions beside each other
    Engine {
        #[command(subcommand)]
        command: EngineCommand,
    },
    /// Print a CLI configuration with which tofu and terraform find a server that has no TLS or no public name
    ///
    /// They speak only HTTPS to a host they look up. This maps a name to the server's address instead. Save it, and set
    /// TF_CLI_CONFIG_FILE to its path.
    CliConfig(CliConfigArgs),
    /// Start a server with a sample organization, make one real plan, and show where to look
    Demo(DemoArgs),
    /// Runs the engine of one job
    #[command(hide = true)]
    Supervise { folder: Utf8PathBuf },
    /// First process of a job's sandbox
    #[command(name = "sandbox-init", hide = true)]
    SandboxInit { folder: Utf8PathBuf },
}

#[derive(Debug, Subcommand)]
pub enum AdminCommand {
    /// Print a fresh token of a user, the last word of the output. The user is made if there is none; the first one
    /// becomes site administrator. Works with the server running or not.
    Token(TokenArgs),
    /// Print a link by which a user sets a password and signs in, the last word of the output. It is good once, for three
    /// days, and an earlier one is good no more. The user is made if there is none; the first one becomes site
    /// administrator. Works with the server running or not.
    Invite(InviteArgs),
    /// Print a fresh token for agents, the last word of the output. Their pool is made if there is none. Works with the
    /// server running or not.
    AgentToken(AgentTokenArgs),
}

#[derive(Debug, Args)]
pub struct AgentTokenArgs {
    /// The agents' pool
    #[arg(long, value_name = "NAME", default_value = "default")]
    pub pool: String,
    #[command(flatten)]
    pub place: PlaceArgs,
}

#[derive(Debug, Args)]
pub struct TokenArgs {
    /// Whose token
    #[arg(long, value_name = "NAME")]
    pub user: String,
    #[command(flatten)]
    pub place: PlaceArgs,
}

#[derive(Debug, Args)]
pub struct InviteArgs {
    /// Who is invited
    #[arg(long, value_name = "NAME")]
    pub user: String,
    /// The address people use, as the server was told it: the link begins with it
    #[arg(long, env = "TERRANE_PUBLIC_URL", value_name = "URL", default_value = "http://127.0.0.1:8080")]
    pub public_url: String,
    #[command(flatten)]
    pub place: PlaceArgs,
}

/// Which installation.
#[derive(Debug, Default, Args)]
pub struct PlaceArgs {
    /// Everything the server keeps on disk [default: ./terrane-data]
    #[arg(long, env = "TERRANE_DATA_DIR", value_name = "DIR")]
    pub data_dir: Option<Utf8PathBuf>,
    /// postgres://… [default: SQLite in the data directory]
    #[arg(long, env = "TERRANE_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub database_url: Option<String>,
}

#[derive(Debug, Args)]
pub struct CliConfigArgs {
    /// The server's address
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    pub server: String,
    /// The name by which configurations call it: `hostname` in a `cloud` block
    #[arg(long, value_name = "NAME", default_value = HOST_NAME)]
    pub host: String,
    /// A file that holds a user's token, to be printed with the rest [default: none; `tofu login NAME` gets one]
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<Utf8PathBuf>,
}

#[derive(Debug, Args)]
pub struct DemoArgs {
    /// End after the plan, with exit code 0 if it finished
    #[arg(long)]
    pub exit: bool,
    /// Where the API listens
    #[arg(long, default_value = "127.0.0.1:0", value_name = "HOST:PORT")]
    pub listen: SocketAddr,
    /// Keep everything here [default: a temporary directory, deleted at the end]
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<Utf8PathBuf>,
    /// Engine programs to use before any that is found
    #[arg(long, env = "TERRANE_ENGINE_PATH", value_name = "FILE", value_delimiter = ',')]
    pub engine_path: Vec<Utf8PathBuf>,
}

/// Settings of an agent that is a process of its own.
#[derive(Debug, Args)]
pub struct AgentArgs {
    /// The server's address, such as https://terrane.example
    #[arg(long, env = "TERRANE_AGENT_SERVER", value_name = "URL")]
    pub server: String,
    /// A file that holds the agent's token, and nothing else
    #[arg(long, env = "TERRANE_AGENT_TOKEN_FILE", value_name = "FILE")]
    pub token_file: Utf8PathBuf,
    /// Everything the agent keeps on disk; one directory for each agent
    #[arg(long, env = "TERRANE_AGENT_WORK_DIR", value_name = "DIR", default_value = "terrane-agent")]
    pub work_dir: Utf8PathBuf,
    /// Runs it takes at the same time
    #[arg(long, env = "TERRANE_AGENT_SLOTS", value_name = "N", default_value_t = 2,
        value_parser = clap::value_parser!(u16).range(1..))]
    pub slots: u16,
    /// A name for people [default: this machine's]
    #[arg(long, env = "TERRANE_AGENT_NAME", value_name = "NAME")]
    pub name: Option<String>,
    /// Engine programs to use before any that is found (several with commas)
    #[arg(long, env = "TERRANE_AGENT_ENGINE_PATH", value_name = "FILE", value_delimiter = ',')]
    pub engine_path: Vec<Utf8PathBuf>,
    /// A CLI configuration file for all engines: provider mirrors, credentials. Every path it names becomes readable
    /// to runs.
    #[arg(long, env = "TERRANE_AGENT_ENGINE_CLI_CONFIG", value_name = "FILE")]
    pub engine_cli_config: Option<Utf8PathBuf>,
    /// How much of the sandbox must be had
    #[arg(long, env = "TERRANE_AGENT_SANDBOX", value_enum, default_value_t = SandboxLevel::BestEffort)]
    pub sandbox: SandboxLevel,
    /// How often an engine that applies writes its state; engines know nothing shorter than 20s
    #[arg(long, env = "TERRANE_AGENT_SNAPSHOT_INTERVAL", value_name = "TIME", help_heading = TIMES, default_value = "20s")]
    pub snapshot_interval: Span,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TlsKind {
    /// None: a proxy in front has it, or nobody needs it
    Off,
    /// With an authority made and kept in the data directory, which clients have to be told of
    SelfSigned,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SandboxLevel {
    /// As much as this kernel has; a run's log says what is lacking
    BestEffort,
    /// All of it, else runs end with an error
    Full,
}

/// Settings of the server. The configuration file (TOML) knows the same names.
#[derive(Debug, Default, Args, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ServerArgs {
    /// A TOML file with these settings
    #[arg(long, env = "TERRANE_CONFIG", value_name = "FILE")]
    #[serde(skip)]
    pub config: Option<Utf8PathBuf>,
    /// Where the API listens [default: 127.0.0.1:8080]
    #[arg(long, env = "TERRANE_LISTEN", value_name = "HOST:PORT")]
    pub listen: Option<SocketAddr>,
    /// Speak TLS without a certificate of anybody else's [default: off]
    #[arg(long, env = "TERRANE_TLS", value_enum, conflicts_with_all = ["tls_cert", "tls_key"])]
    pub tls: Option<TlsKind>,
    /// Speak TLS with this certificate and what vouches for it, in PEM form; read again when it changes
    #[arg(long, env = "TERRANE_TLS_CERT", value_name = "FILE")]
    pub tls_cert: Option<Utf8PathBuf>,
    /// The key of the certificate, in PEM form
    #[arg(long, env = "TERRANE_TLS_KEY", value_name = "FILE")]
    pub tls_key: Option<Utf8PathBuf>,
    /// The address clients use, such as https://terrane.example: every address in an answer begins with it [default: the
    /// listening address]
    #[arg(long, env = "TERRANE_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,
    /// Everything the server keeps on disk [default: ./terrane-data]
    #[arg(long, env = "TERRANE_DATA_DIR", value_name = "DIR")]
    pub data_dir: Option<Utf8PathBuf>,
    /// postgres://… [default: SQLite in the data directory]
    #[arg(long, env = "TERRANE_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// s3://, gs://, az:// or a folder [default: a folder in the data directory]
    #[arg(long, env = "TERRANE_BLOB_URL", value_name = "URL", hide_env_values = true)]
    pub blob_url: Option<String>,
    /// 32 bytes as hex or base64: the key that everything secret is encrypted with [default: with SQLite and a local
    /// folder one is made in the data directory]
    #[arg(long, env = "TERRANE_ENCRYPTION_KEY_FILE", value_name = "FILE")]
    pub encryption_key_file: Option<Utf8PathBuf>,
    /// Runs the embedded agent takes at the same time, 0 for none [default: 2]
    #[arg(long, env = "TERRANE_AGENT_SLOTS", value_name = "N")]
    pub agent_slots: Option<usize>,
    /// Requests a second that each user may make, and each address without a token; 0 for any number [default: 200]
    #[arg(long, env = "TERRANE_RATE_LIMIT", value_name = "N")]
    pub rate_limit: Option<u32>,
    /// Of these, lists of runs a minute; 0 for no limit of their own [default: 0]
    #[arg(long, env = "TERRANE_RUN_LIST_LIMIT", value_name = "N")]
    pub run_list_limit: Option<u32>,
    /// Serve /metrics here without a token [default: only on the API's address, for site administrators]
    #[arg(long, env = "TERRANE_METRICS_LISTEN", value_name = "HOST:PORT")]
    pub metrics_listen: Option<SocketAddr>,
    /// Engine programs to use before any that is found (several with commas)
    #[arg(long, env = "TERRANE_ENGINE_PATH", value_name = "FILE", value_delimiter = ',')]
    pub engine_path: Vec<Utf8PathBuf>,
    /// A CLI configuration file for all engines: provider mirrors, credentials. Every path it names becomes readable
    /// to runs.
    #[arg(long, env = "TERRANE_ENGINE_CLI_CONFIG", value_name = "FILE")]
    pub engine_cli_config: Option<Utf8PathBuf>,
    /// How much of the sandbox must be had [default: best-effort]
    #[arg(long, env = "TERRANE_SANDBOX", value_enum)]
    pub sandbox: Option<SandboxLevel>,
    /// A request of the API that takes longer is given up with 504 [default: 60s]
    #[arg(long, env = "TERRANE_REQUEST_TIMEOUT", value_name = "TIME", help_heading = TIMES)]
    pub request_timeout: Option<Span>,
    /// How often an agent says that it works on a run [default: 5s]
    #[arg(long, env = "TERRANE_HEARTBEAT", value_name = "TIME", help_heading = TIMES)]
    pub heartbeat: Option<Span>,
    /// An agent that is silent for so long has lost its run: a plan is made again, an apply that was not started goes
    /// to another agent [default: 30s]
    #[arg(long, env = "TERRANE_LEASE", value_name = "TIME", help_heading = TIMES)]
    pub lease: Option<Span>,
    /// How long the silent agent of a started apply is waited for after its lease, before the run ends as "state
    /// uncertain" [default: 15m]
    #[arg(long, env = "TERRANE_SILENCE", value_name = "TIME", help_heading = TIMES)]
    pub silence: Option<Span>,
    /// How long an engine may take to end after it was interrupted, before it is killed [default: 95s]
    #[arg(long, env = "TERRANE_INTERRUPT_GRACE", value_name = "TIME", help_heading = TIMES)]
    pub interrupt_grace: Option<Span>,
    /// After a cancel, how long until it can be forced [default: 60s]
    #[arg(long, env = "TERRANE_FORCE_CANCEL_WAIT", value_name = "TIME", help_heading = TIMES)]
    pub force_cancel_wait: Option<Span>,
    /// A plan that takes longer is ended [default: 2h]
    #[arg(long, env = "TERRANE_PLAN_TIMEOUT", value_name = "TIME", help_heading = TIMES)]
    pub plan_timeout: Option<Span>,
    /// An apply that takes longer is ended [default: 22h]
    #[arg(long, env = "TERRANE_APPLY_TIMEOUT", value_name = "TIME", help_heading = TIMES)]
    pub apply_timeout: Option<Span>,
    /// How often an engine that applies writes its state; engines know nothing shorter than 20s [default: 20s]
    #[arg(long, env = "TERRANE_SNAPSHOT_INTERVAL", value_name = "TIME", help_heading = TIMES)]
    pub snapshot_interval: Option<Span>,
    /// How long an agent that was given up may still bring what its apply has written [default: 24h]
    #[arg(long, env = "TERRANE_LATE_DELIVERY", value_name = "TIME", help_heading = TIMES)]
    pub late_delivery: Option<Span>,
    /// A saved plan that nobody applies is discarded after this time [default: 21d]
    #[arg(long, env = "TERRANE_SAVED_PLAN_LIFE", value_name = "TIME", help_heading = TIMES)]
    pub saved_plan_life: Option<Span>,
    /// The last state of a deleted workspace is kept for so long [default: 30d]
    #[arg(long, env = "TERRANE_DELETED_STATE_LIFE", value_name = "TIME", help_heading = TIMES)]
    pub deleted_state_life: Option<Span>,
    /// How long a request for a log waits for new lines [default: 20s]
    #[arg(long, env = "TERRANE_LOG_POLL", value_name = "TIME", help_heading = TIMES)]
    pub log_poll: Option<Span>,
}

impl ServerArgs {
    /// These settings, and where they say nothing, those of a file.
    pub fn or(self, file: Self) -> Self {
        Self {
            config: self.config,
            listen: self.listen.or(file.listen),
            tls: self.tls.or(file.tls),
            tls_cert: self.tls_cert.or(file.tls_cert),
            tls_key: self.tls_key.or(file.tls_key),
            public_url: self.public_url.or(file.public_url),
            data_dir: self.data_dir.or(file.data_dir),
            database_url: self.database_url.or(file.database_url),
            blob_url: self.blob_url.or(file.blob_url),
            encryption_key_file: self.encryption_key_file.or(file.encryption_key_file),
            agent_slots: self.agent_slots.or(file.agent_slots),
            rate_limit: self.rate_limit.or(file.rate_limit),
            run_list_limit: self.run_list_limit.or(file.run_list_limit),
            request_timeout: self.request_timeout.or(file.request_timeout),
            metrics_listen: self.metrics_listen.or(file.metrics_listen),
            engine_path: if self.engine_path.is_empty() { file.engine_path } else { self.engine_path },
            engine_cli_config: self.engine_cli_config.or(file.engine_cli_config),
            sandbox: self.sandbox.or(file.sandbox),
            heartbeat: self.heartbeat.or(file.heartbeat),
            lease: self.lease.or(file.lease),
            silence: self.silence.or(file.silence),
            interrupt_grace: self.interrupt_grace.or(file.interrupt_grace),
            force_cancel_wait: self.force_cancel_wait.or(file.force_cancel_wait),
            plan_timeout: self.plan_timeout.or(file.plan_timeout),
            apply_timeout: self.apply_timeout.or(file.apply_timeout),
            snapshot_interval: self.snapshot_interval.or(file.snapshot_interval),
            late_delivery: self.late_delivery.or(file.late_delivery),
            saved_plan_life: self.saved_plan_life.or(file.saved_plan_life),
            deleted_state_life: self.deleted_state_life.or(file.deleted_state_life),
            log_poll: self.log_poll.or(file.log_poll),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn flags_beat_the_file() {
        let file: ServerArgs = toml::from_str("listen = \"0.0.0.0:80\"\nagent-slots = 5").unwrap();
        let flags = ServerArgs { agent_slots: Some(1), ..ServerArgs::default() };
        let both = flags.or(file);
        assert_eq!((both.agent_slots, both.listen), (Some(1), Some(SocketAddr::from(([0, 0, 0, 0], 80)))));
    }

    #[test]
    fn a_misspelt_setting_is_refused() {
        assert!(toml::from_str::<ServerArgs>("lisen = \"0.0.0.0:80\"").is_err());
    }
}
