//! `PATCH /workspaces/:id`.

use super::auto_destroy;
use super::create::taken;
use super::engine_choice::choose_engine;
use super::model::Client;
use super::settings::apply_settings;
use super::store::{self, Workspace};
use crate::app::App;
use crate::platform::access::{Granted, WorkspaceScope};
use crate::platform::http::{ApiError, ApiResult};
use crate::projects;
use crate::tag_bindings::{self, Owner};
use terrane_jsonapi::{Given, Incoming};

/// Changes what the body names.
pub async fn update(
    app: &App,
    granted: &Granted<WorkspaceScope>,
    client: Client,
    body: &Incoming,
) -> ApiResult<Workspace> {
    body.expect_kind("workspaces")?;
    let attributes = &body.attributes;
    let mut tx = app.db.begin().await?;
    let now = app.clock.now();
    if !store::guard(&mut tx, &granted.workspace_id, now).await? {
        return Err(ApiError::not_found());
    }
    let mut workspace = store::find(&mut tx, &granted.workspace_id).await?.ok_or_else(ApiError::not_found)?;
    attributes.text("name")?.set(&mut workspace.name);
    if attributes.names("engine") || (attributes.names("terraform-version") && client.engine.is_some()) {
        workspace.engine = choose_engine(app, client, attributes).await?;
    }
    if let Given::Value(id) = body.related("project")? {
        let project = projects::store::in_organization(&mut tx, &id, &granted.organization_id).await?;
        let missing =
            || ApiError::invalid_relationship("project", "there is no such project in this organization");
        let project = project.ok_or_else(missing)?;
        if project.id != workspace.project_id {
            workspace.move_to(&project);
            auto_destroy::moved(&mut workspace, &granted.caller().user_id, now);
        }
    }
    apply_settings(&mut tx, &mut workspace, attributes, &granted.caller().user_id, now).await?;
    workspace.updated_at = now;
    store::update(&mut tx, &workspace).await.map_err(taken)?;
    tag_bindings::set_given(app, &mut tx, Owner::Workspace(&workspace.id), body).await?;
    let workspace = store::find(&mut tx, &workspace.id).await?.ok_or_else(ApiError::not_found)?;
    tx.commit().await?;
    Ok(workspace)
}
