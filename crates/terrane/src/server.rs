//! `terrane server`.

use crate::cli::{SandboxLevel, ServerArgs};
use anyhow::Context;
use camino::Utf8PathBuf;
use std::process::ExitCode;
use terrane_agent::SandboxDemand;
use terrane_server::Server;
use terrane_server::clock::Clock;
use terrane_server::config::Config;
use tokio::signal::unix::{SignalKind, signal};

/// Where everything is kept unless said otherwise.
pub const DATA_DIR: &str = "terrane-data";

/// Runs until SIGTERM or SIGINT.
pub async fn run(args: ServerArgs) -> anyhow::Result<ExitCode> {
    let config = config(args)?;
    let mut terminate = signal(SignalKind::terminate())?;
    let server = Server::start(config, Clock::default()).await?;
    tracing::info!(address = %server.address, public_url = server.app.public_url, "ready");
    tokio::select! {
        _ = terminate.recv() => tracing::info!("stopping: SIGTERM"),
        _ = tokio::signal::ctrl_c() => tracing::info!("stopping: SIGINT"),
    }
    server.stop().await;
    Ok(ExitCode::SUCCESS)
}

fn config(args: ServerArgs) -> anyhow::Result<Config> {
    let args = match &args.config {
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("cannot read the configuration file {path}"))?;
            let file =
                toml::from_str(&text).with_context(|| format!("cannot use the configuration file {path}"))?;
            args.or(file)
        }
        None => args,
    };
    let mut config = Config::new(args.data_dir.unwrap_or_else(|| Utf8PathBuf::from(DATA_DIR)));
    config.listen = args.listen.unwrap_or(config.listen);
    config.public_url = args.public_url;
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

/// Jobs run in other working directories, so every path is made absolute once.
fn absolute(mut config: Config) -> anyhow::Result<Config> {
    std::fs::create_dir_all(&config.data_dir).with_context(|| {
        format!("cannot use the data directory {}; name a writable one with --data-dir DIR", config.data_dir)
    })?;
    config.data_dir = config.data_dir.canonicalize_utf8()?;
    for path in config.engine_paths.iter_mut().chain(config.engine_cli_config.iter_mut()) {
        *path = path.canonicalize_utf8().with_context(|| format!("cannot use {path}"))?;
    }
    Ok(config)
}
