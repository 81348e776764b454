//! A deleted workspace once more: its settings, as a document that is kept with its last state.

use super::create::{fresh, taken};
use super::settings::apply_settings;
use super::store::{self, Workspace};
use crate::app::App;
use crate::ids::UserId;
use crate::plans::model::EngineName;
use crate::platform::db::Tx;
use crate::platform::http::{ApiError, ApiResult};
use crate::projects;
use crate::recoverable_items::store::RecoverableItem;
use serde_json::{Value, json};
use terrane_jsonapi::Incoming;

/// What is kept of a workspace's settings, in the words in which a request gives them. What would act by itself, as a
/// time to destroy everything, is left out.
pub fn kept_settings(workspace: &Workspace) -> String {
    let list = |json: &str| serde_json::from_str(json).unwrap_or(Value::Null);
    let mut attributes = json!({
        "engine": workspace.engine,
        "terraform-version": workspace.terraform_version,
        "description": workspace.description,
        "working-directory": workspace.working_directory,
        "source-name": workspace.source_name,
        "source-url": workspace.source_url,
        "auto-apply": workspace.auto_apply,
        "auto-apply-run-trigger": workspace.auto_apply_run_trigger,
        "allow-destroy-plan": workspace.allow_destroy_plan,
        "queue-all-runs": workspace.queue_all_runs,
        "speculative-enabled": workspace.speculative_enabled,
        "file-triggers-enabled": workspace.file_triggers_enabled,
        "global-remote-state": workspace.global_remote_state,
        "project-remote-state": workspace.project_remote_state,
        "assessments-enabled": workspace.assessments_enabled,
        "structured-run-output-enabled": workspace.structured_run_output_enabled,
        "trigger-prefixes": list(&workspace.trigger_prefixes),
        "trigger-patterns": list(&workspace.trigger_patterns),
    });
    if let Some(mode) = &workspace.execution_mode {
        attributes["execution-mode"] = json!(mode);
        if let Some(pool) = &workspace.agent_pool_id {
            attributes["agent-pool-id"] = json!(pool);
        }
    }
    json!({ "data": { "type": "workspaces", "attributes": attributes } }).to_string()
}

/// Makes a workspace with the id, name and settings of a deleted one, in its project or, when that is gone, in the
/// organization's default project.
///
/// # Errors
/// 422 when its name is taken meanwhile, or when a setting cannot be any more.
pub async fn restore(
    app: &App,
    tx: &mut Tx,
    item: &RecoverableItem,
    organization_name: String,
    by: &UserId,
) -> ApiResult<()> {
    let now = app.clock.now();
    let settings = Incoming::parse(item.settings.as_bytes())?;
    let engine = settings.attributes.text("engine")?.value();
    let engine = engine.and_then(|name| EngineName::parse(&name)).unwrap_or(EngineName::Tofu);
    let organization = &item.organization_id;
    let project = projects::store::in_organization(&mut *tx, item.project_id.as_str(), organization).await?;
    let project = match project {
        Some(project) => project,
        None => projects::store::default_of(&mut *tx, organization).await?.ok_or_else(ApiError::not_found)?,
    };
    let of = (organization.clone(), organization_name);
    let mut workspace = fresh(item.workspace_id.clone(), of, item.workspace_name.clone(), engine, now);
    workspace.move_to(&project);
    // Nothing is destroyed by itself before somebody has looked at it.
    workspace.inherits_project_auto_destroy = false;
    apply_settings(tx, &mut workspace, &settings.attributes, by, now).await?;
    store::insert(tx, &workspace).await.map_err(taken)
}
