//! What a phase has come to, told to the server.

use std::{
    io,
    sync::{Arc, atomic::Ordering},
};

use camino::Utf8PathBuf;
use terrane_wire::{Outcome, Report, Task};
use tokio_util::task::AbortOnDropHandle;

use super::{
    artefacts::{self, Artefacts},
    drive::Run,
    ending::Why,
    folder::Folder,
    inside::open_inside,
    kept::keep_report,
    lock_file, packages,
    prepare::module_of,
    secrets,
    states::{ForwardError, Forwarder},
    verdict::{Failure, Verdict, is_state_uncertain, judge},
};
use crate::{
    client::{AWAY_MAX, Backoff},
    log::engine_bytes_max,
    supervisor::record::Exit,
};
use terrane_wire::Stop;

/// How far a phase came.
pub(super) enum Phase {
    /// Nothing of the engine was executed.
    NotStarted(Verdict),
    /// It ran, to this end; `None` when the supervisor was killed and nobody knows.
    Ran(Option<Exit>),
    /// It may have run.
    Unknown(String),
}

impl Phase {
    pub(super) fn refused(reason: String) -> Self {
        Self::NotStarted(Verdict::errored(reason))
    }

    pub(super) fn unknown(reason: String) -> Self {
        Self::Unknown(reason)
    }
}

/// The states on their way, of an apply.
pub(super) type States = Option<AbortOnDropHandle<Result<u64, ForwardError>>>;

/// Begins to forward what an apply writes.
pub(super) fn forward_states(run: &Run) -> States {
    run.job.apply()?;
    let connection = run.context.connection.clone();
    let forwarder = Forwarder::new(connection, &run.job, &run.folder, run.phase_ended.clone());
    Some(AbortOnDropHandle::new(tokio::spawn(forwarder.run())))
}

/// Stores what the phase left, and says how it ended. `None` when the job is no longer this agent's, or the server was
/// away for too long.
pub(super) async fn conclude(run: &Run, phase: Phase, states: States) -> Option<Report> {
    let concluded = async {
        let mut report = empty(&run.job, Outcome::Canceled);
        let verdict = match run.job.task {
            Task::Plan(_) => of_plan(run, phase, &mut report).await,
            Task::Apply(_) => of_apply(run, phase, states, &mut report).await,
        };
        if let Verdict::Errored(failure) = &verdict {
            if let Some(step) = failure.output_of {
                run.pump.output(step.as_str());
            }
            if !failure.is_told {
                run.pump.line(failure.reason.clone());
            }
        }
        report.outcome = verdict.outcome();
        // A log that cannot be flushed is one of a lost lease.
        report.log_size_bytes = run.pump.flush().await.ok()?;
        Some(report)
    };
    let report = match tokio::time::timeout(AWAY_MAX, concluded).await {
        Ok(Some(report)) => report,
        Ok(None) => {
            // The heart hears of it, too, but may be later: whoever is first removes what nobody wants.
            run.abandon().await;
            return None;
        }
        Err(_) => {
            tracing::error!(job = run.job.id, folder = %run.folder.root(), "the server was away for too long");
            return None;
        }
    };
    if let Err(error) = keep_report(&run.folder, &report) {
        tracing::warn!(job = run.job.id, %error, "failed to keep a report");
    }
    Some(report)
}

/// A report of a job that left nothing.
fn empty(job: &terrane_wire::Job, outcome: Outcome) -> Report {
    Report {
        lease_epoch: job.lease_epoch,
        outcome,
        log_size_bytes: 0,
        counts: None,
        plan_file: None,
        plan_json: None,
        redacted_json: None,
        provider_schemas: None,
        lock_file: None,
        engine_sha256: None,
        is_lost: false,
        states_written: 0,
        is_state_uncertain: false,
        errored_state: None,
    }
}

const WITHHELD: &str =
    "the plan has more secrets than can be told apart, so its redacted form hides every value";
const LOST: &str = "the supervisor of the run was killed; what the engine did is unknown";

/// What the phase came to, without what it left.
fn verdict_of(run: &Run, phase: &Phase) -> Verdict {
    let exit = match phase {
        Phase::NotStarted(verdict) => return verdict.clone(),
        Phase::Unknown(reason) => return Verdict::errored(reason),
        Phase::Ran(None) => return Verdict::errored(LOST),
        Phase::Ran(Some(exit)) => exit,
    };
    // An engine that was quick may have ended before its output was seen to be too long.
    let printed = run.folder.log(run.phase_name()).metadata().map_or(0, |metadata| metadata.len());
    if printed > engine_bytes_max(run.job.log_bytes_max).saturating_sub(run.job.log_offset) {
        run.ending.ask(Stop::Kill, Why::LogTooLong);
    }
    judge(exit, run.ending.asked(), &run.job)
}

