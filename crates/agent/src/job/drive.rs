//! The loop that owns one job: prepares, waits for the phase to end, reports.

use std::{sync::Arc, time::Duration};

use terrane_wire::{Engine, EngineKind, Job, Outcome, Report, Stop};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use super::{
    artefacts::{self, Artefacts},
    ending::{Ending, Why},
    fetch::fetch,
    folder::Folder,
    heartbeat::{Lease, heartbeat},
    inside::open_inside,
    prepare::{Prepared, Sources, prepare},
    process::Supervisor,
    verdict::{Failure, Verdict, judge, of_early_end},
};
use crate::{
    client::{Backoff, Connection},
    engine::{HostEnvironment, OperatorCliConfig},
    engines::{FoundEngine, hex},
    log::{LogLimit, Pump, Scrubber, engine_bytes_max, patterns},
    settings::Settings,
    supervisor::record::Level,
};

/// A server that is being stopped gets this long to take the last report.
const LAST_REPORT: Duration = Duration::from_secs(2);

/// What every job of an agent shares.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) settings: Settings,
    pub(crate) engines: Vec<FoundEngine>,
    pub(crate) connection: Connection,
    pub(crate) host: HostEnvironment,
    pub(crate) cli_config: OperatorCliConfig,
}

/// Everything of one job while it lasts.
struct Run {
    context: Arc<Context>,
    job: Job,
    ending: Ending,
    pump: Pump,
    /// The bearer token of this run's state service.
    token: String,
    /// Set when the job cannot even be begun.
    obstacle: Option<String>,
}

/// Runs one job and reports it. Nothing of it is left when this returns.
pub(crate) async fn run_job(context: Arc<Context>, job: Job, stop: CancellationToken) {
    let ending = Ending::new();
    let beat = heartbeat(context.connection.clone(), job.id.clone(), Lease::of(&job), ending.clone());
    let _heartbeat = AbortOnDropHandle::new(tokio::spawn(beat));
    let _stop = AbortOnDropHandle::new(tokio::spawn({
        let (ending, stop) = (ending.clone(), stop.clone());
        async move {
            stop.cancelled().await;
            ending.ask(Stop::Kill, Why::AgentStopped);
        }
    }));
    let token = hex(&rand::random::<[u8; 24]>());
    let secrets = job.variables.iter().filter(|variable| variable.sensitive);
    let secrets =
        secrets.map(|variable| (variable.value.expose(), variable.hcl)).chain([(token.as_str(), false)]);
    let (scrubber, obstacle) = match Scrubber::new(patterns(secrets)) {
        Ok(scrubber) => (scrubber, None),
        Err(error) => (Scrubber::nothing(), Some(format!("failed to look for the run's secrets: {error}"))),
    };
    let pump = start_pump(&context, &job, scrubber, &ending);
    let run = Run { context, job, ending: ending.clone(), pump, token, obstacle };
    tokio::select! {
        () = run.whole(&stop) => {}
        // Whoever has the lease now reports; here everything is already being ended.
        () = ending.wait(|asked| asked.why == Why::LeaseLost) => run.abandon().await,
    }
}

fn start_pump(context: &Context, job: &Job, scrubber: Scrubber, ending: &Ending) -> Pump {
    let exceeded = {
        let ending = ending.clone();
        Box::new(move || ending.ask(Stop::Kill, Why::LogTooLong))
    };
    let limit = LogLimit { bytes_max: job.log_bytes_max, exceeded };
    Pump::start(context.connection.clone(), (job.id.clone(), job.lease_epoch), scrubber, limit)
}

impl Run {
    async fn whole(&self, stop: &CancellationToken) {
        let folder = match Folder::create(&self.context.settings.work_dir, &self.job.id) {
            Ok(folder) => folder,
            Err(error) => {
                let reason = format!("the agent failed to make a folder for the run: {error}");
                self.report(Verdict::errored(reason), Artefacts::default(), None, stop).await;
                return;
            }
        };
        let mut supervisor = None;
        let (verdict, lock_file) = self.phase(&folder, &mut supervisor).await;
        let mut artefacts = Artefacts::default();
        let verdict = match verdict {
            Verdict::Canceled => Verdict::Canceled,
            // An errored plan may still have shown what it found.
            Verdict::Errored(failure) => {
                if failure.output_of.is_none() && is_shown(&folder) {
                    artefacts = self.artefacts(&folder).await.unwrap_or_default();
                }
                Verdict::Errored(failure)
            }
            Verdict::Finished => match self.artefacts(&folder).await {
                Ok(stored) => {
                    artefacts = stored;
                    Verdict::Finished
                }
                Err(error) => Verdict::errored(error.to_string()),
            },
        };
        let lock_file_sha256 = lock_file.and_then(|path| lock_file_sha256(&folder, &path));
        self.report(verdict, artefacts, lock_file_sha256, stop).await;
        if let Some(mut supervisor) = supervisor {
            supervisor.wait().await;
        }
        remove(&folder).await;
    }

    async fn artefacts(&self, folder: &Folder) -> Result<Artefacts, artefacts::ArtefactError> {
        artefacts::upload(&self.context.connection, folder, &self.job).await
    }

