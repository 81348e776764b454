//! What a workspace leaves when it is deleted.

use super::store::{self, RecoverableItem};
use crate::app::App;
use crate::clock::Time;
use crate::ids::{OrganizationId, RecoverableItemId, UserId};
use crate::platform::db::{DbError, Tx};
use crate::platform::http::ApiResult;
use crate::platform::scheduler;
use crate::state_versions;
use crate::workspaces::kept_settings;
use crate::workspaces::store::Workspace;

/// A state that no apply counts.
const BEFORE_ALL_WRITES: i64 = -1;

/// Keeps the last state of a workspace that is about to be deleted, and lets its apply, where one is under way, come to
/// its end. A workspace that never had a state leaves nothing. The stored object is not discarded with those of the
/// workspace: its id is the answer. The caller has the workspace's row.
pub async fn keep(
    app: &App,
    tx: &mut Tx,
    workspace: &Workspace,
    by: &UserId,
    now: Time,
) -> ApiResult<Option<String>> {
    // As at an unlock: the newest snapshot is the last state.
    state_versions::promote_newest(tx, &workspace.id, now).await?;
    let state = state_versions::store::current(&mut *tx, &workspace.id).await?;
    let under_way = scheduler::store::started(&mut *tx, &workspace.id).await?;
    if state.is_none() && under_way.is_none() {
        return Ok(None);
    }
    let written = match &under_way {
        Some(job) => state_versions::store::last_sequence(&mut *tx, &job.run_id).await?,
        None => None,
    };
    let item = RecoverableItem {
        id: RecoverableItemId::random(),
        organization_id: workspace.organization_id.clone(),
        organization_name: workspace.organization_name.clone(),
        project_id: workspace.project_id.clone(),
        workspace_id: workspace.id.clone(),
        workspace_name: workspace.name.clone(),
        settings: kept_settings(workspace),
        object_id: state.as_ref().and_then(|state| state.object_id.clone()),
        state_sequence: written.unwrap_or(BEFORE_ALL_WRITES),
        serial: state.as_ref().map(|state| state.serial),
        lineage: state.as_ref().and_then(|state| state.lineage.clone()),
        md5: state.as_ref().map(|state| state.md5.clone()),
        resource_count: state.as_ref().and_then(|state| state.resource_count).unwrap_or(0),
        deleted_by: Some(by.to_string()),
        deleted_at: now,
        expires_at: now.plus(app.config.limits.deleted_state_life),
        is_written: under_way.is_some(),
    };
    store::insert(tx, &item).await?;
    if let Some(job) = under_way {
        scheduler::store::orphan(tx, &job, &item.id, now).await?;
    }
    Ok(item.object_id)
}

/// The owners of an organization that is about to be deleted keep what its workspaces leave.
pub async fn keep_owners(tx: &mut Tx, organization: &OrganizationId) -> Result<(), DbError> {
    store::keep_owners(tx, organization).await
}
