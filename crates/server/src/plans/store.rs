//! The `plans` table.

use super::model::{EngineName, PlanStatus};
use crate::agents::Executor;
use crate::clock::Time;
use crate::execution_mode::ExecutionMode;
use crate::ids::{AgentId, PlanId, RunId};
use crate::platform::db::{DbError, Exec, Tx, sql, sql_in};
use crate::status_times::StatusTimes;
use terrane_wire::{Counts, Engine};

macro_rules! select {
    ($condition:literal) => {
        concat!(
            "SELECT p.id, p.run_id, p.status, p.status_times, p.engine, p.engine_version, p.has_changes, ",
            "p.generated_configuration, p.resource_additions, p.resource_changes, p.resource_destructions, ",
            "p.resource_imports, p.structured_output, p.json_object_id, p.redacted_object_id, p.schemas_object_id, p.created_at, p.agent_id, g.name AS agent_name, ",
            "o.id AS agent_pool_id, o.name AS agent_pool_name FROM plans p LEFT JOIN agents g ON g.id = p.agent_id ",
            "LEFT JOIN agent_pools o ON o.id = g.agent_pool_id WHERE ",
            $condition
        )
    };
}

const FIND: &str = select!("p.id = $1");
const OF_RUN: &str = select!("p.run_id = $1");
const OF_IDS: &str = select!("p.id IN ($1)");
const INSERT: &str = "INSERT INTO plans (id, run_id, status, status_times, engine, has_changes, generated_configuration, \
     structured_output, created_at) VALUES ($1, $2, 'pending', $3, $4, FALSE, FALSE, $5, $6)";
const MOVE: &str =
    "UPDATE plans SET status = $1, status_times = status_times || $2 WHERE id = $3 AND status = $4";
const START: &str = "UPDATE plans SET status = 'running', status_times = status_times || $1 \
     WHERE id = $2 AND status = 'queued'";
const SET_MAKER: &str = "UPDATE plans SET engine = $1, engine_version = $2, agent_id = $3, state_version_id = $4, \
     execution_mode = $5, structured_output = structured_output AND $6 WHERE id = $7 AND status = 'running'";
const ATTACH: &str = "UPDATE plans SET has_changes = $1, generated_configuration = $2, resource_additions = $3, \
     resource_changes = $4, resource_destructions = $5, resource_imports = $6 WHERE id = $7";
const RECORD: &str = "UPDATE plans SET plan_file_object_id = $1, json_object_id = $2, redacted_object_id = $3, \
     schemas_object_id = $4, engine_sha256 = $5, lock_file = $6 WHERE id = $7";
const MADE: &str = "SELECT engine, engine_version, engine_sha256, lock_file, state_version_id, plan_file_object_id, \
     generated_configuration, execution_mode, structured_output FROM plans WHERE run_id = $1";

/// Every statement here.
pub const STATEMENTS: &[&str] = &[FIND, OF_RUN, OF_IDS, INSERT, MOVE, START, SET_MAKER, ATTACH, RECORD, MADE];

/// A plan as its API document needs it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Plan {
    /// The plan.
    #[sqlx(try_from = "String")]
    pub id: PlanId,
    /// Its run.
    #[sqlx(try_from = "String")]
    pub run_id: RunId,
    /// Where it stands.
    #[sqlx(try_from = "String")]
    pub status: PlanStatus,
    /// Since when.
    #[sqlx(try_from = "String")]
    pub status_times: StatusTimes,
    /// Which engine.
    #[sqlx(try_from = "String")]
    pub engine: EngineName,
    /// Its exact version, once started.
    pub engine_version: Option<String>,
    /// Who makes it, or made it.
    #[sqlx(flatten)]
    pub executor: Executor,
    /// Would change resources or outputs.
    pub has_changes: bool,
    /// Holds generated configuration.
    pub generated_configuration: bool,
    /// Creates.
    pub resource_additions: Option<i64>,
    /// Updates.
    pub resource_changes: Option<i64>,
    /// Deletes.
    pub resource_destructions: Option<i64>,
    /// Imports.
    pub resource_imports: Option<i64>,
    /// The log holds the engine's JSON lines.
    pub structured_output: bool,
    /// The stored JSON plan.
    pub json_object_id: Option<String>,
    /// The stored redacted plan.
    pub redacted_object_id: Option<String>,
    /// The stored schemas of its providers.
    pub schemas_object_id: Option<String>,
    /// When its run was made.
    #[sqlx(try_from = "i64")]
    pub created_at: Time,
}

/// What a plan was made with: an apply needs the same.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Made {
    /// Which engine.
    #[sqlx(try_from = "String")]
    pub engine: EngineName,
    /// Its exact version.
    pub engine_version: Option<String>,
    /// Hex SHA-256 of its program.
    pub engine_sha256: Option<String>,
    /// The dependency lock file after `init`.
    pub lock_file: Option<String>,
    /// The state it was planned against; `None` when there was none.
    pub state_version_id: Option<String>,
    /// The stored plan file.
    pub plan_file_object_id: Option<String>,
    /// It holds configuration that the engine made up.
    pub generated_configuration: bool,
    /// Where runs happened then, as it is stored.
    pub execution_mode: Option<String>,
    /// The engine is to speak in JSON lines.
    pub structured_output: bool,
}

