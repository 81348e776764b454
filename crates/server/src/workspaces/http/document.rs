//! A workspace as a JSON:API resource (api-contract 8.2, 11.3).

use crate::clock::Time;
use crate::execution_mode::{Execution, ExecutionMode};
use crate::plans::model::EngineName;
use crate::platform::openapi::ResourceType;
use crate::workspaces::auto_destroy::effective_duration;
use crate::workspaces::store::Workspace;
use schemars::JsonSchema;
use serde::Serialize;
use terrane_jsonapi::{Relationship, Resource, ResourceId};

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct WorkspaceAttributes<'a> {
    name: &'a str,
    description: Option<&'a str>,
    environment: &'static str,
    execution_mode: ExecutionMode,
    agent_pool_id: Option<&'a str>,
    setting_overwrites: SettingOverwrites,
    operations: bool,
    engine: EngineName,
    terraform_version: &'a str,
    working_directory: Option<&'a str>,
    auto_apply: bool,
    auto_apply_run_trigger: bool,
    allow_destroy_plan: bool,
    queue_all_runs: bool,
    speculative_enabled: bool,
    structured_run_output_enabled: bool,
    file_triggers_enabled: bool,
    trigger_prefixes: Vec<String>,
    trigger_patterns: Vec<String>,
    global_remote_state: bool,
    project_remote_state: bool,
    assessments_enabled: bool,
    last_assessment_result_at: Option<Time>,
    auto_destroy_at: Option<Time>,
    auto_destroy_activity_duration: Option<&'a str>,
    auto_destroy_status: Option<&'a str>,
    inherits_project_auto_destroy: bool,
    tag_names: Vec<&'a str>,
    vcs_repo: Option<()>,
    vcs_repo_identifier: Option<()>,
    source: &'a str,
    source_name: Option<&'a str>,
    source_url: Option<&'a str>,
    locked: bool,
    locked_reason: Option<&'a str>,
    resource_count: i64,
    plan_duration_average: Option<i64>,
    apply_duration_average: Option<i64>,
    run_failures: Option<i64>,
    policy_check_failures: Option<i64>,
    workspace_kpis_runs_count: Option<i64>,
    can_queue_destroy_plan: bool,
    created_at: Time,
    updated_at: Time,
    latest_change_at: Time,
    actions: Actions,
    permissions: Permissions,
}

/// Workspaces, for their description.
pub const WORKSPACE: ResourceType = ResourceType::of::<WorkspaceAttributes<'static>>("workspaces");

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct SettingOverwrites {
    execution_mode: bool,
    agent_pool: bool,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct Actions {
    is_destroyable: bool,
}

/// The viewer's rights. Whoever sees a workspace is an owner or a site administrator and has all of them; what
/// nobody can do here yet is `false`.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct Permissions {
    can_update: bool,
    can_destroy: bool,
    can_queue_destroy: bool,
    can_queue_run: bool,
    can_queue_apply: bool,
    can_read_run: bool,
    can_read_settings: bool,
    can_read_variable: bool,
    can_update_variable: bool,
    can_lock: bool,
    can_unlock: bool,
    can_force_unlock: bool,
    can_force_delete: bool,
    can_read_state_versions: bool,
    can_read_state_outputs: bool,
    can_create_state_versions: bool,
    can_manage_tags: bool,
    can_manage_assessments: bool,
    can_manage_ephemeral_workspaces: bool,
    can_manage_run_tasks: bool,
    can_read_assessment_results: bool,
}

const OWNER: Permissions = Permissions {
    can_update: true,
    can_destroy: true,
    can_queue_destroy: true,
    can_queue_run: true,
    can_queue_apply: true,
    can_read_run: true,
    can_read_settings: true,
    can_read_variable: true,
    can_update_variable: true,
    can_lock: true,
    can_unlock: true,
    can_force_unlock: true,
    can_force_delete: true,
    can_read_state_versions: true,
    can_read_state_outputs: true,
    can_create_state_versions: true,
    can_manage_tags: true,
    can_manage_assessments: false,
    can_manage_ephemeral_workspaces: true,
    can_manage_run_tasks: false,
    can_read_assessment_results: false,
};

fn list(json: &str) -> Vec<String> {
    serde_json::from_str(json).unwrap_or_default()
}

