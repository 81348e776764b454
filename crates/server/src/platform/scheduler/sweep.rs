//! Looks for jobs whose agent is silent: no run stays unfinished past its lease without a reason a person can read. And
//! for saved plans that nobody has applied in time, for what deleted workspaces have left too long ago, and for runs that
//! applies have asked for and that a server which died has not made.

use super::lost::{Cause, lose};
use super::store;
use crate::app::App;
use crate::clock::Time;
use crate::platform::http::ApiError;
use crate::{recoverable_items, run_triggers, runs};

/// Looks for lost jobs until the server stops. Not before a lease is over: while no server was there, agents could not
/// renew theirs.
pub async fn sweep_forever(app: App) {
    let pause = app.config.limits.sweep_pause;
    let first = app.clock.now().plus(app.config.limits.lease);
    while app.stopping.run_until_cancelled(tokio::time::sleep(pause)).await.is_some() {
        if let Err(error) = run_triggers::start_waiting(&app).await {
            tracing::warn!(%error, "failed to start the runs that applies asked for; trying again in {pause:?}");
        }
        if app.clock.now() < first {
            continue;
        }
        if let Err(error) = sweep(&app).await {
            tracing::warn!(%error, "failed to look for lost jobs; trying again in {pause:?}");
        }
    }
}

async fn sweep(app: &App) -> Result<(), ApiError> {
    let now = app.clock.now();
    for job in store::expired(&app.db, now).await? {
        lose(app, &job, Cause::Silent).await?;
    }
    runs::discard_expired(app).await?;
    recoverable_items::forget_expired(app).await?;
    let kept = i64::try_from(app.config.limits.late_delivery.as_micros()).unwrap_or(i64::MAX);
    let before = Time(now.0 - kept);
    for (job, item) in store::stale_orphans(&app.db, before).await? {
        recoverable_items::apply_ended(app, &job, &item).await?;
    }
    let mut tx = app.db.begin().await?;
    store::forget_given_up(&mut tx, before).await?;
    Ok(tx.commit().await?)
}
