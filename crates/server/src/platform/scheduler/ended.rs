//! After the transaction that ended a phase.

use super::store::Job;
use crate::app::App;
use crate::platform::logs::{self, LogId};

/// Tells whoever waits for a phase that it has ended, and moves its log out of the rows. `queued` says that there is
/// something for agents to do.
pub fn announce_end(app: &App, job: &Job, queued: bool) {
    app.wake.wake_log(job.phase_id());
    app.wake.wake_job(&job.id);
    if queued {
        app.wake.wake_jobs();
    }
    let (app, log) = (app.clone(), LogId::of(job.phase_id().to_owned()));
    tokio::spawn(async move {
        if let Err(error) = logs::compact(&app, &log).await {
            tracing::warn!(log.id = %log, %error, "failed to compact a log; the next start tries again");
        }
    });
}