    /// From the download to the end of the last command.
    async fn phase(&self, folder: &Folder, running: &mut Option<Supervisor>) -> (Verdict, Option<String>) {
        let job = &self.job;
        if let Some(obstacle) = &self.obstacle {
            return (Verdict::errored(obstacle), None);
        }
        let Some(engine) = self.context.engines.iter().find(|found| found.engine == job.engine) else {
            return (Verdict::errored(not_installed(&job.engine)), None);
        };
        let prepared = tokio::select! {
            prepared = self.prepare(folder, engine) => prepared,
            () = self.ending.wait(|_| true) => return (of_early_end(self.ending.asked()), None),
        };
        let prepared = match prepared {
            Ok(prepared) => prepared,
            Err(reason) => return (Verdict::errored(reason), None),
        };
        for note in prepared.notes {
            self.pump.line(note);
        }
        let supervisor = match Supervisor::start(&self.context.settings.supervisor, folder) {
            Ok(supervisor) => running.insert(supervisor),
            Err(error) => {
                return (Verdict::errored(format!("failed to start the supervisor: {error}")), None);
            }
        };
        let ended = CancellationToken::new();
        let level_folder = folder.clone();
        let first_lines = move || lacking_lines(Level::read(&level_folder).unwrap_or_default());
        self.pump.follow(folder.log("plan"), first_lines, ended.clone());
        let exit = supervisor.exit(folder, &self.ending).await;
        ended.cancel();
        // An engine that was quick may have ended before its output was seen to be too long.
        let printed = folder.log("plan").metadata().map_or(0, |metadata| metadata.len());
        if printed > engine_bytes_max(job.log_bytes_max) {
            self.ending.ask(Stop::Kill, Why::LogTooLong);
        }
        let asked = self.ending.asked();
        let verdict = exit.map_or_else(
            || Verdict::errored("the supervisor of the run was killed; what the engine did is unknown"),
            |exit| judge(&exit, asked, &job.engine, job.timeout_ms),
        );
        if let Verdict::Errored(Failure { output_of: Some(step), .. }) = &verdict {
            self.pump.file(folder.log(step.as_str()));
        }
        (verdict, Some(prepared.lock_file))
    }

    async fn prepare(&self, folder: &Folder, engine: &FoundEngine) -> Result<Prepared, String> {
        let context = &self.context;
        fetch(&context.connection, &self.job.configuration, folder)
            .await
            .map_err(|error| error.to_string())?;
        let sources = Sources {
            settings: &context.settings,
            host: &context.host,
            cli_config: &context.cli_config,
            engine,
            token: &self.token,
        };
        prepare(&self.job, folder, sources).map_err(|error| error.to_string())
    }

    async fn report(
        &self,
        verdict: Verdict,
        artefacts: Artefacts,
        lock_file_sha256: Option<String>,
        stop: &CancellationToken,
    ) {
        if let Verdict::Errored(Failure { reason, is_told: false, .. }) = &verdict {
            self.pump.line(reason.clone());
        }
        let outcome = verdict.outcome();
        let send = self.send_report(outcome, artefacts, lock_file_sha256);
        let too_late = async {
            stop.cancelled().await;
            tokio::time::sleep(LAST_REPORT).await;
        };
        tokio::select! {
            () = send => {}
            () = too_late => tracing::warn!(job = self.job.id, "failed to report a job before the server stopped"),
        }
    }

    async fn send_report(&self, outcome: Outcome, artefacts: Artefacts, lock_file_sha256: Option<String>) {
        // A log that cannot be flushed is one of a lost lease.
        let Ok(log_size_bytes) = self.pump.flush().await else { return };
        let report = Report {
            lease_epoch: self.job.lease_epoch,
            outcome,
            counts: artefacts.counts,
            plan_file: artefacts.plan_file,
            plan_json: artefacts.plan_json,
            log_size_bytes,
            engine_sha256: self.engine_sha256().await,
            lock_file_sha256,
        };
        let mut backoff = Backoff::new();
        while let Err(error) = self.context.connection.report(&self.job.id, &report).await {
            if error.is_final() {
                tracing::warn!(job = self.job.id, %error, "the server does not take a report");
                return;
            }
            tracing::warn!(job = self.job.id, %error, "failed to report a job, trying again");
            backoff.wait().await;
        }
    }

    async fn engine_sha256(&self) -> Option<String> {
        let engine = self.context.engines.iter().find(|found| found.engine == self.job.engine)?.clone();
        tokio::task::spawn_blocking(move || engine.sha256()).await.ok().flatten()
    }

    /// Ends what runs and removes it.
    async fn abandon(&self) {
        let folder = Folder::at(self.context.settings.work_dir.join(&self.job.id));
        let id = self.job.id.clone();
        let ended = tokio::task::spawn_blocking(move || crate::leftovers::end_job(&folder)).await;
        if let Ok(Err(error)) = ended {
            tracing::warn!(job = id, %error, "failed to end a job that was lost");
        }
    }
}

fn not_installed(engine: &Engine) -> String {
    let kind: EngineKind = engine.kind;
    format!("{kind} {} is not installed on the agent", engine.version)
}

fn is_shown(folder: &Folder) -> bool {
    let has_plan = open_inside(folder, "out/plan.tfplan").is_ok();
    has_plan && folder.plan_json().metadata().is_ok_and(|metadata| metadata.len() > 0)
}

fn lacking_lines(level: Level) -> Vec<String> {
    level.lacking.into_iter().map(|lacking| format!("the sandbox is not full: {lacking}")).collect()
}

fn lock_file_sha256(folder: &Folder, path: &str) -> Option<String> {
    use sha2::{Digest, Sha256};
    use std::io::Read;
    /// Real ones have a few kilobytes.
    const LOCK_FILE_BYTES_MAX: u64 = 4 << 20;
    let mut content = Vec::new();
    open_inside(folder, path).ok()?.take(LOCK_FILE_BYTES_MAX).read_to_end(&mut content).ok()?;
    Some(hex(&Sha256::digest(&content)))
}

async fn remove(folder: &Folder) {
    let root = folder.root().to_owned();
    let removed = tokio::task::spawn_blocking(move || std::fs::remove_dir_all(root)).await;
    if let Ok(Err(error)) = removed {
        tracing::warn!(folder = %folder.root(), %error, "failed to remove the folder of a job");
    }
}
