//! An apply that fails at once is told only when its client can see it.
//!
//! The `cloud` block's client of a run that applies by itself reads the run when it has shown the plan, about a second
//! after the plan's end, and stops without a word when the run is errored by then (cli-protocol 3.4): neither the apply's
//! log nor the error would ever be seen. So the end of such an apply is held back until then. Nothing else waits: the
//! apply is over, its states have come, and what follows is decided when its end is told.

use super::store;
use crate::app::App;
use crate::platform::http::ApiResult;
use crate::runs::model::CLI_SOURCE;
use crate::runs::store::Run;
use std::time::Duration;
use terrane_wire::{Outcome, Report};

/// From the start of an apply until its client has surely seen that it is under way.
const SEEN_AFTER: Duration = Duration::from_secs(2);

/// Waits as long as the client of a run may miss that its apply has failed, or until the server stops.
pub async fn wait_for_follower(app: &App, run: &Run, report: &Report) -> ApiResult<()> {
    let is_failed = matches!(report.outcome, Outcome::Errored { .. });
    if !is_failed || !run.auto_apply || run.source != CLI_SOURCE {
        return Ok(());
    }
    let apply = store::find(&app.db, &run.apply_id).await?;
    let Some(started) = apply.and_then(|apply| apply.status_times.get("started-at")) else { return Ok(()) };
    let rest = started.plus(SEEN_AFTER).since(app.clock.now());
    app.stopping.run_until_cancelled(tokio::time::sleep(rest)).await;
    Ok(())
}
