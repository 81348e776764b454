//! `PATCH /workspaces/:id/relationships/ssh-key`: which key a workspace's runs fetch modules with.

use super::store;
use crate::app::App;
use crate::ids::SshKeyId;
use crate::platform::access::{Granted, WorkspaceScope};
use crate::platform::http::{ApiError, ApiResult};
use crate::ssh_keys;
use terrane_jsonapi::{Given, Incoming};

/// Sets the key, or takes it away. Its id stands in `data.attributes.id` (documentation, go-tfe) or in `data.id` (the
/// official file); `null` takes it away.
///
/// # Errors
/// 422 when the organization has no such key.
pub(super) async fn assign(app: &App, granted: &Granted<WorkspaceScope>, body: &Incoming) -> ApiResult<()> {
    let (given, pointer) = match body.attributes.text("id")? {
        Given::Value(id) => (Some(id), "/data/attributes/id"),
        Given::Null => (None, ""),
        Given::Absent => (body.id().map(str::to_owned), "/data/id"),
    };
    let mut tx = app.db.begin().await?;
    store::guard(&mut tx, &granted.workspace_id, app.clock.now()).await?;
    let key = match given {
        Some(id) => {
            let found = ssh_keys::store::find(&mut tx, &SshKeyId::from(id)).await?;
            let found = found.filter(|key| key.organization_id == granted.organization_id);
            let missing = || {
                ApiError::from(terrane_jsonapi::Errors::invalid(
                    pointer,
                    "there is no such ssh key in this organization",
                ))
            };
            Some(found.ok_or_else(missing)?.id)
        }
        None => None,
    };
    store::set_ssh_key(&mut tx, &granted.workspace_id, key.as_ref()).await?;
    Ok(tx.commit().await?)
}
