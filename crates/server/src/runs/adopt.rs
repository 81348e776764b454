//! What was applied is the workspace's configuration (api-contract 4.8, section 6): a provisional one only becomes current
//! now, unless a newer one has by then.

use super::store::Run;
use crate::platform::db::{DbError, Tx};
use crate::{configuration_versions, workspaces};

/// Makes the configuration of a run that was applied the workspace's current one, if none is newer. The caller has the
/// workspace's row.
pub async fn adopt_configuration(tx: &mut Tx, run: &Run) -> Result<(), DbError> {
    let applied = configuration_versions::store::find(&mut *tx, &run.configuration_version_id).await?;
    // One of another workspace stays there (api-contract 4.2).
    let Some(applied) = applied.filter(|applied| applied.workspace_id == run.workspace_id) else {
        return Ok(());
    };
    let Some(workspace) = workspaces::store::find(&mut *tx, &run.workspace_id).await? else { return Ok(()) };
    let current = match workspace.current_configuration_version_id {
        Some(id) => configuration_versions::store::find(&mut *tx, &id.into()).await?,
        None => None,
    };
    if current.is_some_and(|current| current.created_at >= applied.created_at) {
        return Ok(());
    }
    workspaces::store::set_current_configuration(tx, &run.workspace_id, applied.id.as_str()).await
}
