//! Which workspaces may read a workspace's state (api-contract 8.1). Adding and removing twice does no harm.

use super::store;
use crate::app::App;
use crate::ids::WorkspaceId;
use crate::platform::access::{Granted, WorkspaceScope};
use crate::platform::http::{ApiError, ApiResult};
use terrane_jsonapi::Item;

/// What becomes of those that a body names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// They are added.
    Add,
    /// They are the only ones.
    Replace,
    /// They are taken away.
    Remove,
}

/// Changes the list, all of it or nothing.
///
/// # Errors
/// 422 for a workspace that this organization does not have.
pub(super) async fn change(
    app: &App,
    granted: &Granted<WorkspaceScope>,
    change: Change,
    items: &[Item],
) -> ApiResult<()> {
    let (id, now) = (&granted.workspace_id, app.clock.now());
    let mut tx = app.db.begin().await?;
    if !store::guard(&mut tx, id, now).await? {
        return Err(ApiError::not_found());
    }
    if change == Change::Replace {
        store::clear_consumers(&mut tx, id).await?;
    }
    for item in items {
        let consumer = WorkspaceId::from(item.required_id()?.to_owned());
        if !store::is_in_organization(&mut tx, &consumer, &granted.organization_id).await? {
            return Err(item.wrong("there is no such workspace in this organization").into());
        }
        match change {
            Change::Add | Change::Replace => store::add_consumer(&mut tx, id, &consumer, now).await?,
            Change::Remove => store::remove_consumer(&mut tx, id, &consumer).await?,
        }
    }
    Ok(tx.commit().await?)
}
