//! `POST /projects/:id/relationships/workspaces`: moves workspaces into a project, all of them or none.

use super::store;
use crate::app::App;
use crate::ids::{ProjectId, WorkspaceId};
use crate::platform::access::{Granted, OrganizationScope};
use crate::platform::http::{ApiError, ApiResult};
use crate::workspaces;
use crate::workspaces::auto_destroy;
use terrane_jsonapi::Item;

/// Moves workspaces of the same organization.
///
/// # Errors
/// 403 when one of them is not there for the caller (api-contract 2.5), 422 for an item without an id.
pub(super) async fn move_in(
    app: &App,
    granted: &Granted<OrganizationScope>,
    id: &ProjectId,
    items: &[Item],
) -> ApiResult<()> {
    let now = app.clock.now();
    let mut named: Vec<(&str, &Item)> = Vec::new();
    for item in items {
        named.push((item.required_id()?, item));
    }
    // In one order, so that two moves do not wait for each other.
    named.sort_by_key(|(workspace, _)| *workspace);
    let mut tx = app.db.begin().await?;
    let project = store::find(&mut tx, id).await?.ok_or_else(ApiError::not_found)?;
    for (workspace, item) in named {
        let workspace = WorkspaceId::from(workspace.to_owned());
        let is_held = workspaces::store::guard(&mut tx, &workspace, now).await?;
        let found = workspaces::store::find(&mut tx, &workspace).await?;
        let found = found.filter(|found| is_held && found.organization_id == granted.organization_id);
        let Some(mut found) = found else {
            let detail = "there is no such workspace in this organization, or you may not move it";
            return Err(ApiError::forbidden(&item.place, detail));
        };
        found.move_to(&project);
        auto_destroy::moved(&mut found, &granted.caller().user_id, now);
        workspaces::store::update(&mut tx, &found).await?;
    }
    Ok(tx.commit().await?)
}
