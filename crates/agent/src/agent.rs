//! The slots: claim, run, claim again.

use std::{
    fs::DirBuilder,
    os::unix::fs::DirBuilderExt,
    sync::Arc,
    time::{Duration, Instant},
};

use terrane_wire::{Claim, Job, VERSION};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::{
    client::{Backoff, Client, Connection},
    engine::{HostEnvironment, OperatorCliConfig},
    engines::{FoundEngine, hex},
    error::AgentError,
    job::{Context, run_job},
    settings::Settings,
};

/// How long the server may hold a claim.
const CLAIM_WAIT_MS: u64 = 20_000;
/// A server that answers at once is not asked again at once.
const PAUSE: Duration = Duration::from_millis(100);

/// Runs jobs until the token is cancelled. Then nothing more is claimed, and what runs is ended and reported
/// as such.
///
/// # Errors
///
/// Says what is wrong with the settings; once jobs can be claimed nothing ends this but the token.
pub async fn run(
    settings: Settings,
    engines: Vec<FoundEngine>,
    client: Client,
    stop: CancellationToken,
) -> Result<(), AgentError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&settings.work_dir)
        .map_err(|error| AgentError::WorkDir { path: settings.work_dir.clone(), error })?;
    let cli_config = OperatorCliConfig::read(settings.engine_cli_config.as_deref())?;
    for engine in engines.clone() {
        // Takes a while, and is needed only when the first run is over.
        tokio::task::spawn_blocking(move || engine.sha256());
    }
    let claim = Claim {
        version: VERSION,
        agent_name: settings.name.clone(),
        agent_instance: hex(&rand::random::<[u8; 16]>()),
        engines: engines.iter().map(|found| found.engine.clone()).collect(),
        wait_ms: CLAIM_WAIT_MS,
    };
    let slots = settings.slots.max(1);
    let connection = Connection::new(client, settings.token.clone());
    let context =
        Arc::new(Context { settings, engines, connection, host: HostEnvironment::read(), cli_config });
    let mut running = JoinSet::new();
    for _ in 0..slots {
        running.spawn(slot(context.clone(), claim.clone(), stop.clone()));
    }
    while running.join_next().await.is_some() {}
    Ok(())
}

async fn slot(context: Arc<Context>, claim: Claim, stop: CancellationToken) {
    while let Some(job) = stop.run_until_cancelled(next_job(&context, &claim)).await {
        let job_id = job.id.clone();
        tracing::info!(job = job_id, run = job.run_id, engine = %job.engine.kind, "a job starts");
        // A task of its own, so that a mistake in one job cannot end the slot.
        if let Err(error) = tokio::spawn(run_job(context.clone(), job, stop.clone())).await {
            tracing::error!(job = job_id, %error, "a job was not finished");
        }
    }
}

async fn next_job(context: &Context, claim: &Claim) -> Job {
    let mut backoff = Backoff::new();
    loop {
        let asked_at = Instant::now();
        match context.connection.claim(claim).await {
            Ok(Some(job)) => return job,
            Ok(None) => {
                backoff = Backoff::new();
                if asked_at.elapsed() < PAUSE {
                    tokio::time::sleep(PAUSE).await;
                }
            }
            Err(error) => {
                tracing::warn!(%error, "failed to ask for a job, trying again");
                backoff.wait().await;
            }
        }
    }
}
