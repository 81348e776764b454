//! The `workspaces` table.

mod list;

pub use list::{Filter, Order, by_ids, count, list, shapes};

use super::model::LockKind;
use crate::clock::Time;
use crate::ids::{OrganizationId, ProjectId, WorkspaceId};
use crate::plans::model::EngineName;
use crate::platform::db::{DbError, Exec, Tx, sql, sql_in};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT w.id, w.organization_id, o.name AS organization_name, w.project_id, w.name, w.description, w.engine, ",
            "w.terraform_version, w.working_directory, w.auto_apply, w.auto_apply_run_trigger, w.allow_destroy_plan, ",
            "w.queue_all_runs, w.speculative_enabled, w.file_triggers_enabled, w.trigger_prefixes, w.trigger_patterns, ",
            "w.global_remote_state, w.source, w.source_name, w.source_url, w.lock_kind, w.lock_holder_id, w.lock_reason, ",
            "w.current_run_id, w.current_configuration_version_id, w.current_state_version_id, w.resource_count, ",
            "w.created_at, w.updated_at ",
            "FROM workspaces w JOIN organizations o ON o.id = w.organization_id ",
            $rest
        )
    };
}
pub(super) use select;

const FIND: &str = select!("WHERE w.id = $1");
const OF_IDS: &str = select!("WHERE w.id IN ($1)");
const INSERT: &str = "INSERT INTO workspaces (id, organization_id, project_id, name, description, engine, terraform_version, \
     working_directory, auto_apply, auto_apply_run_trigger, allow_destroy_plan, queue_all_runs, speculative_enabled, \
     file_triggers_enabled, trigger_prefixes, trigger_patterns, global_remote_state, source, source_name, source_url, \
     created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, \
     $19, $20, $21, $21)";
const UPDATE: &str = "UPDATE workspaces SET project_id = $1, name = $2, description = $3, engine = $4, \
     terraform_version = $5, working_directory = $6, auto_apply = $7, auto_apply_run_trigger = $8, \
     allow_destroy_plan = $9, queue_all_runs = $10, speculative_enabled = $11, file_triggers_enabled = $12, \
     trigger_prefixes = $13, trigger_patterns = $14, global_remote_state = $15, source_name = $16, source_url = $17, \
     updated_at = $18 WHERE id = $19";
const GUARD: &str = "UPDATE workspaces SET updated_at = $1 WHERE id = $2";
const DELETE: &str = "DELETE FROM workspaces WHERE id = $1";
const LOCK: &str = "UPDATE workspaces SET lock_kind = $1, lock_holder_id = $2, lock_reason = $3, locked_at = $4 \
     WHERE id = $5 AND lock_kind IS NULL";
const UNLOCK: &str = "UPDATE workspaces SET lock_kind = NULL, lock_holder_id = NULL, lock_reason = NULL, locked_at = NULL \
     WHERE id = $1 AND lock_kind = $2 AND lock_holder_id = $3";
const SET_LOCK_REASON: &str = "UPDATE workspaces SET lock_reason = $1, updated_at = $2 WHERE id = $3";
const SET_CURRENT_RUN: &str = "UPDATE workspaces SET current_run_id = $1 WHERE id = $2";
const SET_CURRENT_CONFIGURATION: &str =
    "UPDATE workspaces SET current_configuration_version_id = $1 WHERE id = $2";
const SET_CURRENT_STATE_VERSION: &str =
    "UPDATE workspaces SET current_state_version_id = $1, resource_count = $2 WHERE id = $3";

/// Every statement here.
pub const STATEMENTS: &[&str] = &[
    FIND,
    OF_IDS,
    INSERT,
    UPDATE,
    GUARD,
    DELETE,
    LOCK,
    UNLOCK,
    SET_LOCK_REASON,
    SET_CURRENT_RUN,
    SET_CURRENT_CONFIGURATION,
    SET_CURRENT_STATE_VERSION,
];

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
}

/// A workspace by id.
pub async fn find(exec: impl Exec, id: &WorkspaceId) -> Result<Option<Workspace>, DbError> {
    exec.optional(sql(FIND).bind(id)).await
}

/// Some by id.
pub async fn of_ids(exec: impl Exec, ids: &[&WorkspaceId]) -> Result<Vec<Workspace>, DbError> {
    exec.all(sql_in(OF_IDS, ids.iter().copied().map(Into::into))).await
}

