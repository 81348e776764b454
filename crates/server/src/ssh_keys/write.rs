//! Making, changing and deleting keys, and opening one for a run.

use super::store::{self, SshKey};
use crate::app::App;
use crate::ids::{SshKeyId, WorkspaceId};
use crate::platform::access::{Granted, OrganizationScope};
use crate::platform::db::Tx;
use crate::platform::http::{ApiError, ApiResult};
use crate::platform::secrets::Place;
use terrane_jsonapi::{Given, Incoming};
use terrane_wire::Secret;

/// The longest name.
pub(super) const NAME_CHARS_MAX: usize = 255;
/// The largest key, bytes: one of RSA with 16,384 bits has 13 KiB.
pub(super) const VALUE_BYTES_MAX: usize = 64 * 1024;
/// Keys of one organization.
const KEYS_MAX: u64 = 1000;

/// Makes a key. The value is any text (api-contract section 20 row 10).
pub(super) async fn create(
    app: &App,
    granted: &Granted<OrganizationScope>,
    body: &Incoming,
) -> ApiResult<SshKey> {
    body.expect_kind("ssh-keys")?;
    body.attributes.required_text("name")?;
    body.attributes.required_text("value")?;
    let mut key = SshKey {
        id: SshKeyId::random(),
        organization_id: granted.organization_id.clone(),
        name: String::new(),
        value_sealed: Vec::new(),
        created_at: app.clock.now(),
    };
    apply(app, &mut key, body)?;
    let mut tx = app.db.begin().await?;
    if store::count(&mut tx, &granted.organization_id).await? >= KEYS_MAX {
        let detail = format!("an organization has at most {KEYS_MAX} ssh keys");
        return Err(ApiError::unprocessable("too many ssh keys", detail));
    }
    store::insert(&mut tx, &key).await?;
    tx.commit().await?;
    Ok(key)
}

/// Changes what the body names.
pub(super) async fn update(app: &App, id: &SshKeyId, body: &Incoming) -> ApiResult<SshKey> {
    body.expect_kind("ssh-keys")?;
    let mut tx = app.db.begin().await?;
    store::hold(&mut tx, id).await?;
    let mut key = store::find(&mut tx, id).await?.ok_or_else(ApiError::not_found)?;
    apply(app, &mut key, body)?;
    store::update(&mut tx, &key).await?;
    tx.commit().await?;
    Ok(key)
}

/// Deletes a key.
pub(super) async fn delete(app: &App, id: &SshKeyId) -> ApiResult<()> {
    let mut tx = app.db.begin().await?;
    if !store::delete(&mut tx, id).await? {
        return Err(ApiError::not_found());
    }
    Ok(tx.commit().await?)
}

fn apply(app: &App, key: &mut SshKey, body: &Incoming) -> ApiResult<()> {
    let given = &body.attributes;
    given.text("name")?.set(&mut key.name);
    if key.name.is_empty() || key.name.chars().count() > NAME_CHARS_MAX {
        let detail = format!("Name must have 1 to {NAME_CHARS_MAX} characters");
        return Err(ApiError::invalid_attribute("name", detail));
    }
    if let Given::Value(value) = given.text("value")? {
        if value.is_empty() || value.len() > VALUE_BYTES_MAX {
            let detail = format!("value must have 1 to {VALUE_BYTES_MAX} bytes");
            return Err(ApiError::invalid_attribute("value", detail));
        }
        key.value_sealed = app.secrets.seal(place(&key.id), value.as_bytes());
    }
    Ok(())
}

fn place(id: &SshKeyId) -> Place<'_> {
    Place { column: "ssh_keys.value", id: id.as_str() }
}

/// The private key of a workspace, for its runs; `None` when it uses none.
pub async fn open(app: &App, tx: &mut Tx, workspace: &WorkspaceId) -> ApiResult<Option<Secret>> {
    let Some(key) = store::of_workspace(tx, workspace).await? else { return Ok(None) };
    let plain = app.secrets.open(place(&key.id), &key.value_sealed)?;
    let text = String::from_utf8(plain).map_err(|_| ApiError::Broken("an ssh key is not UTF-8".into()))?;
    Ok(Some(Secret::new(text)))
}
