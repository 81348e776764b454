//! `terrane engine …`: the engines of a server or an agent.

use crate::progress_bar::ProgressBar;
use crate::server::DATA_DIR;
use anyhow::Context;
use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args, Subcommand, ValueEnum};
use std::process::ExitCode;
use terrane_agent::catalogue::{CatalogueLimits, Installer, Origin, Releases, TrustedKeys, Wish};
use terrane_agent::{EngineKind, engines};

#[derive(Debug, Subcommand)]
pub enum EngineCommand {
    /// Show which engines a server or agent with this directory finds: kind, version, program and where it came from
    List(ListArgs),
    /// Install a version beside those that are there. A server or agent that runs finds it within half a minute.
    ///
    /// A release is used only if its checksums are signed by a trusted key and its archive has the checksum that was
    /// signed. With --build it is built from its Go module instead, which Go checks against its own checksum database.
    Install(Box<InstallArgs>),
}

#[derive(Debug, Args)]
pub struct ListArgs {
    #[command(flatten)]
    folder: FolderArgs,
}

#[derive(Debug, Args)]
struct FolderArgs {
    /// The server's data directory, or an agent's work directory [default: ./terrane-data]
    #[arg(long, env = "TERRANE_DATA_DIR", value_name = "DIR")]
    data_dir: Option<Utf8PathBuf>,
}

impl FolderArgs {
    fn engines(&self) -> Utf8PathBuf {
        self.data_dir.as_deref().unwrap_or(Utf8Path::new(DATA_DIR)).join("engines")
    }
}

#[derive(Debug, Args)]
pub struct InstallArgs {
    /// Such as 1.12.6, `latest`, or a constraint as a workspace has it: '~> 1.12.0', '>= 1.5, < 2'
    #[arg(value_name = "VERSION")]
    wanted: String,
    /// Which engine
    #[arg(long, value_enum, default_value_t = Kind::Tofu)]
    engine: Kind,
    #[command(flatten)]
    folder: FolderArgs,
    /// Build it from its Go module with the Go on this machine, which takes some minutes
    #[arg(long, conflicts_with_all = ["engine_releases", "engine_keys"])]
    build: bool,
    /// The Go program for --build
    #[arg(long, env = "TERRANE_GO", value_name = "FILE", default_value = "go", hide_default_value = true)]
    go: Utf8PathBuf,
    /// A mirror of the engine's releases: api.json and v1.12.6/… of OpenTofu, index.json and 1.5.7/… of Terraform
    /// [default: the publisher's own]
    #[arg(long, env = "TERRANE_ENGINE_RELEASES", value_name = "URL")]
    engine_releases: Option<String>,
    /// A folder of OpenPGP keys (*.asc, *.gpg, *.pgp) whose signatures are believed, and no others
    /// [default: the publisher's own key, which comes with this program]
    #[arg(long, env = "TERRANE_ENGINE_KEYS", value_name = "DIR")]
    engine_keys: Option<Utf8PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    Tofu,
    Terraform,
}

impl From<Kind> for EngineKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Tofu => Self::Tofu,
            Kind::Terraform => Self::Terraform,
        }
    }
}

/// Runs one of the commands.
pub async fn run(command: EngineCommand) -> anyhow::Result<ExitCode> {
    match command {
        EngineCommand::List(args) => list(args).await,
        EngineCommand::Install(args) => install(*args).await,
    }
}

#[expect(clippy::print_stdout, reason = "the list is this command's output")]
async fn list(args: ListArgs) -> anyhow::Result<ExitCode> {
    let folder = args.folder.engines();
    let path = std::env::var_os("PATH");
    let looked_in = folder.clone();
    let found =
        tokio::task::spawn_blocking(move || engines::discover(&[], &looked_in, path.as_deref())).await?;
    if found.is_empty() {
        println!("no engine in {folder} or on the PATH; `terrane engine install latest` installs one");
    }
    for engine in found {
        let origin = match Installer::origin(&engine.path) {
            Some(Origin::Release { signed_by, .. }) => format!("release, signed by {signed_by}"),
            Some(Origin::GoModule { module, .. }) => format!("built from {module}"),
            None => "found".to_owned(),
        };
        let terrane_agent::Engine { kind, version } = &engine.engine;
        println!("{kind:<10} {version:<16} {}  ({origin})", engine.path);
    }
    Ok(ExitCode::SUCCESS)
}

#[expect(clippy::print_stdout, reason = "what was installed is this command's output")]
async fn install(args: InstallArgs) -> anyhow::Result<ExitCode> {
    let kind = EngineKind::from(args.engine);
    let folder = args.folder.engines();
    std::fs::create_dir_all(&folder)
        .and_then(|()| folder.canonicalize_utf8().map(drop))
        .with_context(|| format!("cannot use {folder}; name a writable directory with --data-dir DIR"))?;
    let installer = Installer {
        folder: folder.canonicalize_utf8()?,
        releases: match &args.engine_releases {
            Some(url) => Releases::at(kind, url),
            None => Releases::official(kind),
        },
        keys: match &args.engine_keys {
            Some(folder) => TrustedKeys::of_folder(folder)
                .context("cannot use the keys; name a folder of them with --engine-keys DIR")?,
            None => TrustedKeys::built_in(kind),
        },
        limits: CatalogueLimits::default(),
    };
    let wish = Wish { kind, version: args.wanted, go: args.build.then_some(args.go) };
    let progress = ProgressBar::new();
    let installed = tokio::select! {
        installed = installer.install(&wish, &progress) => installed?,
        // Everything unfinished is removed when the install is dropped.
        _ = tokio::signal::ctrl_c() => anyhow::bail!("interrupted; nothing was installed"),
    };
    let how = if installed.was_there { "is there already" } else { "installed" };
    println!("{} {} {how}: {}", kind.title(), installed.engine.version, installed.program);
    Ok(ExitCode::SUCCESS)
}
