//! `terrane agent`.

use crate::cli::{AgentArgs, SandboxLevel};
use crate::signals::Signals;
use crate::times;
use anyhow::{Context, bail};
use camino::{Utf8Path, Utf8PathBuf};
use secrecy::SecretString;
use std::io::Read;
use std::process::ExitCode;
use terrane_agent::{Client, EnginePlaces, KnownEngines, SandboxDemand, Settings};
use tokio_util::sync::CancellationToken;

/// A token is far shorter.
const TOKEN_FILE_BYTES_MAX: u64 = 64 * 1024;
/// The names of a machine are there.
const HOST_NAME: &str = "/proc/sys/kernel/hostname";
/// Memory of one run's engine and all that it starts.
const MEMORY_BYTES_MAX: u64 = 4 << 30;
/// Processes and threads of one run.
const PROCESSES_MAX: u64 = 4096;

/// Runs until SIGTERM or SIGINT. Jobs that are under way are left to the next agent on the same work directory.
pub async fn run(args: AgentArgs) -> anyhow::Result<ExitCode> {
    let mut signals = Signals::listen()?;
    let client = Client::http(&args.server).context("cannot use the address after --server")?;
    let settings = settings(args)?;
    let found = find_engines(&settings).await?;
    let stop = CancellationToken::new();
    let stopped = stop.clone();
    let running = tokio::spawn(terrane_agent::run(settings, found, client, stopped));
    tokio::spawn(async move {
        let signal = signals.asked_to_end().await;
        tracing::info!("stopping: {signal}; jobs that run are left to the next agent");
        stop.cancel();
    });
    running.await??;
    Ok(ExitCode::SUCCESS)
}

/// Jobs run in other working directories, so every path is made absolute once.
fn settings(args: AgentArgs) -> anyhow::Result<Settings> {
    let work_dir = &args.work_dir;
    std::fs::create_dir_all(work_dir).with_context(|| {
        format!("cannot use the work directory {work_dir}; name a writable one with --work-dir DIR")
    })?;
    let absolute = |path: &Utf8Path, flag: &str| {
        path.canonicalize_utf8()
            .with_context(|| format!("cannot use {path}; name a file that exists with {flag} FILE"))
    };
    let work_dir = work_dir.canonicalize_utf8()?;
    let engine_paths =
        args.engine_path.iter().map(|path| absolute(path, "--engine-path")).collect::<anyhow::Result<_>>()?;
    let engine_cli_config = match &args.engine_cli_config {
        Some(path) => Some(absolute(path, "--engine-cli-config")?),
        None => None,
    };
    Ok(Settings {
        engine_dir: work_dir.join("engines"),
        work_dir,
        supervisor: Utf8PathBuf::try_from(std::env::current_exe()?)?,
        engine_paths,
        engine_cli_config,
        slots: args.slots.into(),
        sandbox: match args.sandbox {
            SandboxLevel::Full => SandboxDemand::Full,
            SandboxLevel::BestEffort => SandboxDemand::BestEffort,
        },
        memory_bytes_max: MEMORY_BYTES_MAX,
        processes_max: PROCESSES_MAX,
        snapshot_interval: times::snapshot_interval(args.snapshot_interval)?,
        name: args.name.unwrap_or_else(host_name),
        token: read_token(&args.token_file)?,
    })
}

fn host_name() -> String {
    let name = std::fs::read_to_string(HOST_NAME).unwrap_or_default();
    let name = name.trim();
    if name.is_empty() { "agent".to_owned() } else { name.to_owned() }
}

/// The file's content is never shown.
fn read_token(path: &Utf8Path) -> anyhow::Result<SecretString> {
    let mut text = String::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(TOKEN_FILE_BYTES_MAX).read_to_string(&mut text))
        .with_context(|| {
            format!("cannot read the token file {path}; name one that exists with --token-file FILE")
        })?;
    let token = text.trim();
    if token.is_empty() || token.contains(|letter: char| !letter.is_ascii_graphic()) {
        bail!("the file {path} holds no token; `terrane admin agent-token` makes one");
    }
    Ok(SecretString::from(token))
}

async fn find_engines(settings: &Settings) -> anyhow::Result<KnownEngines> {
    let found = KnownEngines::follow(EnginePlaces {
        explicit: settings.engine_paths.clone(),
        folder: settings.engine_dir.clone(),
        search_path: std::env::var_os("PATH"),
    })
    .await;
    if found.current().is_empty() {
        bail!(
            "no engine: `terrane engine install latest --data-dir {}` installs one; or put tofu or terraform on the \
             PATH, or name the program with --engine-path FILE",
            settings.work_dir
        );
    }
    Ok(found)
}
