//! The agent: says hello, goes on with what it holds, then claims, runs, and claims again.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use terrane_wire::{Claim, Hello, Job, VERSION, Welcome, instance_of};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::{
    client::{Backoff, Client, Connection},
    engine::{HostEnvironment, OperatorCliConfig},
    engines::hex,
    error::AgentError,
    heart::Heart,
    identity::WorkDir,
    job::{Adopted, Context, find_held, holding_now, run_adopted, run_claimed},
    known_engines::KnownEngines,
    packages::PackageStore,
    settings::Settings,
};

/// How long the server may hold a claim.
const CLAIM_WAIT_MS: u64 = 20_000;
/// A server that answers at once is not asked again at once.
const PAUSE: Duration = Duration::from_millis(100);
/// A claim that is under way when the agent is stopped may bring a job within this time.
const LAST_CLAIM: Duration = Duration::from_millis(500);

/// Runs jobs until the token is cancelled. Then nothing more is claimed, and this returns soon; what runs goes on under
/// its supervisor and is adopted by the next agent on the same work directory.
///
/// # Errors
///
/// Says what is wrong with the settings, or why the server does not want this agent; once jobs can be claimed nothing
/// ends this but the token.
pub async fn run(
    settings: Settings,
    engines: impl Into<KnownEngines>,
    client: Client,
    stop: CancellationToken,
) -> Result<(), AgentError> {
    let work_dir = WorkDir::take(&settings.work_dir)?;
    let cli_config = OperatorCliConfig::read(settings.engine_cli_config.as_deref())?;
    let engines = engines.into();
    let current = engines.current();
    // Takes a while, and is needed only when the first run is over.
    tokio::task::spawn_blocking(move || current.iter().for_each(|engine| drop(engine.sha256())));
    let failed = |error| AgentError::WorkDir { path: settings.work_dir.clone(), error };
    let held = find_held(&settings.work_dir).map_err(failed)?;
    let packages = PackageStore::open(&settings.work_dir).map_err(failed)?;
    let connection = Connection::new(client, settings.token.clone());
    let heart = Heart::start(connection.separate()?).map_err(AgentError::Heart)?;
    let hello = Hello {
        version: VERSION,
        agent_id: work_dir.agent_id(),
        agent_name: settings.name.clone(),
        agent_instance: instance_of(
            work_dir.count_process().map_err(failed)?,
            &hex(&rand::random::<[u8; 8]>()),
        ),
        holding: held.iter().map(Adopted::held).collect(),
    };
    let Some(welcome) = stop.run_until_cancelled(greet(&connection, &hello)).await.transpose()? else {
        return Ok(());
    };
    work_dir.keep_agent_id(&welcome.agent_id).map_err(failed)?;
    let adopted = without_lost(held, &welcome).await;
    let claim = Claim {
        version: VERSION,
        agent_id: welcome.agent_id,
        agent_instance: hello.agent_instance,
        engines: Vec::new(),
        wait_ms: CLAIM_WAIT_MS,
    };
    let host = HostEnvironment::read();
    let context = Arc::new(Context { settings, engines, connection, heart, host, cli_config, packages });
    work(&context, &claim, adopted, &stop).await;
    Ok(())
}

/// Says hello until the server answers.
async fn greet(connection: &Connection, hello: &Hello) -> Result<Welcome, AgentError> {
    let mut backoff = Backoff::new();
    loop {
        match connection.hello(hello).await {
            Ok(welcome) => return Ok(welcome),
            Err(error) if error.is_unwelcome() => return Err(AgentError::Refused(error.reason())),
            Err(error) => {
                tracing::warn!(%error, "failed to say hello to the server, trying again");
                backoff.wait().await;
            }
        }
    }
}

