//! `terrane server`.

use crate::cli::{SandboxLevel, ServerArgs, TlsKind};
use crate::signals::Signals;
use crate::times;
use anyhow::{Context, anyhow, bail};
use camino::{Utf8Path, Utf8PathBuf};
use std::process::ExitCode;
use terrane_agent::SandboxDemand;
use terrane_server::clock::Clock;
use terrane_server::config::{Config, Limits};
use terrane_server::platform::tls::{AUTHORITY_FILE, Tls};
use terrane_server::{Passed, Server};

/// Where everything is kept unless said otherwise.
pub const DATA_DIR: &str = "terrane-data";

/// Runs until SIGTERM or SIGINT.
pub async fn run(args: ServerArgs) -> anyhow::Result<ExitCode> {
    let config = config(args)?;
    let mut signals = Signals::listen()?;
    let server = Server::start_on(passed()?, config, Clock::default()).await?;
    tracing::info!(address = %server.address, public_url = server.app.public_url, "ready");
    let config = &server.app.config;
    if config.tls == Some(Tls::SelfSigned) {
        let authority = config.data_dir.join(AUTHORITY_FILE);
        tracing::info!("clients on this machine trust this server after: export SSL_CERT_FILE={authority}");
    }
    let signal = signals.asked_to_end().await;
    tracing::info!("stopping: {signal}");
    server.stop().await;
    Ok(ExitCode::SUCCESS)
}

/// What the service manager passes (`LISTEN_FDS`): the API's listener, and after it that of the metrics.
fn passed() -> anyhow::Result<Passed> {
    let mut listeners = listenfd::ListenFd::from_env();
    let mut next = |index| {
        if index >= listeners.len() {
            return Ok(None);
        }
        listeners.take_tcp_listener(index).with_context(|| {
            format!(
                "cannot listen on socket {index} of LISTEN_FDS; pass TCP sockets with ListenStream=HOST:PORT"
            )
        })
    };
    Ok(Passed { api: next(0)?, metrics: next(1)? })
}

/// The settings of a file. Its lines may hold passwords, so an error names the line and does not show it.
fn read_file(path: &Utf8Path) -> anyhow::Result<ServerArgs> {
    let text = std::fs::read_to_string(path).with_context(|| {
        format!("cannot read the configuration file {path}; name one that exists with --config FILE")
    })?;
    toml::from_str(&text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let index = before.matches('\n').count();
        let setting = text.lines().nth(index).and_then(setting_of).unwrap_or_default();
        let (line, what) = (index + 1, error.message());
        anyhow!(
            "cannot use the configuration file {path}: line {line}{setting}: {what}; \
             `terrane server --help` lists the settings"
        )
    })
}

/// The name before the first `=` of a line, if it can be nothing but a name.
fn setting_of(line: &str) -> Option<String> {
    let name = line.split_once('=')?.0.trim();
    let is_name = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    (is_name && !name.is_empty()).then(|| format!(" ({name})"))
}

fn config(args: ServerArgs) -> anyhow::Result<Config> {
    let args = match &args.config {
        Some(path) => {
            let file = read_file(path)?;
            args.or(file)
        }
        None => args,
    };
    let mut limits = Limits::default();
    times::set(&mut limits, &args)?;
    let mut config = Config::new(args.data_dir.unwrap_or_else(|| Utf8PathBuf::from(DATA_DIR)));
    config.limits = limits;
    config.limits.requests_per_second = args.rate_limit.unwrap_or(config.limits.requests_per_second);
    config.limits.run_lists_per_minute = args.run_list_limit.unwrap_or(config.limits.run_lists_per_minute);
    config.listen = args.listen.unwrap_or(config.listen);
    config.tls = tls(args.tls, args.tls_cert, args.tls_key)?;
    config.public_url = args.public_url.map(public_url).transpose()?;
    config.database_url = args.database_url;
    config.blob_url = args.blob_url;
    config.encryption_key_file = args.encryption_key_file;
    config.agent_slots = args.agent_slots.unwrap_or(config.agent_slots);
    config.metrics_listen = args.metrics_listen;
    config.engine_paths = args.engine_path;
    config.engine_cli_config = args.engine_cli_config;
    config.sandbox = match args.sandbox {
        Some(SandboxLevel::Full) => SandboxDemand::Full,
        Some(SandboxLevel::BestEffort) | None => SandboxDemand::BestEffort,
    };
    absolute(config)
}

/// Neither half of a pair is left aside in silence.
fn tls(
    kind: Option<TlsKind>,
    certificate: Option<Utf8PathBuf>,
    key: Option<Utf8PathBuf>,
) -> anyhow::Result<Option<Tls>> {
    match (kind, certificate, key) {
        (None | Some(TlsKind::Off), None, None) => Ok(None),
        (Some(TlsKind::SelfSigned), None, None) => Ok(Some(Tls::SelfSigned)),
        (None, Some(certificate), Some(key)) => Ok(Some(Tls::Files { certificate, key })),
        (Some(_), ..) => bail!("--tls goes without --tls-cert and --tls-key; leave out what is not meant"),
        (None, Some(_), None) => bail!("the TLS certificate has no key; name it with --tls-key FILE"),
        (None, None, Some(_)) => bail!("the TLS key has no certificate; name it with --tls-cert FILE"),
    }
}

/// Every URL the API answers begins with it, so a slip would only show in clients.
pub fn public_url(text: String) -> anyhow::Result<String> {
    let is_usable = |url: &reqwest::Url| ["http", "https"].contains(&url.scheme()) && url.query().is_none();
    if reqwest::Url::parse(&text).is_ok_and(|url| is_usable(&url)) {
        return Ok(text);
    }
    bail!(
        "cannot use the public URL {text:?}: it must look like https://terrane.example; set it with --public-url URL"
    )
}

/// Jobs run in other working directories, so every path is made absolute once.
fn absolute(mut config: Config) -> anyhow::Result<Config> {
    std::fs::create_dir_all(&config.data_dir).with_context(|| {
        format!("cannot use the data directory {}; name a writable one with --data-dir DIR", config.data_dir)
    })?;
    config.data_dir = config.data_dir.canonicalize_utf8()?;
    for path in &mut config.engine_paths {
        *path = engine_path(path)?;
    }
    if let Some(path) = &mut config.engine_cli_config {
        *path = path.canonicalize_utf8().with_context(|| {
            format!(
                "cannot use the engines' CLI configuration {path}; name one that exists with --engine-cli-config FILE"
            )
        })?;
    }
    Ok(config)
}

/// The absolute path of an engine a person named.
pub fn engine_path(path: &Utf8Path) -> anyhow::Result<Utf8PathBuf> {
    path.canonicalize_utf8().with_context(|| {
        format!("cannot use the engine {path}; name a program that exists with --engine-path FILE")
    })
}