fn attributes<'a>(workspace: &'a Workspace, execution: &'a Execution) -> WorkspaceAttributes<'a> {
    let may_destroy = workspace.allow_destroy_plan && execution.mode != ExecutionMode::Local;
    WorkspaceAttributes {
        name: &workspace.name,
        description: workspace.description.as_deref(),
        environment: "default",
        execution_mode: execution.mode,
        agent_pool_id: execution.agent_pool_id.as_deref(),
        setting_overwrites: SettingOverwrites {
            execution_mode: workspace.execution_mode.is_some(),
            agent_pool: workspace.overwrites_agent_pool,
        },
        operations: execution.mode != ExecutionMode::Local,
        engine: workspace.engine,
        terraform_version: &workspace.terraform_version,
        working_directory: workspace.working_directory.as_deref(),
        auto_apply: workspace.auto_apply,
        auto_apply_run_trigger: workspace.auto_apply_run_trigger,
        allow_destroy_plan: workspace.allow_destroy_plan,
        queue_all_runs: workspace.queue_all_runs,
        speculative_enabled: workspace.speculative_enabled,
        // The wish is kept. Clients that read `true` here fetch a redacted plan, which this server does not make yet.
        structured_run_output_enabled: workspace.structured_run_output_enabled,
        file_triggers_enabled: workspace.file_triggers_enabled,
        trigger_prefixes: list(&workspace.trigger_prefixes),
        trigger_patterns: list(&workspace.trigger_patterns),
        global_remote_state: workspace.global_remote_state,
        project_remote_state: workspace.project_remote_state,
        assessments_enabled: workspace.assessments_enabled,
        last_assessment_result_at: None,
        auto_destroy_at: workspace.auto_destroy_at.map(Time),
        auto_destroy_activity_duration: effective_duration(workspace),
        auto_destroy_status: workspace.auto_destroy_status.as_deref(),
        inherits_project_auto_destroy: workspace.inherits_project_auto_destroy,
        tag_names: workspace.tag_names.as_deref().map_or_else(Vec::new, |names| names.split(',').collect()),
        vcs_repo: None,
        vcs_repo_identifier: None,
        source: &workspace.source,
        source_name: workspace.source_name.as_deref(),
        source_url: workspace.source_url.as_deref(),
        locked: workspace.lock().is_some(),
        locked_reason: workspace.lock_reason.as_deref(),
        resource_count: workspace.resource_count,
        plan_duration_average: workspace.plan_duration_average_ms,
        apply_duration_average: workspace.apply_duration_average_ms,
        run_failures: workspace.run_failures,
        policy_check_failures: workspace.counted_runs.map(|_| 0),
        workspace_kpis_runs_count: workspace.counted_runs,
        can_queue_destroy_plan: may_destroy,
        created_at: workspace.created_at,
        updated_at: workspace.updated_at,
        latest_change_at: workspace.updated_at,
        actions: Actions { is_destroyable: workspace.allow_destroy_plan },
        permissions: OWNER,
    }
}

/// The resource.
pub fn resource(workspace: &Workspace) -> Resource {
    let execution = workspace.execution();
    let own = format!("/api/v2/workspaces/{}", workspace.id);
    let to = |kind, id: &Option<String>| Relationship::One(id.as_ref().map(|id| ResourceId::new(kind, id)));
    let holder = workspace.lock().map(|(kind, id)| ResourceId::new(kind.resource_kind(), id));
    Resource::new("workspaces", &workspace.id, &attributes(workspace, &execution))
        .relate("organization", Relationship::to("organizations", &workspace.organization_name))
        .relate("project", Relationship::to("projects", &workspace.project_id))
        .relate("current-run", to("runs", &workspace.current_run_id))
        .relate("latest-run", to("runs", &workspace.current_run_id))
        .relate("locked-by", Relationship::One(holder))
        .relate(
            "current-configuration-version",
            to("configuration-versions", &workspace.current_configuration_version_id),
        )
        .relate("current-state-version", to("state-versions", &workspace.current_state_version_id))
        .relate("agent-pool", to("agent-pools", &execution.agent_pool_id))
        .relate("ssh-key", to("ssh-keys", &workspace.ssh_key_id))
        .relate("readme", Relationship::One(None))
        .relate("vars", Relationship::At(format!("{own}/vars")))
        .relate("tag-bindings", Relationship::At(format!("{own}/tag-bindings")))
        .relate("effective-tag-bindings", Relationship::At(format!("{own}/effective-tag-bindings")))
        .relate(
            "remote-state-consumers",
            Relationship::At(format!("{own}/relationships/remote-state-consumers")),
        )
        .link(
            "self",
            format!("/api/v2/organizations/{}/workspaces/{}", workspace.organization_name, workspace.name),
        )
        .link("self-html", format!("/app/{}/workspaces/{}", workspace.organization_name, workspace.name))
}
