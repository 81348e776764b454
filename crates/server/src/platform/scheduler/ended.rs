//! After the transaction that ended a phase.

use super::lease::Phase;
use super::store::Job;
use crate::app::App;
use crate::platform::logs::{self, LogId};
use crate::run_triggers;

/// Tells whoever waits for a phase that it has ended, and moves its log out of the rows. `queued` says that there is
/// something for agents to do. Runs that an apply has asked for elsewhere are made now.
pub fn announce_end(app: &App, job: &Job, queued: bool) {
    app.wake.wake_log(job.phase_id());
    app.wake.wake_job(&job.id);
    if queued {
        app.wake.wake_jobs();
    }
    if job.lease.phase == Phase::Apply {
        let app = app.clone();
        tokio::spawn(async move {
            if let Err(error) = run_triggers::start_waiting(&app).await {
                tracing::warn!(%error, "failed to start the runs that an apply asked for; the sweep tries again");
            }
        });
    }
    let (app, log) = (app.clone(), LogId::of(job.phase_id().to_owned()));
    tokio::spawn(async move {
        if let Err(error) = logs::compact(&app, &log).await {
            tracing::warn!(log.id = %log, %error, "failed to compact a log; the next start tries again");
        }
    });
}
