//! `PATCH /workspaces/:id/state-versions`: an older state once more, as the newest one.

use super::bytes::{contents_of, refusal, state_of};
use super::contents::{Contents, with_serial};
use super::create::hold_as_lock_holder;
use super::model::StateVersionStatus;
use super::store::{self, StateVersion};
use super::{NewState, make_current_with};
use crate::app::App;
use crate::ids::{StateVersionId, UserId, WorkspaceId};
use crate::platform::db::{Exec, Tx};
use crate::platform::http::{ApiError, ApiResult};
use crate::platform::objects::{self, hex};
use md5::{Digest, Md5};
use terrane_blob::{Object, ObjectId};

/// The bytes of the new state version, stored before anything names them.
struct Copied {
    serial: i64,
    md5: String,
    object: Object,
    json: Option<Object>,
    contents: Contents,
}

/// Makes a state version with the bytes of an older one. Its serial is the next one, in its row and in the file; no
/// other byte of the file changes. The whole state is in memory meanwhile, up to `state_bytes_max`.
///
/// # Errors
/// 409 when the caller does not hold the lock, or writes another state at the same time.
pub(super) async fn rollback(
    app: &App,
    workspace: &WorkspaceId,
    caller: &UserId,
    to: &str,
) -> ApiResult<StateVersion> {
    let target = target(&app.db, workspace, to).await?;
    let mut tx = app.db.begin().await?;
    hold_as_lock_holder(&mut tx, workspace, caller, app.clock.now()).await?;
    let serial = next_serial(&mut tx, &target).await?;
    // Not while other writers wait: a state may be large. That nothing came between is looked at afterwards.
    tx.commit().await?;
    let copied = copy(app, &target, serial).await?;
    let made = write(app, caller, &target, &copied).await;
    if made.is_err() {
        for object in [Some(&copied.object), copied.json.as_ref()].into_iter().flatten() {
            // No row names it, so it cannot be read; deleting it only saves space.
            let _ = app.blobs.delete(&object.id).await;
        }
    }
    made
}

async fn next_serial(tx: &mut Tx, target: &StateVersion) -> ApiResult<i64> {
    let current = store::current(&mut *tx, &target.workspace_id).await?;
    Ok(current.map_or(target.serial, |current| current.serial).saturating_add(1))
}

async fn copy(app: &App, target: &StateVersion, serial: i64) -> ApiResult<Copied> {
    let state = state_of(app, &app.db, target).await?;
    let state = with_serial(&state, serial).map_err(|error| refusal(&error))?;
    let md5 = hex(&Md5::digest(&state));
    let object = app.blobs.put(ObjectId::random(), state.into()).await?;
    let contents = contents_of(app, &object).await?;
    let json = match &target.json_object_id {
        // It does not hold the serial, so it is the same; an object of its own, so that each can be deleted alone.
        Some(id) => {
            let object = objects::store::find(&app.db, id).await?.ok_or_else(ApiError::not_found)?;
            let bytes = app.blobs.get(&object, app.config.limits.state_bytes_max).await?;
            Some(app.blobs.put(ObjectId::random(), bytes).await?)
        }
        None => None,
    };
    Ok(Copied { serial, md5, object, json, contents })
}

async fn write(
    app: &App,
    caller: &UserId,
    target: &StateVersion,
    copied: &Copied,
) -> ApiResult<StateVersion> {
    let workspace = &target.workspace_id;
    let mut tx = app.db.begin().await?;
    hold_as_lock_holder(&mut tx, workspace, caller, app.clock.now()).await?;
    if next_serial(&mut tx, target).await? != copied.serial {
        return Err(ApiError::conflict("Another state was written at the same time. Roll back again."));
    }
    let said = NewState {
        workspace_id: workspace,
        serial: copied.serial,
        lineage: target.lineage.as_deref(),
        md5: &copied.md5,
        run: None,
        creator: caller,
        rollback_of: Some(&target.id),
    };
    let bytes = (&copied.object, &copied.contents);
    let version = make_current_with(app, &mut tx, &said, bytes, copied.json.as_ref()).await?;
    tx.commit().await?;
    Ok(version)
}

async fn target(exec: impl Exec, workspace: &WorkspaceId, id: &str) -> ApiResult<StateVersion> {
    let refused = |detail: &str| ApiError::invalid_relationship("rollback-state-version", detail);
    let missing = || refused("there is no such state version in this workspace");
    let id = StateVersionId::parse(id).ok_or_else(missing)?;
    let found = store::find(exec, &id).await?.filter(|found| &found.workspace_id == workspace);
    let found = found.ok_or_else(missing)?;
    if found.status != StateVersionStatus::Finalized {
        return Err(refused("the state version has no state: it is not finalized"));
    }
    if found.waits_for_acceptance() {
        return Err(refused("the state version was recovered and waits to be accepted; accept it instead"));
    }
    Ok(found)
}
