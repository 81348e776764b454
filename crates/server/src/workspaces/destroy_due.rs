//! Starts the destroy runs of workspaces whose time has come.

use super::store::{self, DestroyDue};
use crate::app::App;
use crate::clock::Time;
use crate::platform::http::{ApiError, ApiResult};
use crate::runs::{self, NewRun};
use std::time::Duration;

/// How often is looked.
const PAUSE: Duration = Duration::from_secs(2);
/// A server that takes one has so long to start its run; after that another one tries.
const TAKEN: Duration = Duration::from_secs(300);
const MESSAGE: &str = "Destroyed automatically, as the workspace's settings say";

/// Looks for such workspaces until the server stops.
pub async fn sweep_forever(app: App) {
    while app.stopping.run_until_cancelled(tokio::time::sleep(PAUSE)).await.is_some() {
        if let Err(error) = sweep(&app).await {
            tracing::warn!(%error, "failed to start automatic destroy runs; trying again in {PAUSE:?}");
        }
    }
}

async fn sweep(app: &App) -> ApiResult<()> {
    let now = app.clock.now();
    for due in store::destroy_due(&app.db, now).await? {
        destroy(app, &due, now).await?;
    }
    Ok(())
}

/// Takes one, so that no other server does, starts its run, and ends the schedule. Should this server die between the
/// two, the run is started once more: of nothing there is nothing to destroy.
async fn destroy(app: &App, due: &DestroyDue, now: Time) -> ApiResult<()> {
    let taken = now.plus(TAKEN);
    if !reschedule(app, due, due.auto_destroy_at, Some(taken), None).await? {
        return Ok(());
    }
    let workspace = store::find(&app.db, &due.id).await?;
    let manages_something = workspace.is_some_and(|workspace| workspace.resource_count > 0);
    let status = if manages_something { start_run(app, due).await? } else { None };
    reschedule(app, due, taken, None, status).await.map(drop)
}

async fn reschedule(
    app: &App,
    due: &DestroyDue,
    from: Time,
    to: Option<Time>,
    status: Option<&str>,
) -> ApiResult<bool> {
    let mut tx = app.db.begin().await?;
    let is_changed = store::reschedule_destroy(&mut tx, &due.id, from, to, status).await?;
    tx.commit().await?;
    Ok(is_changed)
}

/// A run that destroys everything and asks nobody. One that is refused, because nothing was ever configured or destroy
/// plans are not allowed, is told in `auto-destroy-status`.
async fn start_run(app: &App, due: &DestroyDue) -> ApiResult<Option<&'static str>> {
    let new = NewRun {
        is_destroy: true,
        auto_apply: Some(true),
        message: Some(MESSAGE.to_owned()),
        ..NewRun::of_server()
    };
    match runs::create(app, &due.id, &due.auto_destroy_by, new).await {
        Ok(run) => {
            tracing::info!(workspace.id = %due.id, run.id = %run.id, "started an automatic destroy run");
            Ok(None)
        }
        Err(ApiError::Told(errors)) => {
            let reason = errors.objects().first().and_then(|error| error.detail.clone()).unwrap_or_default();
            tracing::warn!(workspace.id = %due.id, %reason, "an automatic destroy run was refused");
            Ok(Some("errored"))
        }
        Err(error) => Err(error),
    }
}
