//! `POST /organizations/:org/workspaces`.

use super::model::Client;
use super::store::{self, Workspace};
use super::update::{apply_settings, choose_engine};
use crate::app::App;
use crate::ids::WorkspaceId;
use crate::plans::model::EngineName;
use crate::platform::access::{Granted, OrganizationScope};
use crate::platform::db::DbError;
use crate::platform::http::{ApiError, ApiResult};
use crate::projects;
use terrane_jsonapi::Incoming;
use terrane_wire::VersionRequest;

/// Asked for when no engine is known.
const ANY_VERSION: &str = "latest";

/// Makes a workspace in the project the body names, by default the organization's default project.
pub async fn create(
    app: &App,
    granted: &Granted<OrganizationScope>,
    client: Client,
    body: &Incoming,
) -> ApiResult<Workspace> {
    body.expect_kind("workspaces")?;
    let name = body.attributes.required_text("name")?;
    let engine = choose_engine(app, client, &body.attributes).await?;
    let project = match body.related("project")?.value() {
        Some(id) => {
            projects::store::in_organization(&app.db, &id, &granted.organization_id).await?.ok_or_else(
                || ApiError::invalid_relationship("project", "there is no such project in this organization"),
            )?
        }
        None => projects::store::default_of(&app.db, &granted.organization_id)
            .await?
            .ok_or_else(ApiError::not_found)?,
    };
    let mut workspace = fresh(app, granted, name, engine);
    workspace.project_id = project.id;
    workspace.terraform_version = newest_version(app, engine).await;
    if client.is_cli {
        "terraform".clone_into(&mut workspace.source);
    }
    apply_settings(&mut workspace, &body.attributes)?;
    let mut tx = app.db.begin().await?;
    store::insert(&mut tx, &workspace).await.map_err(taken)?;
    tx.commit().await?;
    Ok(workspace)
}

fn fresh(app: &App, granted: &Granted<OrganizationScope>, name: String, engine: EngineName) -> Workspace {
    let now = app.clock.now();
    Workspace {
        id: WorkspaceId::random(),
        organization_id: granted.organization_id.clone(),
        organization_name: granted.organization_name.clone(),
        project_id: String::new().into(),
        name,
        description: None,
        engine,
        terraform_version: ANY_VERSION.to_owned(),
        working_directory: None,
        auto_apply: false,
        auto_apply_run_trigger: false,
        allow_destroy_plan: true,
        queue_all_runs: false,
        speculative_enabled: true,
        file_triggers_enabled: true,
        trigger_prefixes: "[]".to_owned(),
        trigger_patterns: "[]".to_owned(),
        global_remote_state: false,
        source: "tfe-api".to_owned(),
        source_name: None,
        source_url: None,
        lock_kind: None,
        lock_holder_id: None,
        lock_reason: None,
        current_run_id: None,
        current_configuration_version_id: None,
        current_state_version_id: None,
        resource_count: 0,
        created_at: now,
        updated_at: now,
    }
}

/// The version a workspace gets that names none: the newest engine of its kind here.
async fn newest_version(app: &App, engine: EngineName) -> String {
    let engines = app.engines().await;
    let versions = engines.iter().filter(|found| found.engine.kind == engine.kind());
    let newest = VersionRequest::parse(ANY_VERSION)
        .and_then(|latest| latest.best(versions.map(|found| found.engine.version.as_str())));
    newest.unwrap_or(ANY_VERSION).to_owned()
}

/// A unique constraint on a workspace can only be its name.
pub(super) fn taken(error: DbError) -> ApiError {
    match error {
        DbError::Unique(_) => ApiError::invalid_attribute("name", "Name has already been taken"),
        other => other.into(),
    }
}
