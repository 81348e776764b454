//! The `workspaces` table.

mod consumers;
mod list;
mod row;

pub use consumers::{add_consumer, clear_consumers, consumers, count_consumers, remove_consumer};
pub use list::{Filter, Order, Tagged, by_ids, count, list, shapes};
pub use row::Workspace;

/// Every statement of the parts.
pub const PART_STATEMENTS: &[&str] = consumers::STATEMENTS;

use super::model::LockKind;
use super::run_ended::Counters;
use crate::clock::Time;
use crate::ids::{OrganizationId, ProjectId, SshKeyId, UserId, WorkspaceId};
use crate::platform::db::{DbError, Exec, Tx, sql, sql_in};
use crate::runs::model::RunStatus;
use crate::status_times::StatusTimes;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT w.id, w.organization_id, o.name AS organization_name, w.project_id, w.name, w.description, w.engine, ",
            "w.terraform_version, w.working_directory, w.auto_apply, w.auto_apply_run_trigger, w.allow_destroy_plan, ",
            "w.queue_all_runs, w.speculative_enabled, w.file_triggers_enabled, w.trigger_prefixes, w.trigger_patterns, ",
            "w.global_remote_state, w.project_remote_state, w.assessments_enabled, w.structured_run_output_enabled, ",
            "w.execution_mode, w.overwrites_agent_pool, w.agent_pool_id, w.ssh_key_id, ",
            "j.default_execution_mode AS project_execution_mode, j.default_agent_pool_id AS project_agent_pool_id, ",
            "o.default_execution_mode AS organization_execution_mode, ",
            "o.default_agent_pool_id AS organization_agent_pool_id, ",
            "w.auto_destroy_at, w.auto_destroy_activity_duration, w.auto_destroy_after_us, ",
            "w.inherits_project_auto_destroy, w.auto_destroy_status, w.auto_destroy_by, ",
            "j.auto_destroy_activity_duration AS project_auto_destroy_activity_duration, ",
            "w.plan_duration_average_ms, w.apply_duration_average_ms, w.run_failures, w.counted_runs, ",
            "(SELECT string_agg(n.name, ',' ORDER BY n.name) FROM (SELECT t.name FROM workspace_tags x ",
            "JOIN tags t ON t.id = x.tag_id WHERE x.workspace_id = w.id UNION SELECT b.key FROM tag_bindings b ",
            "WHERE b.workspace_id = w.id AND b.value = '') n) AS tag_names, ",
            "w.source, w.source_name, w.source_url, w.lock_kind, w.lock_holder_id, w.lock_reason, ",
            "w.current_run_id, w.current_configuration_version_id, w.current_state_version_id, w.resource_count, ",
            "w.created_at, w.updated_at ",
            "FROM workspaces w JOIN organizations o ON o.id = w.organization_id JOIN projects j ON j.id = w.project_id ",
            $rest
        )
    };
}
pub(super) use select;

const FIND: &str = select!("WHERE w.id = $1");
const OF_IDS: &str = select!("WHERE w.id IN ($1)");
const INSERT: &str = "INSERT INTO workspaces (id, organization_id, project_id, name, engine, terraform_version, source, \
     created_at, updated_at, auto_apply, auto_apply_run_trigger, allow_destroy_plan, queue_all_runs, \
     speculative_enabled, file_triggers_enabled, trigger_prefixes, trigger_patterns, global_remote_state) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, FALSE, FALSE, TRUE, FALSE, TRUE, TRUE, '[]', '[]', FALSE)";
const UPDATE: &str = "UPDATE workspaces SET project_id = $1, name = $2, description = $3, engine = $4, \
     terraform_version = $5, working_directory = $6, auto_apply = $7, auto_apply_run_trigger = $8, \
     allow_destroy_plan = $9, queue_all_runs = $10, speculative_enabled = $11, file_triggers_enabled = $12, \
     trigger_prefixes = $13, trigger_patterns = $14, global_remote_state = $15, source_name = $16, source_url = $17, \
     project_remote_state = $18, assessments_enabled = $19, structured_run_output_enabled = $20, \
     execution_mode = $21, overwrites_agent_pool = $22, agent_pool_id = $23, auto_destroy_at = $24, \
     auto_destroy_activity_duration = $25, auto_destroy_after_us = $26, inherits_project_auto_destroy = $27, \
     auto_destroy_status = $28, auto_destroy_by = $29, updated_at = $30 WHERE id = $31";
const SET_SSH_KEY: &str = "UPDATE workspaces SET ssh_key_id = $1 WHERE id = $2";
const IN_ORGANIZATION: &str = "SELECT id FROM workspaces WHERE id = $1 AND organization_id = $2";
const DESTROY_DUE: &str = "SELECT id, auto_destroy_at, auto_destroy_by FROM workspaces \
     WHERE auto_destroy_at <= $1 AND auto_destroy_by IS NOT NULL ORDER BY auto_destroy_at LIMIT 100";
const RESCHEDULE_DESTROY: &str = "UPDATE workspaces SET auto_destroy_at = $1, auto_destroy_status = $2 WHERE id = $3 AND auto_destroy_at = $4";
const DESTROY_AFTER_ACTIVITY: &str = "UPDATE workspaces SET auto_destroy_at = \
     CASE WHEN resource_count > 0 THEN CAST($1 AS BIGINT) + auto_destroy_after_us ELSE NULL END \
     WHERE id = $2 AND auto_destroy_after_us IS NOT NULL";
