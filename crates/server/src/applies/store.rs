//! The `applies` table.

use super::lines::Done;
use super::model::ApplyStatus;
use crate::agents::Executor;
use crate::clock::Time;
use crate::ids::{AgentId, ApplyId, RunId};
use crate::platform::db::{DbError, Exec, Tx, sql, sql_in};
use crate::status_times::StatusTimes;

macro_rules! select {
    ($condition:literal) => {
        concat!(
            "SELECT a.id, a.run_id, a.status, a.status_times, a.resource_additions, a.resource_changes, ",
            "a.resource_destructions, a.resource_imports, a.errored_state_object_id, r.created_at, a.agent_id, ",
            "g.name AS agent_name, o.id AS agent_pool_id, o.name AS agent_pool_name, ",
            "(SELECT string_agg(s.id, ',' ORDER BY s.ordinal DESC) FROM state_versions s WHERE s.run_id = a.run_id) ",
            "AS state_version_ids ",
            "FROM applies a JOIN runs r ON r.id = a.run_id LEFT JOIN agents g ON g.id = a.agent_id ",
            "LEFT JOIN agent_pools o ON o.id = g.agent_pool_id WHERE ",
            $condition
        )
    };
}

const FIND: &str = select!("a.id = $1");
const OF_IDS: &str = select!("a.id IN ($1)");
const INSERT: &str = "INSERT INTO applies (id, run_id, status, status_times) VALUES ($1, $2, 'pending', $3)";
const MOVE: &str =
    "UPDATE applies SET status = $1, status_times = status_times || $2 WHERE id = $3 AND status = $4";
const GIVE_UP: &str = "UPDATE applies SET status = 'unreachable' WHERE run_id = $1 AND status = 'pending'";
const START: &str = "UPDATE applies SET status = 'running', status_times = status_times || $1, started_at = $2, \
     started_by = $3, started_epoch = $4, started_nonce = $5, started_plan_sha256 = $6, agent_id = $3 \
     WHERE id = $7 AND status = 'queued' AND started_at IS NULL";
const NONCE: &str =
    "SELECT started_nonce, started_epoch FROM applies WHERE id = $1 AND started_at IS NOT NULL";
const SET_DONE: &str = "UPDATE applies SET resource_additions = $1, resource_changes = $2, resource_destructions = $3, \
     resource_imports = $4 WHERE id = $5";
const SET_ERRORED_STATE: &str = "UPDATE applies SET errored_state_object_id = $1 WHERE id = $2";

/// Every statement here.
pub const STATEMENTS: &[&str] =
    &[FIND, OF_IDS, INSERT, MOVE, GIVE_UP, START, NONCE, SET_DONE, SET_ERRORED_STATE];

/// An apply as its API document needs it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Apply {
    /// The apply.
    #[sqlx(try_from = "String")]
    pub id: ApplyId,
    /// Its run.
    #[sqlx(try_from = "String")]
    pub run_id: RunId,
    /// Where it stands.
    #[sqlx(try_from = "String")]
    pub status: ApplyStatus,
    /// Since when.
    #[sqlx(try_from = "String")]
    pub status_times: StatusTimes,
    /// Who applies, or applied.
    #[sqlx(flatten)]
    pub executor: Executor,
    /// Created.
    pub resource_additions: Option<i64>,
    /// Updated.
    pub resource_changes: Option<i64>,
    /// Deleted.
    pub resource_destructions: Option<i64>,
    /// Imported.
    pub resource_imports: Option<i64>,
    /// The engine's `errored.tfstate`, or the snapshot that was kept in its place.
    pub errored_state_object_id: Option<String>,
    /// The states it wrote, newest first, with commas between them.
    pub state_version_ids: Option<String>,
    /// When its run was made.
    #[sqlx(try_from = "i64")]
    pub created_at: Time,
}

/// Who starts an apply, and with what.
#[derive(Debug, Clone, Copy)]
pub struct Starter<'a> {
    /// The agent.
    pub agent: &'a AgentId,
    /// Its lease.
    pub epoch: i64,
    /// Its word for this one start.
    pub nonce: &'a str,
    /// Hex SHA-256 of the plan file.
    pub plan_sha256: &'a str,
}

/// An apply by id.
pub async fn find(exec: impl Exec, id: &ApplyId) -> Result<Option<Apply>, DbError> {
    exec.optional(sql(FIND).bind(id)).await
}

/// Those of a page of runs.
pub async fn of_ids(exec: impl Exec, ids: &[&ApplyId]) -> Result<Vec<Apply>, DbError> {
    exec.all(sql_in(OF_IDS, ids.iter().copied().map(Into::into))).await
}

/// Makes a run's apply.
pub async fn insert(tx: &mut Tx, id: &ApplyId, run: &RunId, now: Time) -> Result<(), DbError> {
    tx.run(sql(INSERT).bind(id).bind(run).bind(StatusTimes::line("pending-at", now))).await.map(drop)
}

/// Moves an apply; false when it is not in `from` any more.
pub async fn advance(
    tx: &mut Tx,
    id: &ApplyId,
    from: ApplyStatus,
    to: ApplyStatus,
    now: Time,
) -> Result<bool, DbError> {
    debug_assert!(from.may_become(to), "{from:?} to {to:?}");
    let line = to.timestamp().map(|name| StatusTimes::line(name, now)).unwrap_or_default();
    Ok(tx.run(sql(MOVE).bind(to).bind(line).bind(id).bind(from)).await? == 1)
}

/// The run has ended without an apply.
pub async fn give_up(tx: &mut Tx, run: &RunId) -> Result<(), DbError> {
    tx.run(sql(GIVE_UP).bind(run)).await.map(drop)
}

/// `queued → running`, with who and what: once, ever. False when it was started before or has ended.
pub async fn start(tx: &mut Tx, id: &ApplyId, starter: Starter<'_>, now: Time) -> Result<bool, DbError> {
    let query = sql(START)
        .bind(StatusTimes::line("started-at", now))
        .bind(now)
        .bind(starter.agent)
        .bind(starter.epoch)
        .bind(starter.nonce)
        .bind(starter.plan_sha256)
        .bind(id);
    Ok(tx.run(query).await? == 1)
}

/// By which word, and under which lease, an apply was started.
pub async fn started_with(exec: impl Exec, id: &ApplyId) -> Result<Option<(String, i64)>, DbError> {
    exec.optional(sql(NONCE).bind(id)).await
}

/// Notes what was done.
pub async fn set_done(tx: &mut Tx, id: &ApplyId, done: &Done) -> Result<(), DbError> {
    let query = sql(SET_DONE)
        .bind(done.additions)
        .bind(done.changes)
        .bind(done.destructions)
        .bind(done.imports)
        .bind(id);
    tx.run(query).await.map(drop)
}

/// Notes the state that is left of an apply that broke.
pub async fn set_errored_state(tx: &mut Tx, id: &ApplyId, object: &str) -> Result<(), DbError> {
    tx.run(sql(SET_ERRORED_STATE).bind(object).bind(id)).await.map(drop)
}
