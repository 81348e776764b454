//! From the download to the start of the supervisor.

use terrane_wire::{Engine, Start, StateSeen};

use super::{
    drive::Run,
    fetch::{Fetched, fetch},
    lock_file,
    prepare::{Prepared, Sources, prepare},
    process::Supervisor,
    verdict::{Verdict, of_early_end},
};
use crate::{
    client::{AWAY_MAX, Backoff},
    engines::hex,
};

/// Makes everything ready and starts the supervisor; that of an apply only with the server's leave. With an error nothing
/// of the engine was executed, nor will be.
pub(super) async fn begin(run: &Run) -> Result<Supervisor, Verdict> {
    let ready = tokio::select! {
        ready = make_ready(run) => ready,
        () = run.ending.wait(|_| true) => return Err(of_early_end(run.ending.asked())),
    };
    let (fetched, prepared) = ready.map_err(Verdict::errored)?;
    for note in &prepared.notes {
        run.pump.line(note);
    }
    // From here to the end: an apply that the server has noted as started, and that was not, could never be.
    let _starting = run.starting.lock().await;
    if run.job.apply().is_some() {
        let call = start_of(run, fetched, &prepared).await.map_err(Verdict::errored)?;
        let allowed = tokio::select! {
            allowed = may_start(run, &call) => allowed,
            () = run.ending.wait(|_| true) => return Err(of_early_end(run.ending.asked())),
        };
        allowed.map_err(Verdict::errored)?;
    }
    // Noted first: the engine may have ended when a later process of the agent looks.
    run.pump.output(run.phase_name());
    Supervisor::start(&run.context.settings.supervisor, &run.folder, &prepared.attempt)
        .map_err(|error| Verdict::errored(format!("failed to start the supervisor: {error}")))
}

async fn make_ready(run: &Run) -> Result<(Fetched, Prepared), String> {
    let context = &run.context;
    let Some(engine) = run.engine() else { return Err(not_installed(&run.job.engine)) };
    let fetched =
        fetch(&context.connection, &run.job, &run.folder).await.map_err(|error| error.to_string())?;
    let sources = Sources {
        settings: &context.settings,
        host: &context.host,
        cli_config: &context.cli_config,
        engine: &engine,
        packages: &context.packages,
        token: &run.token,
    };
    let prepared = prepare(&run.job, &run.folder, sources).map_err(|error| error.to_string())?;
    Ok((fetched, prepared))
}

/// Names what lies on the disk, as this agent has hashed it.
async fn start_of(run: &Run, fetched: Fetched, prepared: &Prepared) -> Result<Start, String> {
    let state = run.job.state.as_ref().zip(fetched.state_sha256);
    Ok(Start {
        lease_epoch: run.job.lease_epoch,
        nonce: hex(&rand::random::<[u8; 16]>()),
        plan_file_sha256: fetched.plan_file_sha256.ok_or("there is no plan file to apply")?,
        configuration_sha256: fetched.configuration_sha256,
        lock_file_sha256: lock_file::sha256(&run.folder, &prepared.lock_file)?,
        engine_sha256: run.engine_sha256().await,
        state: state.map(|(source, sha256)| StateSeen { id: source.id.clone(), sha256 }),
    })
}

/// Repeats the same call until it is answered: a lost answer may have been a yes, and the nonce says that this is the
/// same start.
async fn may_start(run: &Run, call: &Start) -> Result<(), String> {
    let mut backoff = Backoff::new();
    let ask = async {
        loop {
            match run.context.connection.start(&run.job.id, call).await {
                Ok(()) => return Ok(()),
                Err(error) if error.is_final() => return Err(refusal(&error.reason())),
                Err(error) => {
                    tracing::warn!(job = run.job.id, %error, "failed to ask for the start of an apply, trying again");
                    backoff.wait().await;
                }
            }
        }
    };
    let late = |_| Err("the apply was not started: the server could not be asked".to_owned());
    tokio::time::timeout(AWAY_MAX, ask).await.unwrap_or_else(late)
}

/// The server's word; what it is about may go without saying there.
fn refusal(reason: &str) -> String {
    if reason.starts_with("the apply") {
        reason.to_owned()
    } else {
        format!("the apply was not started: {reason}")
    }
}

fn not_installed(engine: &Engine) -> String {
    format!("{} {} is not installed on the agent", engine.kind, engine.version)
}
