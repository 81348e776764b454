//! Ends what its agent has lost: no run stays unfinished past its lease without a reason a person can read.

use super::store::{self, Job};
use crate::app::App;
use crate::plans::{self, End};
use crate::platform::http::ApiError;
use std::time::Duration;

/// A lease that runs out is noticed within this time.
const PAUSE: Duration = Duration::from_secs(2);

/// Looks for lost jobs until the server stops.
pub async fn sweep_forever(app: App) {
    while app.stopping.run_until_cancelled(tokio::time::sleep(PAUSE)).await.is_some() {
        if let Err(error) = sweep(&app).await {
            tracing::warn!(%error, "failed to look for lost jobs; trying again in {PAUSE:?}");
        }
    }
}

async fn sweep(app: &App) -> Result<(), ApiError> {
    let lost = store::lost(&app.db, app.clock.now()).await?;
    let seconds = app.config.limits.lease.as_secs();
    end_all(app, lost, &format!("the agent was not heard of for {seconds} s, so the plan was given up")).await
}

/// At start: the embedded agent of an earlier process is gone, and with it everything it held.
pub async fn end_lost_jobs(app: &App, agent_name: &str) -> Result<(), ApiError> {
    let held = store::leased_by(&app.db, agent_name).await?;
    end_all(app, held, "the server was stopped while the plan ran; start the run again").await
}

async fn end_all(app: &App, jobs: Vec<Job>, reason: &str) -> Result<(), ApiError> {
    for job in jobs {
        tracing::warn!(job.id = %job.id, run.id = %job.run_id, reason, "a job was lost");
        plans::ingest(app, &job, End::Errored { reason: reason.to_owned(), told: false }, None).await?;
    }
    Ok(())
}
