//! The loop that owns one job: prepares, waits for the phase to end, reports.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use terrane_wire::{Job, Stop, Task};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use super::{
    begin::begin,
    ending::{Ending, Why},
    folder::Folder,
    kept::{Kept, kept_report},
    process::{self, Found, Supervisor},
    report::{self, Phase, conclude},
    secrets,
    verdict::Verdict,
};
use crate::{
    client::Connection,
    engine::{HostEnvironment, OperatorCliConfig},
    engines::FoundEngine,
    heart::Heart,
    known_engines::KnownEngines,
    log::{LogLimit, LogOf, Pump, Scrubber},
    packages::PackageStore,
    settings::Settings,
};

/// An agent that is being stopped waits this long for an apply between its start on the server and its start here: left
/// there, it could never be started.
const STARTING_LIMIT: Duration = Duration::from_secs(5);

/// What every job of an agent shares.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) settings: Settings,
    pub(crate) engines: KnownEngines,
    pub(crate) connection: Connection,
    pub(crate) heart: Heart,
    pub(crate) host: HostEnvironment,
    pub(crate) cli_config: OperatorCliConfig,
    pub(crate) packages: PackageStore,
}

/// Everything of one job while it lasts.
pub(super) struct Run {
    pub(super) context: Arc<Context>,
    pub(super) job: Job,
    pub(super) folder: Folder,
    pub(super) ending: Ending,
    pub(super) pump: Pump,
    /// The bearer token of this run's state service.
    pub(super) token: String,
    /// Nothing of the engine is to come any more.
    pub(super) phase_ended: CancellationToken,
    /// Held while the start of an apply must not be left half done.
    pub(super) starting: Mutex<()>,
    /// Everything is stored but the report.
    pub(super) is_reporting: AtomicBool,
    /// Set when the job cannot even be begun.
    pub(super) obstacle: Option<String>,
}

/// Runs one job to its report, or as far as the token lets it: then what runs is left for the next process. An earlier
/// process may have begun it.
pub(crate) async fn run_job(
    context: Arc<Context>,
    kept: Kept,
    folder: Folder,
    is_adopted: bool,
    stop: CancellationToken,
) {
    let ending = Ending::new();
    let _heartbeat = context.heart.beat(&kept.job, ending.clone());
    let run = Run::new(context, kept, folder, ending.clone(), is_adopted);
    let left = async {
        stop.cancelled().await;
        let _ = tokio::time::timeout(STARTING_LIMIT, run.starting.lock()).await;
    };
    let lost = async {
        ending.wait(|asked| asked.why == Why::LeaseLost).await;
        // Once the report is on its way, its own answer counts: a job that was reported has no lease, either.
        if run.is_reporting.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = run.whole(is_adopted) => {}
        // Whoever has the lease now reports; here everything is ended.
        () = lost => {
            tracing::warn!(job = run.job.id, "a job is no longer this agent's, and is ended");
            run.abandon().await;
        }
        () = left => tracing::info!(job = run.job.id, "a job is left for the agent's next process"),
    }
}

impl Run {
    fn new(context: Arc<Context>, kept: Kept, folder: Folder, ending: Ending, is_resumed: bool) -> Self {
        let (job, token) = (kept.job, kept.token.expose().to_owned());
        let (scrubber, obstacle) = match Scrubber::new(secrets::in_logs(&job, &token)) {
            Ok(scrubber) => (scrubber, None),
            Err(error) => {
                (Scrubber::nothing(), Some(format!("failed to look for the run's secrets: {error}")))
            }
        };
        let phase_ended = CancellationToken::new();
        let log = LogOf {
            job_id: job.id.clone(),
            lease_epoch: job.lease_epoch,
            first_offset: job.log_offset,
            is_resumed,
            folder: folder.clone(),
            phase_ended: phase_ended.clone(),
        };
        let exceeded = {
            let ending = ending.clone();
            Box::new(move || ending.ask(Stop::Kill, Why::LogTooLong))
        };
        let limit = LogLimit { bytes_max: job.log_bytes_max, exceeded };
        let pump = Pump::start(context.connection.clone(), log, scrubber, limit);
        if job.log_offset > 0 {
            pump.line(match job.task {
                Task::Plan(_) => "the agent that made this plan was lost; it is made again",
                Task::Apply(_) => {
                    "the agent that had this apply was lost before it started it; it is begun again"
                }
            });
        }
        let (starting, is_reporting) = (Mutex::default(), AtomicBool::new(false));
        Self { context, job, folder, ending, pump, token, phase_ended, starting, is_reporting, obstacle }
    }

    async fn whole(&self, is_adopted: bool) {
        if let Some(report) = kept_report(&self.folder).filter(|_| is_adopted) {
            return report::deliver(self, &report).await;
        }
        let mut supervisor = None;
        let states = report::forward_states(self);
        let phase = self.phase(is_adopted, &mut supervisor).await;
        // Only now, so that everything which follows the phase comes to its end.
        self.phase_ended.cancel();
        let Some(report) = conclude(self, phase, states).await else { return };
        if let Some(supervisor) = &mut supervisor {
            supervisor.wait().await;
        }
        report::deliver(self, &report).await;
    }

    /// From the download to the end of the last command.
    async fn phase(&self, is_adopted: bool, running: &mut Option<Supervisor>) -> Phase {
        if is_adopted {
            match Found::look(&self.folder) {
                Err(error) => {
                    return Phase::refused(format!("the agent failed to read the run's folder: {error}"));
                }
                Ok(Found::Ended(exit)) => return Phase::Ran(Some(exit)),
                Ok(Found::Lost) => {
                    process::end(&self.folder).await;
                    return Phase::Ran(None);
                }
                Ok(Found::Running) => match Supervisor::adopt(&self.folder) {
                    Ok(supervisor) => return self.follow(running.insert(supervisor)).await,
                    Err(error) => {
                        process::end(&self.folder).await;
                        return Phase::unknown(format!("failed to adopt the run's supervisor: {error}"));
                    }
                },
                Ok(Found::NotStarted) => {
                    if let Err(error) = self.folder.begin_again() {
                        return Phase::refused(format!(
                            "the agent failed to make a folder for the run: {error}"
                        ));
                    }
                }
            }
        }
        if let Some(obstacle) = &self.obstacle {
            return Phase::NotStarted(Verdict::errored(obstacle));
        }
        match begin(self).await {
            Err(verdict) => Phase::NotStarted(verdict),
            Ok(supervisor) => self.follow(running.insert(supervisor)).await,
        }
    }

    async fn follow(&self, supervisor: &mut Supervisor) -> Phase {
        Phase::Ran(supervisor.exit(&self.folder, &self.ending).await)
    }

    /// Also the name of the log its users read.
    pub(super) fn phase_name(&self) -> &'static str {
        if self.job.apply().is_some() { "apply" } else { "plan" }
    }

    pub(super) fn engine(&self) -> Option<FoundEngine> {
        self.context.engines.current().iter().find(|found| found.engine == self.job.engine).cloned()
    }

    pub(super) async fn engine_sha256(&self) -> Option<String> {
        let engine = self.engine()?;
        tokio::task::spawn_blocking(move || engine.sha256()).await.ok().flatten()
    }

    /// Ends what runs and removes it.
    pub(super) async fn abandon(&self) {
        let folder = self.folder.clone();
        let ended = tokio::task::spawn_blocking(move || crate::leftovers::end_job(&folder)).await;
        if let Ok(Err(error)) = ended {
            tracing::warn!(job = self.job.id, %error, "failed to end a job that was lost");
        }
    }
}
