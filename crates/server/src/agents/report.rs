//! Takes the report of an ended phase.

use crate::app::App;
use crate::ids::JobId;
use crate::plans::{self, End};
use crate::platform::http::{ApiError, ApiResult};
use crate::platform::scheduler;
use terrane_wire::{Outcome, Report};

/// Ends the plan as the agent says. A report that was taken before is answered the same way again; one with an old
/// lease, or one whose log has not all arrived, is refused.
pub async fn take(app: &App, id: &JobId, report: &Report) -> ApiResult<()> {
    let Some(job) = scheduler::store::find(&app.db, id).await? else {
        // Taken before, or the workspace is gone: nothing is left to say.
        return Ok(());
    };
    if job.lease_epoch != report.lease_epoch {
        return Err(ApiError::conflict("this lease has been given to another agent"));
    }
    let stored = plans::store::log_size(&app.db, &job.plan_id).await?.unwrap_or(0);
    if i64::try_from(report.log_size_bytes).unwrap_or(i64::MAX) > stored {
        return Err(ApiError::conflict(format!(
            "the log has {stored} bytes, the report says {}",
            report.log_size_bytes
        )));
    }
    let end = match &report.outcome {
        Outcome::Finished => End::Finished,
        Outcome::Errored { reason } => End::Errored { reason: reason.clone(), told: true },
        Outcome::Canceled => End::Canceled,
    };
    plans::ingest(app, &job, end, Some(report)).await?;
    metrics::counter!("terrane_plans_ended_total").increment(1);
    Ok(())
}
