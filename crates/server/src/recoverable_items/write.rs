//! What an apply still brings whose workspace was deleted meanwhile.

use super::store::{self, NewState};
use crate::app::App;
use crate::ids::{JobId, RecoverableItemId};
use crate::platform::db::Tx;
use crate::platform::http::ApiResult;
use crate::platform::{objects, scheduler};
use crate::state_versions::contents::Contents;
use terrane_blob::Object;

/// A stored state of the apply.
#[derive(Debug, Clone, Copy)]
pub struct Written<'a> {
    /// The apply's count of its states.
    pub sequence: i64,
    /// As the engine said, or as the state says.
    pub serial: i64,
    /// The same.
    pub lineage: Option<&'a str>,
    /// Hex digits.
    pub md5: &'a str,
    /// The stored bytes; their row is written here.
    pub object: &'a Object,
    /// What they say.
    pub contents: &'a Contents,
}

/// Makes a state the item's, unless a later one is there.
pub async fn keep_state(
    app: &App,
    tx: &mut Tx,
    id: &RecoverableItemId,
    written: Written<'_>,
) -> ApiResult<()> {
    let now = app.clock.now();
    objects::store::insert(tx, written.object, now).await?;
    let item = store::hold(tx, id).await?.filter(|item| item.state_sequence < written.sequence);
    let Some(item) = item else {
        return Ok(objects::store::discard(tx, written.object.id.as_str(), now).await?);
    };
    if let Some(before) = &item.object_id {
        objects::store::discard(tx, before, now).await?;
    }
    let state = NewState {
        object: written.object.id.as_str(),
        sequence: written.sequence,
        serial: written.serial,
        lineage: written.lineage,
        md5: written.md5,
        resource_count: written.contents.resource_count(),
    };
    Ok(store::set_state(tx, id, state).await?)
}

/// The apply has ended, or nothing more is expected of it. One that wrote nothing, of a workspace that had nothing,
/// leaves nothing.
pub async fn apply_ended(app: &App, job: &JobId, id: &RecoverableItemId) -> ApiResult<()> {
    let mut tx = app.db.begin().await?;
    let item = store::hold(&mut tx, id).await?;
    scheduler::store::remove_orphan(&mut tx, job).await?;
    if let Some(item) = item.filter(|item| item.object_id.is_none()) {
        super::forget::forget(&mut tx, &item, app.clock.now()).await?;
    }
    Ok(tx.commit().await?)
}
