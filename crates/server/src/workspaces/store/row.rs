//! A row with what its project and its organization say.

use crate::clock::Time;
use crate::execution_mode::{Execution, ExecutionMode, Level, effective};
use crate::ids::{OrganizationId, ProjectId, WorkspaceId};
use crate::plans::model::EngineName;
use crate::projects::store::Project;
use crate::workspaces::model::LockKind;

/// A workspace.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Workspace {
    /// The workspace.
    #[sqlx(try_from = "String")]
    pub id: WorkspaceId,
    /// Its organization.
    #[sqlx(try_from = "String")]
    pub organization_id: OrganizationId,
    /// The organization's name.
    pub organization_name: String,
    /// Its project.
    #[sqlx(try_from = "String")]
    pub project_id: ProjectId,
    /// Unique in the organization.
    pub name: String,
    /// For people.
    pub description: Option<String>,
    /// Which engine plans.
    #[sqlx(try_from = "String")]
    pub engine: EngineName,
    /// Exact, `latest` or a constraint.
    pub terraform_version: String,
    /// Relative to the archive.
    pub working_directory: Option<String>,
    /// Runs need no confirmation.
    pub auto_apply: bool,
    /// Nor those of run triggers.
    pub auto_apply_run_trigger: bool,
    /// Destroy plans may be made.
    pub allow_destroy_plan: bool,
    /// Runs of version control start before a first manual one.
    pub queue_all_runs: bool,
    /// Pull requests are planned.
    pub speculative_enabled: bool,
    /// Only changes of some paths start runs.
    pub file_triggers_enabled: bool,
    /// JSON list of those paths.
    pub trigger_prefixes: String,
    /// JSON list of patterns.
    pub trigger_patterns: String,
    /// Every workspace of the organization may read the state.
    pub global_remote_state: bool,
    /// Every workspace of the project may.
    pub project_remote_state: bool,
    /// Checked for drift.
    pub assessments_enabled: bool,
    /// Asked for: logs as JSON lines.
    pub structured_run_output_enabled: bool,
    /// Its own say about where runs happen; `None` inherits.
    pub execution_mode: Option<String>,
    /// Whether it has a say about the pool.
    pub overwrites_agent_pool: bool,
    /// Its own pool.
    pub agent_pool_id: Option<String>,
    /// The key that its runs fetch modules with.
    pub ssh_key_id: Option<String>,
    /// The project's say about where runs happen.
    pub project_execution_mode: Option<String>,
    /// The project's pool.
    pub project_agent_pool_id: Option<String>,
    /// The organization's say.
    pub organization_execution_mode: Option<String>,
    /// The organization's pool.
    pub organization_agent_pool_id: Option<String>,
    /// When everything in it is destroyed.
    pub auto_destroy_at: Option<i64>,
    /// Its own say how long after the last activity, such as `14d`.
    pub auto_destroy_activity_duration: Option<String>,
    /// How long in the end, microseconds.
    pub auto_destroy_after_us: Option<i64>,
    /// The project's say holds.
    pub inherits_project_auto_destroy: bool,
    /// `errored` when the last one could not be started.
    pub auto_destroy_status: Option<String>,
    /// Who asked for it; `None` for a time that was over when it was set.
    pub auto_destroy_by: Option<String>,
    /// The project's say how long.
    pub project_auto_destroy_activity_duration: Option<String>,
    /// Over the last counted runs.
    pub plan_duration_average_ms: Option<i64>,
    /// The same.
    pub apply_duration_average_ms: Option<i64>,
    /// How many of them failed.
    pub run_failures: Option<i64>,
    /// How many there are: applied or errored, 30 at the most.
    pub counted_runs: Option<i64>,
    /// Its flat tags and its keys without value, in order, with commas.
    pub tag_names: Option<String>,
    /// `tfe-api`, `terraform`.
    pub source: String,
    /// Said by its creator.
    pub source_name: Option<String>,
    /// Said by its creator.
    pub source_url: Option<String>,
    /// `run` or `user`.
    pub lock_kind: Option<String>,
    /// Whose lock it is.
    pub lock_holder_id: Option<String>,
    /// Why.
    pub lock_reason: Option<String>,
    /// The normal run in progress, or the last one.
    pub current_run_id: Option<String>,
    /// The configuration of the next run that names none.
    pub current_configuration_version_id: Option<String>,
    /// The state that the next plan starts from.
    pub current_state_version_id: Option<String>,
    /// Managed instances in that state.
    pub resource_count: i64,
    /// When made.
    #[sqlx(try_from = "i64")]
    pub created_at: Time,
    /// When last changed.
    #[sqlx(try_from = "i64")]
    pub updated_at: Time,
}

impl Workspace {
    /// Who holds the lock.
    pub fn lock(&self) -> Option<(LockKind, &str)> {
        Some((LockKind::parse(self.lock_kind.as_deref()?)?, self.lock_holder_id.as_deref()?))
    }

    /// Its own say about where runs happen.
    pub fn own_level(&self) -> Level {
        Level {
            mode: self.execution_mode.as_deref().and_then(ExecutionMode::parse),
            overwrites_pool: self.overwrites_agent_pool,
            agent_pool_id: self.agent_pool_id.clone(),
        }
    }

    /// Where runs happen in the end.
    pub fn execution(&self) -> Execution {
        let project =
            Level::of_row(self.project_execution_mode.as_deref(), self.project_agent_pool_id.as_deref());
        let organization = Level::of_row(
            self.organization_execution_mode.as_deref(),
            self.organization_agent_pool_id.as_deref(),
        );
        effective(&[&self.own_level(), &project, &organization])
    }

    /// Puts it into a project, with what that and its organization say.
    pub fn move_to(&mut self, project: &Project) {
        self.project_id = project.id.clone();
        self.project_execution_mode.clone_from(&project.default_execution_mode);
        self.project_agent_pool_id.clone_from(&project.default_agent_pool_id);
        self.organization_execution_mode.clone_from(&project.organization_execution_mode);
        self.organization_agent_pool_id.clone_from(&project.organization_agent_pool_id);
        self.project_auto_destroy_activity_duration.clone_from(&project.auto_destroy_activity_duration);
    }
}
