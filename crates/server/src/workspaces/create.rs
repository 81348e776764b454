//! `POST /organizations/:org/workspaces`.

use super::auto_destroy;
use super::engine_choice::choose_engine;
use super::model::Client;
use super::settings::apply_settings;
use super::store::{self, Workspace};
use crate::app::App;
use crate::clock::Time;
use crate::ids::{OrganizationId, WorkspaceId};
use crate::plans::model::EngineName;
use crate::platform::access::{Granted, OrganizationScope};
use crate::platform::db::DbError;
use crate::platform::http::{ApiError, ApiResult};
use crate::projects;
use crate::tag_bindings::{self, Owner};
use crate::terraform_versions;
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
    let version = newest_version(app, engine).await?;
    let mut tx = app.db.begin().await?;
    let project = match body.related("project")?.value() {
        Some(id) => {
            let found = projects::store::in_organization(&mut tx, &id, &granted.organization_id).await?;
            found.ok_or_else(|| {
                ApiError::invalid_relationship("project", "there is no such project in this organization")
            })?
        }
        None => projects::store::default_of(&mut tx, &granted.organization_id)
            .await?
            .ok_or_else(ApiError::not_found)?,
    };
    let of = (granted.organization_id.clone(), granted.organization_name.clone());
    let mut workspace = fresh(WorkspaceId::random(), of, name, engine, app.clock.now());
    let (by, now) = (&granted.caller().user_id, workspace.created_at);
    workspace.move_to(&project);
    auto_destroy::moved(&mut workspace, by, now);
    workspace.terraform_version = version;
    if client.is_cli {
        "terraform".clone_into(&mut workspace.source);
    }
    apply_settings(&mut tx, &mut workspace, &body.attributes, by, now).await?;
    store::insert(&mut tx, &workspace).await.map_err(taken)?;
    tag_bindings::set_given(app, &mut tx, Owner::Workspace(&workspace.id), body).await?;
    let workspace = store::find(&mut tx, &workspace.id).await?.ok_or_else(ApiError::not_found)?;
    tx.commit().await?;
    Ok(workspace)
}

/// A workspace with every setting as it is by default.
pub(super) fn fresh(
    id: WorkspaceId,
    (organization_id, organization_name): (OrganizationId, String),
    name: String,
    engine: EngineName,
    now: Time,
) -> Workspace {
    Workspace {
        id,
        organization_id,
        organization_name,
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
        project_remote_state: false,
        assessments_enabled: false,
        structured_run_output_enabled: true,
        execution_mode: None,
        overwrites_agent_pool: false,
        agent_pool_id: None,
        ssh_key_id: None,
        project_execution_mode: None,
        project_agent_pool_id: None,
        organization_execution_mode: None,
        organization_agent_pool_id: None,
        auto_destroy_at: None,
        auto_destroy_activity_duration: None,
        auto_destroy_after_us: None,
        inherits_project_auto_destroy: true,
        auto_destroy_status: None,
        auto_destroy_by: None,
        project_auto_destroy_activity_duration: None,
        plan_duration_average_ms: None,
        apply_duration_average_ms: None,
        run_failures: None,
        counted_runs: None,
        tag_names: None,
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

/// The version a workspace gets that names none: the newest enabled engine of its kind here.
async fn newest_version(app: &App, engine: EngineName) -> ApiResult<String> {
    let engines = app.engines().await;
    let disabled = terraform_versions::disabled(&app.db).await?;
    let versions = engines.iter().filter(|found| found.engine.kind == engine.kind());
    let versions = versions.map(|found| found.engine.version.as_str());
    let enabled = versions.filter(|version| !disabled.has(engine, version));
    let newest = VersionRequest::parse(ANY_VERSION).and_then(|latest| latest.best(enabled));
    Ok(newest.unwrap_or(ANY_VERSION).to_owned())
}

/// A unique constraint on a workspace can only be its name.
pub(super) fn taken(error: DbError) -> ApiError {
    match error {
        DbError::Unique(_) => ApiError::invalid_attribute("name", "Name has already been taken"),
        other => other.into(),
    }
}
