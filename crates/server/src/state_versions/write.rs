//! A state version with stored bytes, current at once.

use super::contents::Contents;
use super::promote::make_current;
use super::store::{self, NewRow, StateVersion};
use super::{from_run, give_up_pending};
use crate::app::App;
use crate::ids::{StateVersionId, UserId, WorkspaceId};
use crate::platform::db::Tx;
use crate::platform::http::{ApiError, ApiResult};
use crate::platform::objects;
use terrane_blob::Object;

/// What is said of a state whose bytes are stored.
#[derive(Debug, Clone, Copy)]
pub struct NewState<'a> {
    /// Whose.
    pub workspace_id: &'a WorkspaceId,
    /// As its writer says.
    pub serial: i64,
    /// The chain it goes on, where one is known.
    pub lineage: Option<&'a str>,
    /// Hex digits, in lower case.
    pub md5: &'a str,
    /// The run it belongs to.
    pub run: Option<&'a str>,
    /// By whom.
    pub creator: &'a UserId,
    /// The older one that it repeats.
    pub rollback_of: Option<&'a StateVersionId>,
}

impl NewState<'_> {
    /// Its row; one that waits for its bytes is given up. The caller has the workspace's row.
    pub(super) async fn insert(&self, app: &App, tx: &mut Tx, id: &StateVersionId) -> ApiResult<()> {
        give_up_pending(tx, self.workspace_id).await?;
        let row = NewRow {
            id,
            workspace_id: self.workspace_id,
            serial: self.serial,
            lineage: self.lineage,
            md5: self.md5,
            intermediate: false,
            run_id: self.run,
            run_sequence: None,
            created_by: Some(self.creator.as_str()),
            rollback_of: self.rollback_of,
        };
        Ok(store::insert(tx, &row, app.clock.now()).await?)
    }
}

/// Makes it with its bytes and, where there is one, its JSON form. The caller has the workspace's row.
pub async fn make_current_with(
    app: &App,
    tx: &mut Tx,
    new: &NewState<'_>,
    (object, contents): (&Object, &Contents),
    json: Option<&Object>,
) -> ApiResult<StateVersion> {
    let (id, now) = (StateVersionId::random(), app.clock.now());
    new.insert(app, tx, &id).await?;
    from_run::keep(app, tx, &id, object, contents).await?;
    if let Some(json) = json {
        objects::store::insert(tx, json, now).await?;
        store::set_json(tx, &id, json.id.as_str()).await?;
    }
    let version = store::find(&mut *tx, &id).await?.ok_or_else(ApiError::not_found)?;
    make_current(tx, &version, now).await?;
    store::find(&mut *tx, &id).await?.ok_or_else(ApiError::not_found)
}
