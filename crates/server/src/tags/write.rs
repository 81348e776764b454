//! Giving tags to workspaces, taking them away, deleting them.

use super::model::is_name;
use super::store::{self, Tag};
use crate::app::App;
use crate::ids::{OrganizationId, TagId, WorkspaceId};
use crate::platform::access::{Granted, OrganizationScope, WorkspaceScope};
use crate::platform::db::Tx;
use crate::platform::http::{ApiError, ApiResult};
use crate::workspaces;
use terrane_jsonapi::{Errors, Given, Item};

/// Gives a workspace the tags that a body names, by id or by name; those that are not there yet are made.
pub(super) async fn add(app: &App, granted: &Granted<WorkspaceScope>, items: &[Item]) -> ApiResult<()> {
    let mut tx = hold(app, &granted.workspace_id).await?;
    for item in items {
        let name = match item.attributes.text("name")? {
            Given::Value(name) if item.id.is_none() => name,
            _ => {
                let tag = named(&mut tx, &granted.organization_id, item).await?;
                store::tie(&mut tx, &granted.workspace_id, &tag.id).await?;
                continue;
            }
        };
        if !is_name(&name) {
            let detail = "name must have 1 to 255 characters, without spaces and commas";
            return Err(Errors::invalid(item.attributes.pointer("name"), detail).into());
        }
        store::insert(&mut tx, &granted.organization_id, &name, app.clock.now()).await?;
        let tag = store::by_name(&mut tx, &granted.organization_id, &name).await?;
        store::tie(&mut tx, &granted.workspace_id, &tag.ok_or_else(ApiError::not_found)?.id).await?;
    }
    Ok(tx.commit().await?)
}

/// Takes the tags from a workspace that a body names, by id or by name.
pub(super) async fn remove(app: &App, granted: &Granted<WorkspaceScope>, items: &[Item]) -> ApiResult<()> {
    let mut tx = hold(app, &granted.workspace_id).await?;
    for item in items {
        let tag = match item.attributes.text("name")? {
            Given::Value(name) if item.id.is_none() => {
                store::by_name(&mut tx, &granted.organization_id, &name).await?
            }
            _ => Some(named(&mut tx, &granted.organization_id, item).await?),
        };
        if let Some(tag) = tag {
            store::untie(&mut tx, &granted.workspace_id, &tag.id).await?;
        }
    }
    Ok(tx.commit().await?)
}

/// Deletes tags of an organization, all or none.
pub(super) async fn delete(app: &App, granted: &Granted<OrganizationScope>, items: &[Item]) -> ApiResult<()> {
    let mut tx = app.db.begin().await?;
    for item in items {
        let tag = named(&mut tx, &granted.organization_id, item).await?;
        store::delete(&mut tx, &granted.organization_id, tag.id.as_str()).await?;
    }
    Ok(tx.commit().await?)
}

/// Gives one tag to many workspaces of its organization, all or none.
pub(super) async fn add_workspaces(
    app: &App,
    granted: &Granted<OrganizationScope>,
    id: &TagId,
    items: &[Item],
) -> ApiResult<()> {
    let mut tx = app.db.begin().await?;
    for item in items {
        let workspace = WorkspaceId::from(item.required_id()?.to_owned());
        if !workspaces::store::is_in_organization(&mut tx, &workspace, &granted.organization_id).await? {
            return Err(item.wrong("there is no such workspace in this organization").into());
        }
        store::tie(&mut tx, &workspace, id).await?;
    }
    Ok(tx.commit().await?)
}

async fn named(tx: &mut Tx, organization: &OrganizationId, item: &Item) -> ApiResult<Tag> {
    let found = store::in_organization(tx, organization, item.required_id()?).await?;
    found.ok_or_else(|| item.wrong("there is no such tag in this organization").into())
}

async fn hold(app: &App, workspace: &WorkspaceId) -> ApiResult<Tx> {
    let mut tx = app.db.begin().await?;
    let is_there = workspaces::store::guard(&mut tx, workspace, app.clock.now()).await?;
    if is_there { Ok(tx) } else { Err(ApiError::not_found()) }
}
