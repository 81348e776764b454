//! Making and deleting run triggers.

use super::store::{self, Direction, RunTrigger};
use crate::app::App;
use crate::ids::{RunTriggerId, WorkspaceId};
use crate::platform::access::{Granted, Right, WorkspaceScope, grant_workspace};
use crate::platform::db::{DbError, Tx};
use crate::platform::http::{ApiError, ApiResult};
use crate::workspaces;
use terrane_jsonapi::Incoming;

/// Sources of one workspace (api-contract section 14).
const SOURCES_MAX: u64 = 20;

/// Makes a trigger in a workspace the caller administers, from one whose runs the caller may read.
///
/// # Errors
/// 404 when the caller cannot see the source, 422 for the workspace itself, for a loop, and for what is there already.
pub(super) async fn create(
    app: &App,
    granted: &Granted<WorkspaceScope>,
    body: &Incoming,
) -> ApiResult<RunTrigger> {
    body.expect_kind("run-triggers")?;
    let source = body.related("sourceable")?.value().ok_or_else(|| {
        wrong("Sourceable is missing: name the source workspace in relationships.sourceable.data.id")
    })?;
    let source = grant_workspace(app, granted.caller(), &source, Right::ReadRuns).await?;
    if source.organization_id != granted.organization_id {
        return Err(ApiError::not_found());
    }
    let (now, id, workspace) = (app.clock.now(), RunTriggerId::random(), &granted.workspace_id);
    let mut tx = app.db.begin().await?;
    workspaces::store::guard(&mut tx, workspace, now).await?;
    store::hold_organization(&mut tx, workspace).await?;
    check(&mut tx, workspace, &source.workspace_id).await?;
    store::insert(&mut tx, &id, workspace, &source.workspace_id, now).await.map_err(taken)?;
    let made = store::find(&mut tx, &id).await?.ok_or_else(ApiError::not_found)?;
    tx.commit().await?;
    Ok(made)
}

async fn check(tx: &mut Tx, workspace: &WorkspaceId, source: &WorkspaceId) -> ApiResult<()> {
    if workspace == source {
        return Err(wrong(
            "a workspace cannot be its own source: its applies would start runs without an end",
        ));
    }
    if store::count(&mut *tx, workspace, Direction::Inbound).await? >= SOURCES_MAX {
        return Err(wrong(&format!(
            "a workspace has at most {SOURCES_MAX} sources; delete a run trigger that is not needed any more"
        )));
    }
    if store::is_upstream(&mut *tx, workspace, source).await? {
        return Err(wrong(
            "this would close a loop: applies of this workspace already start runs of the source, directly or by way of \
             others",
        ));
    }
    Ok(())
}

/// Deletes a trigger; runs it has started go on.
pub(super) async fn delete(app: &App, id: &RunTriggerId) -> ApiResult<()> {
    let mut tx = app.db.begin().await?;
    if !store::delete(&mut tx, id).await? {
        return Err(ApiError::not_found());
    }
    Ok(tx.commit().await?)
}

fn wrong(detail: &str) -> ApiError {
    ApiError::invalid_relationship("sourceable", detail)
}

fn taken(error: DbError) -> ApiError {
    match error {
        DbError::Unique(_) => {
            wrong("Sourceable has already been taken: there is a run trigger from this workspace")
        }
        other => other.into(),
    }
}