async fn of_plan(run: &Run, phase: Phase, report: &mut Report) -> Verdict {
    let verdict = verdict_of(run, &phase);
    let Task::Plan(task) = &run.job.task else { return verdict };
    if matches!(phase, Phase::NotStarted(_)) {
        return verdict;
    }
    if matches!(phase, Phase::Ran(None)) && run.ending.asked().is_none() {
        report.is_lost = true;
        return verdict;
    }
    report.engine_sha256 = run.engine_sha256().await;
    let known = secrets::in_plans(&run.job, &run.token);
    let upload =
        || artefacts::upload(&run.context.connection, &run.folder, &run.job.engine, &task.uploads, &known);
    let (verdict, stored) = match verdict {
        Verdict::Canceled => (Verdict::Canceled, Artefacts::default()),
        // An errored plan may still have shown what it found.
        Verdict::Errored(failure) => {
            let is_shown = failure.output_of.is_none() && is_shown(&run.folder);
            let stored = if is_shown { upload().await.unwrap_or_default() } else { Artefacts::default() };
            (Verdict::Errored(failure), stored)
        }
        Verdict::Finished => match upload().await {
            Ok(stored) => (Verdict::Finished, stored),
            Err(error) => (Verdict::errored(error.to_string()), Artefacts::default()),
        },
    };
    if stored.is_withheld {
        run.pump.line(WITHHELD);
    }
    report.counts = stored.counts;
    report.plan_file = stored.plan_file;
    report.plan_json = stored.plan_json;
    report.redacted_json = stored.redacted_json;
    report.provider_schemas = stored.provider_schemas;
    match lock_file_of(run) {
        Ok(text) => report.lock_file = text,
        Err(reason) if verdict == Verdict::Finished => return Verdict::errored(reason),
        Err(_) => {}
    }
    verdict
}

fn lock_file_of(run: &Run) -> Result<Option<String>, String> {
    let place = module_path(run)
        .and_then(|module| lock_file::place(&run.folder, &module).map_err(|error| error.to_string()))?;
    lock_file::read(&run.folder, &place)
}

fn module_path(run: &Run) -> Result<Utf8PathBuf, String> {
    module_of(&run.folder, &run.job.workspace.working_directory).map_err(|error| error.to_string())
}

async fn of_apply(run: &Run, phase: Phase, states: States, report: &mut Report) -> Verdict {
    let mut verdict = verdict_of(run, &phase);
    report.is_state_uncertain = match &phase {
        Phase::NotStarted(_) => false,
        Phase::Unknown(_) | Phase::Ran(None) => true,
        Phase::Ran(Some(exit)) => is_state_uncertain(exit),
    };
    if !matches!(phase, Phase::NotStarted(_)) {
        match errored_state(run).await {
            Ok(None) => {}
            Ok(stored) => {
                report.errored_state = stored;
                report.is_state_uncertain = true;
            }
            Err(reason) => {
                report.is_state_uncertain = true;
                verdict = also(verdict, &reason);
            }
        }
    }
    let Some(states) = states else { return verdict };
    match states.await.map_err(io::Error::other).map_err(ForwardError::from).flatten() {
        Ok(count) => report.states_written = count,
        Err(error) => {
            report.is_state_uncertain = true;
            verdict = also(verdict, &error.to_string());
        }
    }
    verdict
}

/// A failure after the phase makes it errored, if it was not.
fn also(verdict: Verdict, reason: &str) -> Verdict {
    match verdict {
        Verdict::Errored(failure) => {
            let reason = format!("{}; {reason}", failure.reason);
            Verdict::Errored(Failure { reason, is_told: false, ..failure })
        }
        Verdict::Finished | Verdict::Canceled => Verdict::errored(reason),
    }
}

async fn errored_state(run: &Run) -> Result<Option<terrane_wire::Artefact>, String> {
    let Some(task) = run.job.apply() else { return Ok(None) };
    let module = module_path(run)?;
    let root = run.folder.root().canonicalize_utf8().map_err(|error| error.to_string())?;
    let path = module.strip_prefix(&root).unwrap_or(&module).join("errored.tfstate");
    let connection = &run.context.connection;
    artefacts::upload_errored_state(connection, &run.folder, path.as_str(), &task.errored_state)
        .await
        .map_err(|error| error.to_string())
}

fn is_shown(folder: &Folder) -> bool {
    let has_plan = open_inside(folder, "out/plan.tfplan").is_ok();
    has_plan && folder.plan_json().metadata().is_ok_and(|metadata| metadata.len() > 0)
}

/// Sends the report until it is taken, and then removes everything of the job: not before, because it may be all that is
/// left of what an apply wrote.
pub(super) async fn deliver(run: &Run, report: &Report) {
    run.is_reporting.store(true, Ordering::Relaxed);
    let send = async {
        let mut backoff = Backoff::new();
        while let Err(error) = run.context.connection.report(&run.job.id, report).await {
            if error.is_lost() {
                tracing::warn!(job = run.job.id, %error, "the server does not take a report");
                return;
            }
            tracing::warn!(job = run.job.id, %error, "failed to report a job, trying again");
            backoff.wait().await;
        }
    };
    if tokio::time::timeout(AWAY_MAX, send).await.is_err() {
        tracing::error!(job = run.job.id, folder = %run.folder.root(), "the server was away for too long");
        return;
    }
    packages::keep(run).await;
    run.abandon().await;
}

/// Says that a job could not even get a folder.
pub(super) async fn report_without_folder(
    context: &Arc<super::Context>,
    job: &terrane_wire::Job,
    reason: String,
) {
    let outcome = Outcome::Errored { reason };
    let report = Report { log_size_bytes: job.log_offset, ..empty(job, outcome) };
    let mut backoff = Backoff::new();
    let send = async {
        while let Err(error) = context.connection.report(&job.id, &report).await {
            if error.is_final() {
                return;
            }
            backoff.wait().await;
        }
    };
    let _ = tokio::time::timeout(std::time::Duration::from_millis(job.lease_ms), send).await;
}