/// Makes a workspace as it stands in `row`.
pub async fn insert(tx: &mut Tx, row: &Workspace) -> Result<(), DbError> {
    let query = sql(INSERT)
        .bind(&row.id)
        .bind(&row.organization_id)
        .bind(&row.project_id)
        .bind(&row.name)
        .bind(row.description.clone())
        .bind(row.engine)
        .bind(&row.terraform_version)
        .bind(row.working_directory.clone())
        .bind(row.auto_apply)
        .bind(row.auto_apply_run_trigger)
        .bind(row.allow_destroy_plan)
        .bind(row.queue_all_runs)
        .bind(row.speculative_enabled)
        .bind(row.file_triggers_enabled)
        .bind(&row.trigger_prefixes)
        .bind(&row.trigger_patterns)
        .bind(row.global_remote_state)
        .bind(&row.source)
        .bind(row.source_name.clone())
        .bind(row.source_url.clone())
        .bind(row.created_at);
    tx.run(query).await.map(drop)
}

/// Writes the settings of `row`.
pub async fn update(tx: &mut Tx, row: &Workspace) -> Result<(), DbError> {
    let query = sql(UPDATE)
        .bind(&row.project_id)
        .bind(&row.name)
        .bind(row.description.clone())
        .bind(row.engine)
        .bind(&row.terraform_version)
        .bind(row.working_directory.clone())
        .bind(row.auto_apply)
        .bind(row.auto_apply_run_trigger)
        .bind(row.allow_destroy_plan)
        .bind(row.queue_all_runs)
        .bind(row.speculative_enabled)
        .bind(row.file_triggers_enabled)
        .bind(&row.trigger_prefixes)
        .bind(&row.trigger_patterns)
        .bind(row.global_remote_state)
        .bind(row.source_name.clone())
        .bind(row.source_url.clone())
        .bind(row.updated_at)
        .bind(&row.id);
    tx.run(query).await.map(drop)
}

/// Takes the workspace's row for the rest of the transaction: what reads and then writes begins here. False when
/// there is no such workspace.
pub async fn guard(tx: &mut Tx, id: &WorkspaceId, now: Time) -> Result<bool, DbError> {
    Ok(tx.run(sql(GUARD).bind(now).bind(id)).await? == 1)
}

/// Deletes a workspace with everything in it.
pub async fn delete(tx: &mut Tx, id: &WorkspaceId) -> Result<(), DbError> {
    tx.run(sql(DELETE).bind(id)).await.map(drop)
}

/// Takes the lock; false when somebody has it.
pub async fn lock(
    tx: &mut Tx,
    id: &WorkspaceId,
    kind: LockKind,
    holder: &str,
    reason: Option<String>,
    now: Time,
) -> Result<bool, DbError> {
    let query = sql(LOCK).bind(kind).bind(holder).bind(reason).bind(now).bind(id);
    Ok(tx.run(query).await? == 1)
}

/// Gives the lock back; false when this holder has it not.
pub async fn unlock(tx: &mut Tx, id: &WorkspaceId, kind: LockKind, holder: &str) -> Result<bool, DbError> {
    Ok(tx.run(sql(UNLOCK).bind(id).bind(kind).bind(holder)).await? == 1)
}

/// Says why a workspace is locked.
pub async fn set_lock_reason(tx: &mut Tx, id: &WorkspaceId, reason: &str, now: Time) -> Result<(), DbError> {
    tx.run(sql(SET_LOCK_REASON).bind(reason).bind(now).bind(id)).await.map(drop)
}

/// Names the run that is first in line.
pub async fn set_current_run(tx: &mut Tx, id: &WorkspaceId, run: &str) -> Result<(), DbError> {
    tx.run(sql(SET_CURRENT_RUN).bind(run).bind(id)).await.map(drop)
}

/// Names the configuration of the next run that names none.
pub async fn set_current_configuration(
    tx: &mut Tx,
    id: &WorkspaceId,
    configuration: &str,
) -> Result<(), DbError> {
    tx.run(sql(SET_CURRENT_CONFIGURATION).bind(configuration).bind(id)).await.map(drop)
}

/// Names the state that the next plan starts from, and how many instances it manages.
pub async fn set_current_state_version(
    tx: &mut Tx,
    id: &WorkspaceId,
    state_version: &str,
    resource_count: i64,
) -> Result<(), DbError> {
    tx.run(sql(SET_CURRENT_STATE_VERSION).bind(state_version).bind(resource_count).bind(id)).await.map(drop)
}