/// A plan by id.
pub async fn find(exec: impl Exec, id: &PlanId) -> Result<Option<Plan>, DbError> {
    exec.optional(sql(FIND).bind(id)).await
}

/// The plan of a run.
pub async fn of_run(exec: impl Exec, run: &RunId) -> Result<Option<Plan>, DbError> {
    exec.optional(sql(OF_RUN).bind(run)).await
}

/// Those of a page of runs.
pub async fn of_ids(exec: impl Exec, ids: &[&PlanId]) -> Result<Vec<Plan>, DbError> {
    exec.all(sql_in(OF_IDS, ids.iter().copied().map(Into::into))).await
}

/// Makes a run's plan.
pub async fn insert(
    tx: &mut Tx,
    id: &PlanId,
    run: &RunId,
    engine: EngineName,
    structured_output: bool,
    now: Time,
) -> Result<(), DbError> {
    let pending = StatusTimes::line("pending-at", now);
    let query = sql(INSERT).bind(id).bind(run).bind(pending).bind(engine).bind(structured_output).bind(now);
    tx.run(query).await.map(drop)
}

/// Moves a plan; false when it is not in `from` any more.
pub async fn advance(
    tx: &mut Tx,
    id: &PlanId,
    from: PlanStatus,
    to: PlanStatus,
    now: Time,
) -> Result<bool, DbError> {
    debug_assert!(from.may_become(to), "{from:?} to {to:?}");
    let line = to.timestamp().map(|name| StatusTimes::line(name, now)).unwrap_or_default();
    Ok(tx.run(sql(MOVE).bind(to).bind(line).bind(id).bind(from)).await? == 1)
}

/// `queued → running`; false when it is not queued any more, as in a second attempt.
pub async fn start(tx: &mut Tx, id: &PlanId, now: Time) -> Result<bool, DbError> {
    let line = StatusTimes::line("started-at", now);
    Ok(tx.run(sql(START).bind(line).bind(id)).await? == 1)
}

/// Who makes a plan, and what with.
#[derive(Debug, Clone, Copy)]
pub struct Maker<'a> {
    /// The engine.
    pub engine: &'a Engine,
    /// The agent that runs it.
    pub agent: &'a AgentId,
    /// The state it plans against; `None` when there is none.
    pub state_version: Option<&'a str>,
    /// Where the workspace's runs happen.
    pub execution_mode: ExecutionMode,
}

/// Notes who makes a running plan.
pub async fn set_maker(tx: &mut Tx, id: &PlanId, maker: Maker<'_>) -> Result<(), DbError> {
    let query = sql(SET_MAKER)
        .bind(EngineName::from(maker.engine.kind))
        .bind(&maker.engine.version)
        .bind(maker.agent)
        .bind(maker.state_version)
        .bind(maker.execution_mode)
        .bind(maker.engine.has_structured_output())
        .bind(id);
    tx.run(query).await.map(drop)
}

/// Notes what a plan would do.
pub async fn attach_counts(tx: &mut Tx, id: &PlanId, counts: &Counts) -> Result<(), DbError> {
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let query = sql(ATTACH)
        .bind(counts.has_changes)
        .bind(counts.generated_configuration)
        .bind(number(counts.additions))
        .bind(number(counts.changes))
        .bind(number(counts.destructions))
        .bind(number(counts.imports))
        .bind(id);
    tx.run(query).await.map(drop)
}

/// What a plan left behind, by the ids of stored objects.
#[derive(Debug, Clone)]
pub struct Left {
    /// The engine's plan file.
    pub plan_file: Option<String>,
    /// Its JSON form.
    pub json: Option<String>,
    /// The redacted one.
    pub redacted: Option<String>,
    /// The schemas of its providers.
    pub schemas: Option<String>,
}

/// Notes what a plan left behind, and what it was made with.
pub async fn record(
    tx: &mut Tx,
    id: &PlanId,
    left: &Left,
    engine_sha256: Option<&str>,
    lock_file: Option<&str>,
) -> Result<(), DbError> {
    let query = sql(RECORD)
        .bind(left.plan_file.as_deref())
        .bind(left.json.as_deref())
        .bind(left.redacted.as_deref())
        .bind(left.schemas.as_deref())
        .bind(engine_sha256)
        .bind(lock_file)
        .bind(id);
    tx.run(query).await.map(drop)
}

/// What the plan of a run was made with.
pub async fn made(exec: impl Exec, run: &RunId) -> Result<Option<Made>, DbError> {
    exec.optional(sql(MADE).bind(run)).await
}
