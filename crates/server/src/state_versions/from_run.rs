//! State versions that an apply writes.

use super::contents::Contents;
use super::store::{self, NewRow, StateVersion};
use crate::app::App;
use crate::ids::{RunId, StateVersionId, WorkspaceId};
use crate::platform::db::{DbError, Tx};
use crate::platform::http::{ApiError, ApiResult};
use crate::platform::objects;
use crate::{runs, state_version_outputs, workspaces};
use terrane_blob::Object;

/// A state that a run's apply wrote, its bytes stored already.
#[derive(Debug)]
pub struct NewFromRun<'a> {
    /// Whose.
    pub workspace_id: &'a WorkspaceId,
    /// By which run.
    pub run_id: &'a RunId,
    /// The agent's count of the states of this run, from 0: the name under which a repeat is known.
    pub sequence: i64,
    /// The stored state; its row is written here.
    pub object: &'a Object,
    /// The stored JSON form, where there is one; its row is written here.
    pub json_object: Option<&'a Object>,
    /// As the engine said when it wrote.
    pub serial: i64,
    /// The same.
    pub lineage: Option<&'a str>,
    /// Hex digits of the state's MD5, in lower case.
    pub md5: &'a str,
    /// What the state says ([`contents_of`](super::contents_of)).
    pub contents: &'a Contents,
}

/// Keeps a state that a run's apply wrote: finalized, intermediate, not current before [`promote`](super::promote()).
/// Idempotent by run and sequence: a repeat answers with the first one, and its objects are marked for the sweep.
///
/// Serial and lineage are not compared with the current ones: what an apply did must be kept whatever they are, and
/// the start of the apply has compared them. Takes the workspace's row first.
///
/// # Errors
/// 404 when the workspace or the run is gone; 409 when the sequence has come before with other bytes.
pub async fn insert_from_run(app: &App, tx: &mut Tx, new: NewFromRun<'_>) -> ApiResult<StateVersion> {
    let now = app.clock.now();
    if !workspaces::store::guard(tx, new.workspace_id, now).await? {
        return Err(ApiError::not_found());
    }
    if let Some(first) = store::of_sequence(&mut *tx, new.run_id, new.sequence).await? {
        if first.md5 != new.md5 {
            let detail = format!("state {} of {} has come before with other bytes", new.sequence, new.run_id);
            return Err(ApiError::conflict(detail));
        }
        for object in [Some(new.object), new.json_object].into_iter().flatten() {
            let is_kept = [&first.object_id, &first.json_object_id].into_iter().flatten();
            if !is_kept.into_iter().any(|kept| kept == object.id.as_str()) {
                objects::store::discard(tx, object.id.as_str(), now).await?;
            }
        }
        return Ok(first);
    }
    let run = runs::store::find(&mut *tx, new.run_id).await?;
    let run = run.filter(|run| &run.workspace_id == new.workspace_id).ok_or_else(ApiError::not_found)?;
    let id = StateVersionId::random();
    let row = NewRow {
        id: &id,
        workspace_id: new.workspace_id,
        serial: new.serial,
        lineage: new.lineage,
        md5: new.md5,
        intermediate: true,
        run_id: Some(new.run_id.as_str()),
        run_sequence: Some(new.sequence),
        created_by: run.created_by.as_deref(),
        rollback_of: None,
    };
    store::insert(tx, &row, now).await?;
    keep(app, tx, &id, new.object, new.contents).await?;
    if let Some(json) = new.json_object {
        objects::store::insert(tx, json, now).await?;
        store::set_json(tx, &id, json.id.as_str()).await?;
    }
    store::find(&mut *tx, &id).await?.ok_or_else(ApiError::not_found)
}

/// Finalizes a pending state version with its stored state; false when it is not pending any more, and then the
/// object is marked for the sweep.
pub(super) async fn keep(
    app: &App,
    tx: &mut Tx,
    id: &StateVersionId,
    object: &Object,
    contents: &Contents,
) -> ApiResult<bool> {
    let now = app.clock.now();
    objects::store::insert(tx, object, now).await?;
    let size = i64::try_from(object.size_bytes).unwrap_or(i64::MAX);
    if !store::finalize(tx, id, object.id.as_str(), size, contents).await? {
        objects::store::discard(tx, object.id.as_str(), now).await?;
        return Ok(false);
    }
    state_version_outputs::keep(app, tx, id, &contents.outputs).await?;
    Ok(true)
}

/// Marks a state version as recovered from an apply that ended badly: it becomes current only when a person accepts
/// it. `completed` are the addresses of what the apply completed and this state does not hold. False when it is
/// current already, was accepted, or has no bytes.
pub async fn mark_recovered(tx: &mut Tx, id: &StateVersionId, completed: &[String]) -> Result<bool, DbError> {
    let completed = serde_json::to_string(completed).unwrap_or_else(|_| "[]".to_owned());
    store::mark_recovered(tx, id, completed).await
}
