//! The `plans` table.

use super::model::{EngineName, PlanStatus};
use crate::clock::Time;
use crate::ids::{PlanId, RunId};
use crate::platform::db::{DbError, Exec, Tx, sql};
use crate::status_times::StatusTimes;
use terrane_wire::Counts;

macro_rules! select {
    ($condition:literal) => {
        concat!(
            "SELECT p.id, p.run_id, p.status, p.status_times, p.engine, p.engine_version, p.execution_mode, p.has_changes, ",
            "p.generated_configuration, p.resource_additions, p.resource_changes, p.resource_destructions, ",
            "p.resource_imports, p.json_object_id, p.created_at FROM plans p WHERE ",
            $condition
        )
    };
}

const FIND: &str = select!("p.id = $1");
const OF_RUN: &str = select!("p.run_id = $1");
const INSERT: &str = "INSERT INTO plans (id, run_id, status, status_times, engine, has_changes, generated_configuration, \
     log_size_bytes, created_at) VALUES ($1, $2, 'pending', $3, $4, FALSE, FALSE, 0, $5)";
const MOVE: &str =
    "UPDATE plans SET status = $1, status_times = status_times || $2 WHERE id = $3 AND status = $4";
const START: &str = "UPDATE plans SET status = 'running', status_times = status_times || $1, engine = $2, \
     engine_version = $3, execution_mode = $4 WHERE id = $5 AND status = 'queued'";
const ATTACH: &str = "UPDATE plans SET has_changes = $1, generated_configuration = $2, resource_additions = $3, \
     resource_changes = $4, resource_destructions = $5, resource_imports = $6 WHERE id = $7";
const RECORD: &str = "UPDATE plans SET plan_file_object_id = $1, json_object_id = $2, engine_sha256 = $3, \
     lock_file_sha256 = $4 WHERE id = $5";
const LOG_STATE: &str = "SELECT status, status_times, engine, engine_version, log_size_bytes, log_object_id FROM plans WHERE id = $1";
const LOG_SIZE: &str = "SELECT log_size_bytes FROM plans WHERE id = $1";
const SET_LOG_OBJECT: &str = "UPDATE plans SET log_object_id = $1 WHERE id = $2 AND log_object_id IS NULL";

/// Every statement here.
pub const STATEMENTS: &[&str] =
    &[FIND, OF_RUN, INSERT, MOVE, START, ATTACH, RECORD, LOG_STATE, LOG_SIZE, SET_LOG_OBJECT];

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
    /// `remote` once the embedded agent has it.
    pub execution_mode: Option<String>,
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
    /// The stored JSON plan.
    pub json_object_id: Option<String>,
    /// When its run was made.
    #[sqlx(try_from = "i64")]
    pub created_at: Time,
}

/// What reading a log needs to know.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct LogState {
    /// The plan's status.
    #[sqlx(try_from = "String")]
    pub status: PlanStatus,
    #[sqlx(try_from = "String")]
    status_times: StatusTimes,
    /// Which engine.
    #[sqlx(try_from = "String")]
    pub engine: EngineName,
    /// Its version, once started.
    pub engine_version: Option<String>,
    /// Stored bytes.
    pub log_size_bytes: i64,
    /// The object with the whole log, once compacted.
    pub log_object_id: Option<String>,
}

impl LogState {
    /// Whether the plan ever left `pending`.
    pub fn was_queued(&self) -> bool {
        self.status_times.get("queued-at").is_some()
    }
}

/// A plan by id.
pub async fn find(exec: impl Exec, id: &PlanId) -> Result<Option<Plan>, DbError> {
    exec.optional(sql(FIND).bind(id)).await
}

/// The plan of a run.
pub async fn of_run(exec: impl Exec, run: &RunId) -> Result<Option<Plan>, DbError> {
    exec.optional(sql(OF_RUN).bind(run)).await
}

/// Makes a run's plan.
pub async fn insert(
    tx: &mut Tx,
    id: &PlanId,
    run: &RunId,
    engine: EngineName,
    now: Time,
) -> Result<(), DbError> {
    let query =
        sql(INSERT).bind(id).bind(run).bind(StatusTimes::line("pending-at", now)).bind(engine).bind(now);
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

/// `queued → running` with the engine that plans; false when it is not queued any more.
pub async fn start(
    tx: &mut Tx,
    id: &PlanId,
    engine: EngineName,
    version: Option<&str>,
    mode: &str,
    now: Time,
) -> Result<bool, DbError> {
    let query =
        sql(START).bind(StatusTimes::line("started-at", now)).bind(engine).bind(version).bind(mode).bind(id);
    Ok(tx.run(query).await? == 1)
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

/// Notes what a plan left behind.
pub async fn record(
    tx: &mut Tx,
    id: &PlanId,
    plan_file: Option<&str>,
    json: Option<&str>,
    engine_sha256: Option<&str>,
    lock_file_sha256: Option<&str>,
) -> Result<(), DbError> {
    let query = sql(RECORD).bind(plan_file).bind(json).bind(engine_sha256).bind(lock_file_sha256).bind(id);
    tx.run(query).await.map(drop)
}

/// What reading the log needs.
pub async fn log_state(exec: impl Exec, id: &PlanId) -> Result<Option<LogState>, DbError> {
    exec.optional(sql(LOG_STATE).bind(id)).await
}

/// Stored bytes of the log.
pub async fn log_size(exec: impl Exec, id: &PlanId) -> Result<Option<i64>, DbError> {
    let row: Option<(i64,)> = exec.optional(sql(LOG_SIZE).bind(id)).await?;
    Ok(row.map(|(size,)| size))
}

/// Names the object with the whole log; false when there is one already.
pub async fn set_log_object(tx: &mut Tx, id: &PlanId, object: &str) -> Result<bool, DbError> {
    Ok(tx.run(sql(SET_LOG_OBJECT).bind(object).bind(id)).await? == 1)
}