/// Ends what is nobody's any more; what is left goes on.
async fn without_lost(held: Vec<Adopted>, welcome: &Welcome) -> Vec<Adopted> {
    let (lost, adopted): (Vec<_>, Vec<_>) =
        held.into_iter().partition(|job| welcome.lost.contains(&job.held().job_id));
    for job in &lost {
        tracing::warn!(
            job = job.held().job_id,
            "a job that was left running is ended: it is nobody's any more"
        );
    }
    let _ = tokio::task::spawn_blocking(move || lost.iter().for_each(Adopted::end)).await;
    adopted
}

/// One task for each slot. Jobs that were adopted take slots; where they are more, they run all the same.
async fn work(context: &Arc<Context>, claim: &Claim, adopted: Vec<Adopted>, stop: &CancellationToken) {
    let slots = context.settings.slots.max(1);
    let mut adopted = adopted.into_iter();
    let mut running = JoinSet::new();
    for _ in 0..slots {
        running.spawn(slot(context.clone(), claim.clone(), adopted.next(), stop.clone()));
    }
    for job in adopted {
        running.spawn(go_on(context.clone(), job, stop.clone()));
    }
    while running.join_next().await.is_some() {}
}

/// Says hello once more: the server has forgotten this agent, as after its database was restored.
async fn greet_again(context: &Context, claim: &mut Claim) -> Result<(), AgentError> {
    let hello = Hello {
        version: VERSION,
        agent_id: Some(claim.agent_id.clone()),
        agent_name: context.settings.name.clone(),
        agent_instance: claim.agent_instance.clone(),
        holding: holding_now(&context.settings.work_dir),
    };
    // What it calls lost is ended by its own heartbeats.
    claim.agent_id = greet(&context.connection, &hello).await?.agent_id;
    Ok(())
}

async fn slot(context: Arc<Context>, mut claim: Claim, adopted: Option<Adopted>, stop: CancellationToken) {
    if let Some(job) = adopted {
        go_on(context.clone(), job, stop.clone()).await;
    }
    while !stop.is_cancelled() {
        let Some(job) = next_job(&context, &mut claim, &stop).await else { return };
        let job_id = job.id.clone();
        tracing::info!(job = job_id, run = job.run_id, engine = %job.engine.kind, "a job starts");
        // A task of its own, so that a mistake in one job cannot end the slot.
        if let Err(error) = tokio::spawn(run_claimed(context.clone(), job, stop.clone())).await {
            tracing::error!(job = job_id, %error, "a job was not finished");
        }
    }
}

async fn go_on(context: Arc<Context>, job: Adopted, stop: CancellationToken) {
    let job_id = job.held().job_id;
    tracing::info!(job = job_id, "a job of an earlier agent process is adopted");
    if let Err(error) = tokio::spawn(run_adopted(context, job, stop)).await {
        tracing::error!(job = job_id, %error, "a job was not finished");
    }
}

/// Asks until there is a job; `None` when the agent is stopped.
async fn next_job(context: &Context, claim: &mut Claim, stop: &CancellationToken) -> Option<Job> {
    let mut backoff = Backoff::new();
    let stopped = async {
        stop.cancelled().await;
        tokio::time::sleep(LAST_CLAIM).await;
    };
    tokio::pin!(stopped);
    while !stop.is_cancelled() {
        let asked_at = Instant::now();
        claim.engines = context.engines.current().iter().map(|found| found.engine.clone()).collect();
        let answer = tokio::select! {
            answer = context.connection.claim(&*claim) => answer,
            () = &mut stopped => return None,
        };
        match answer {
            Ok(Some(job)) => return Some(job),
            Ok(None) => {
                backoff = Backoff::new();
                if asked_at.elapsed() < PAUSE {
                    let _ = stop.run_until_cancelled(tokio::time::sleep(PAUSE)).await;
                }
            }
            Err(error) => {
                tracing::warn!(%error, "failed to ask for a job, trying again");
                if error.is_unknown() {
                    let again = greet_again(context, claim);
                    if let Some(Err(error)) = stop.run_until_cancelled(again).await {
                        tracing::warn!(%error, "failed to say hello once more");
                    }
                }
                let _ = stop.run_until_cancelled(backoff.wait()).await;
            }
        }
    }
    None
}
