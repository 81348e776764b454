//! `terrane demo`: a server, a sample organization, one real plan through the public API, and where to look next.

mod client;
mod sample;
mod show;

use crate::cli::DemoArgs;
use crate::server::engine_path;
use crate::signals::Signals;
use anyhow::{Context, anyhow, bail};
use camino::{Utf8Path, Utf8PathBuf};
use client::Client;
use secrecy::ExposeSecret;
use std::process::ExitCode;
use terrane_server::Server;
use terrane_server::clock::Clock;
use terrane_server::config::Config;
use terrane_server::tokens;

/// The sample organization.
const ORGANIZATION: &str = "demo";

/// Runs the demo.
pub async fn run(args: DemoArgs) -> anyhow::Result<ExitCode> {
    let kept = args.data_dir.is_some();
    let folder = tempfile::Builder::new().prefix("terrane-demo-").tempdir()?;
    let data_dir = match args.data_dir {
        Some(data_dir) => {
            std::fs::create_dir_all(&data_dir).with_context(|| cannot_use(&data_dir))?;
            data_dir.canonicalize_utf8()?
        }
        None => Utf8PathBuf::try_from(folder.path().to_owned())?,
    };
    let mut config = Config::new(data_dir.clone());
    config.listen = args.listen;
    for path in &args.engine_path {
        config.engine_paths.push(engine_path(path)?);
    }
    let mut signals = Signals::listen()?;
    let server = Server::start(config, Clock::default()).await?;
    // Also in mid-plan the server ends cleanly, so that no engine and no folder is left.
    let outcome = tokio::select! {
        outcome = plan(&server) => outcome,
        signal = signals.asked_to_end() => Err(anyhow!("{signal} ended the demo before its plan was finished")),
    };
    if outcome.is_ok() && !args.exit {
        show::waiting(kept.then_some(data_dir.as_str()));
        signals.asked_to_end().await;
    }
    server.stop().await;
    // A run that was not finished would be adopted by the next server, and of a demo there is none.
    let work_dir = data_dir.join("agent");
    tokio::task::spawn_blocking(move || terrane_agent::end_leftovers(&work_dir)).await??;
    Ok(if outcome? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn cannot_use(data_dir: &Utf8Path) -> String {
    format!("cannot use the data directory {data_dir}; name a writable one with --data-dir DIR")
}

/// Makes the plan as any client would. True when it finished.
async fn plan(server: &Server) -> anyhow::Result<bool> {
    if server.app.engines().await.is_empty() {
        bail!(
            "no engine: `terrane engine install latest` installs one; or put tofu or terraform on the PATH, or name the program with --engine-path FILE; \
             `make demo` builds OpenTofu by itself"
        );
    }
    let now = server.app.clock.now();
    let issued =
        tokens::issue_for_name(&server.app.db, "demo", server.app.config.limits.token_life, now).await?;
    let client = Client::new(&server.app.public_url, issued.text.clone())?;
    let organization = client.organization(ORGANIZATION).await?;
    let workspace = client.workspace(&organization, "sample").await?;
    client.sensitive_variable(&workspace, "database_password", "correct horse battery staple").await?;
    let configuration = client.configuration(&workspace, sample::archive()).await?;
    let run = client.run(&workspace, &configuration).await?;
    show::started(&server.app.public_url, &run);
    client.stream_log(&run).await?;
    let plan = client.finished_plan(&run).await?;
    show::result(&server.app.public_url, issued.text.expose_secret(), &run, &plan);
    Ok(plan.status == "finished")
}
