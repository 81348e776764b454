//! Keeps up with the current state.

use super::{model, store};
use crate::platform::db::{DbError, Tx};
use crate::state_versions;
use crate::state_versions::store::StateVersion;

/// A state becomes the current one. The caller has the workspace's row.
pub async fn follow(tx: &mut Tx, version: &StateVersion) -> Result<(), DbError> {
    let resources = state_versions::store::instances(&mut *tx, &version.id).await?;
    let before = store::list(&mut *tx, &version.workspace_id).await?;
    let all = model::next(before, resources, &version.id, version.created_at);
    store::put(tx, &version.workspace_id, &all).await
}
