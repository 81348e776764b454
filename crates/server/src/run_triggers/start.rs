//! Makes the runs that applies have asked for.

use super::store::{self, Firing};
use crate::app::App;
use crate::ids::UserId;
use crate::platform::http::{ApiError, ApiResult};
use crate::runs::store::Triggered;
use crate::{runs, workspaces};

/// Makes every run that waits for it. Called after each apply and again by the sweep, so none waits for a server that
/// died in between. Any number of servers may do this at the same time.
///
/// # Errors
/// The database's: what was not made waits for the next call.
pub async fn start_waiting(app: &App) -> ApiResult<()> {
    for firing in store::waiting(&app.db).await? {
        start(app, &firing).await?;
    }
    Ok(())
}

/// Makes one. What cannot be planned (there is no configuration yet, or only the workspace's state is kept here) is
/// told in the server's log and forgotten: there is no run that could say so.
async fn start(app: &App, firing: &Firing) -> ApiResult<()> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    workspaces::store::guard(&mut tx, &firing.workspace_id, now).await?;
    if !store::take(&mut tx, firing).await? {
        return Ok(());
    }
    let Some(workspace) = workspaces::store::find(&mut tx, &firing.workspace_id).await? else {
        return Ok(());
    };
    let Some(creator) = firing.created_by.clone() else {
        tracing::info!(source_run.id = %firing.source_run_id, "a run without a creator starts no others");
        return Ok(tx.commit().await?);
    };
    let new = runs::NewRun {
        message: Some(format!(
            "Triggered by the apply of {} in the workspace {}",
            firing.source_run_id, firing.source_name
        )),
        source: "tfe-run-trigger",
        auto_apply: Some(workspace.auto_apply_run_trigger),
        triggered: Some(Triggered {
            run_id: firing.source_run_id.clone(),
            workspace_id: firing.source_id.clone(),
            workspace_name: firing.source_name.clone(),
        }),
        ..runs::NewRun::of_server()
    };
    match runs::create_in(app, &mut tx, &firing.workspace_id, &UserId::from(creator), new).await {
        Ok(made) => {
            tx.commit().await?;
            made.announce(app);
        }
        Err(ApiError::Told(errors)) => {
            let detail = errors.objects().first().and_then(|error| error.detail.clone());
            tracing::info!(
                workspace.id = %firing.workspace_id, source_run.id = %firing.source_run_id, detail,
                "a run trigger could not start a run"
            );
            tx.commit().await?;
        }
        Err(error) => return Err(error),
    }
    Ok(())
}