const INHERIT_DESTROY: &str = "UPDATE workspaces SET auto_destroy_after_us = $1, auto_destroy_at = $2, \
     auto_destroy_by = $3 WHERE project_id = $4 AND inherits_project_auto_destroy = TRUE";
const COUNTED_RUNS: &str = "SELECT r.status, r.status_times FROM runs r WHERE r.workspace_id = $1 \
     AND status IN ('applied', 'errored') ORDER BY r.created_at DESC LIMIT 30";
const SET_COUNTERS: &str = "UPDATE workspaces SET plan_duration_average_ms = $1, apply_duration_average_ms = $2, \
     run_failures = $3, counted_runs = $4 WHERE id = $5";
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
    SET_SSH_KEY,
    IN_ORGANIZATION,
    DESTROY_DUE,
    RESCHEDULE_DESTROY,
    DESTROY_AFTER_ACTIVITY,
    INHERIT_DESTROY,
    COUNTED_RUNS,
    SET_COUNTERS,
    GUARD,
    DELETE,
    LOCK,
    UNLOCK,
    SET_LOCK_REASON,
    SET_CURRENT_RUN,
    SET_CURRENT_CONFIGURATION,
    SET_CURRENT_STATE_VERSION,
];

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
        .bind(row.engine)
        .bind(&row.terraform_version)
        .bind(&row.source)
        .bind(row.created_at);
    tx.run(query).await?;
    update(tx, row).await
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
        .bind(row.project_remote_state)
        .bind(row.assessments_enabled)
        .bind(row.structured_run_output_enabled)
        .bind(row.execution_mode.clone())
        .bind(row.overwrites_agent_pool)
        .bind(row.agent_pool_id.clone())
        .bind(row.auto_destroy_at)
        .bind(row.auto_destroy_activity_duration.clone())
        .bind(row.auto_destroy_after_us)
        .bind(row.inherits_project_auto_destroy)
        .bind(row.auto_destroy_status.clone())
        .bind(row.auto_destroy_by.clone())
        .bind(row.updated_at)
        .bind(&row.id);
    tx.run(query).await.map(drop)
}

/// Names the key that a workspace's runs fetch modules with.
pub async fn set_ssh_key(tx: &mut Tx, id: &WorkspaceId, key: Option<&SshKeyId>) -> Result<(), DbError> {
    tx.run(sql(SET_SSH_KEY).bind(key.map(String::from)).bind(id)).await.map(drop)
}

/// Whether an organization has this workspace.
pub async fn is_in_organization(
    exec: impl Exec,
    id: &WorkspaceId,
    organization: &OrganizationId,
) -> Result<bool, DbError> {
    let found: Option<(String,)> = exec.optional(sql(IN_ORGANIZATION).bind(id).bind(organization)).await?;
    Ok(found.is_some())
}

/// A workspace whose time has come.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct DestroyDue {
    /// The workspace.
    #[sqlx(try_from = "String")]
    pub id: WorkspaceId,
    /// Its time.
    #[sqlx(try_from = "i64")]
    pub auto_destroy_at: Time,
    /// In whose name.
    #[sqlx(try_from = "String")]
    pub auto_destroy_by: UserId,
}

/// Those whose time has come, the longest over first.
pub async fn destroy_due(exec: impl Exec, now: Time) -> Result<Vec<DestroyDue>, DbError> {
    exec.all(sql(DESTROY_DUE).bind(now)).await
}

/// Sets another time, or none; false when somebody has changed it meanwhile.
pub async fn reschedule_destroy(
    tx: &mut Tx,
    id: &WorkspaceId,
    from: Time,
    to: Option<Time>,
    status: Option<&str>,
) -> Result<bool, DbError> {
    let (to, status) = (to.map(|at| at.0), status.map(str::to_owned));
    Ok(tx.run(sql(RESCHEDULE_DESTROY).bind(to).bind(status).bind(id).bind(from)).await? == 1)
}

/// Something has happened in a workspace: where a duration holds, it begins again; where nothing is managed, nothing
/// is scheduled.
pub async fn destroy_after_activity(tx: &mut Tx, id: &WorkspaceId, now: Time) -> Result<(), DbError> {
    tx.run(sql(DESTROY_AFTER_ACTIVITY).bind(now).bind(id)).await.map(drop)
}

/// Gives the workspaces of a project that inherit it another duration.
pub async fn inherit_destroy(
    tx: &mut Tx,
    project: &ProjectId,
    after_us: Option<i64>,
    at: Option<Time>,
    by: &UserId,
) -> Result<(), DbError> {
    let query = sql(INHERIT_DESTROY).bind(after_us).bind(at.map(|at| at.0)).bind(by).bind(project);
    tx.run(query).await.map(drop)
}

/// Status and times of the last runs that were applied or errored.
pub async fn counted_runs(
    exec: impl Exec,
    id: &WorkspaceId,
) -> Result<Vec<(RunStatus, StatusTimes)>, DbError> {
    let rows: Vec<(String, String)> = exec.all(sql(COUNTED_RUNS).bind(id)).await?;
    let read =
        |(status, times): (String, String)| Some((RunStatus::parse(&status)?, StatusTimes::from(times)));
    Ok(rows.into_iter().filter_map(read).collect())
}

/// Writes what the last runs came to.
pub async fn set_counters(tx: &mut Tx, id: &WorkspaceId, counters: &Counters) -> Result<(), DbError> {
    let query = sql(SET_COUNTERS)
        .bind(counters.plan_duration_average_ms)
        .bind(counters.apply_duration_average_ms)
        .bind(counters.run_failures)
        .bind(counters.counted_runs)
        .bind(id);
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
