//! The bytes of a pending state version have come.

use super::bytes::{check_json, contents_of};
use super::create::check_md5;
use super::from_run;
use super::model::StateVersionStatus;
use super::promote::make_current;
use super::store::{self, StateVersion};
use crate::app::App;
use crate::ids::StateVersionId;
use crate::platform::http::{ApiError, ApiResult};
use crate::platform::objects;
use crate::workspaces;
use terrane_blob::Object;

/// Finalizes a state version with a state that is stored and that nothing names yet. A repeat of the same bytes is
/// accepted and changes nothing (api-contract section 20 row 4).
///
/// # Errors
/// 412 for other bytes than announced, 422 for what is no state, 409 when another state version was made meanwhile.
pub(super) async fn finalize(app: &App, id: &StateVersionId, object: &Object, md5: &str) -> ApiResult<()> {
    let kept = try_finalize(app, id, object, md5).await;
    forget_unless(app, object, &kept).await;
    kept.map(drop)
}

/// Keeps the JSON form of a state version, before or after its state; only the first one counts.
pub(super) async fn attach_json(app: &App, id: &StateVersionId, object: &Object) -> ApiResult<()> {
    let kept = try_attach(app, id, object).await;
    forget_unless(app, object, &kept).await;
    kept.map(drop)
}

/// An object that no row names cannot be read; deleting it only saves space.
async fn forget_unless(app: &App, object: &Object, kept: &ApiResult<bool>) {
    if !matches!(kept, Ok(true)) {
        let _ = app.blobs.delete(&object.id).await;
    }
}

/// 404, or 409 for one that cannot have bytes any more.
pub(super) async fn wanted(app: &App, id: &StateVersionId) -> ApiResult<StateVersion> {
    let version = store::find(&app.db, id).await?.ok_or_else(ApiError::not_found)?;
    match version.status {
        StateVersionStatus::Discarded => Err(discarded()),
        StateVersionStatus::Pending | StateVersionStatus::Finalized => Ok(version),
    }
}

fn discarded() -> ApiError {
    ApiError::conflict("this state version was discarded: another one was made before its state came")
}

async fn try_finalize(app: &App, id: &StateVersionId, object: &Object, md5: &str) -> ApiResult<bool> {
    let version = wanted(app, id).await?;
    check_md5(&version.md5, md5)?;
    if version.status == StateVersionStatus::Finalized {
        return Ok(false);
    }
    let contents = contents_of(app, object).await?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    if !workspaces::store::guard(&mut tx, &version.workspace_id, now).await? {
        return Err(ApiError::not_found());
    }
    let version = store::find(&mut tx, id).await?.ok_or_else(ApiError::not_found)?;
    match version.status {
        StateVersionStatus::Discarded => return Err(discarded()),
        StateVersionStatus::Finalized => return Ok(false),
        StateVersionStatus::Pending => {}
    }
    from_run::keep(app, &mut tx, id, object, &contents).await?;
    let version = store::find(&mut tx, id).await?.ok_or_else(ApiError::not_found)?;
    make_current(&mut tx, &version, now).await?;
    tx.commit().await?;
    Ok(true)
}

async fn try_attach(app: &App, id: &StateVersionId, object: &Object) -> ApiResult<bool> {
    let version = wanted(app, id).await?;
    if version.json_object_id.is_some() {
        return Ok(false);
    }
    check_json(app, object).await?;
    let mut tx = app.db.begin().await?;
    if !workspaces::store::guard(&mut tx, &version.workspace_id, app.clock.now()).await? {
        return Err(ApiError::not_found());
    }
    objects::store::insert(&mut tx, object, app.clock.now()).await?;
    if !store::set_json(&mut tx, id, object.id.as_str()).await? {
        return Ok(false);
    }
    tx.commit().await?;
    Ok(true)
}
