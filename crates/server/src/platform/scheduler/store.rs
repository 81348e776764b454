//! Jobs: what waits for an agent and what is leased.
//!
//! Whoever writes about a run takes rows in this order: workspace, job, plan, run. PostgreSQL ends one of two
//! transactions that take them in different orders, and somebody's request would fail.

use crate::clock::Time;
use crate::ids::{JobId, PlanId, RunId, WorkspaceId};
use crate::platform::db::{DbError, Exec, Tx, sql};

const INSERT: &str =
    "INSERT INTO jobs (id, run_id, priority, created_at, lease_epoch) VALUES ($1, $2, $3, $4, 0)";
const NEXT: &str =
    "SELECT id, run_id FROM jobs WHERE agent_instance IS NULL ORDER BY priority, created_at, id LIMIT 1";
const NEXT_SKIP_LOCKED: &str = "SELECT id, run_id FROM jobs WHERE agent_instance IS NULL \
     ORDER BY priority, created_at, id LIMIT 1 FOR UPDATE SKIP LOCKED";
const LEASE: &str = "UPDATE jobs SET agent_name = $1, agent_instance = $2, lease_expires_at = $3, \
     lease_epoch = lease_epoch + 1 WHERE id = $4 AND agent_instance IS NULL RETURNING lease_epoch";
const RENEW: &str = "UPDATE jobs SET lease_expires_at = $1 WHERE id = $2 AND lease_epoch = $3";
const FIND: &str = "SELECT j.id, j.run_id, p.id AS plan_id, j.lease_epoch, j.stop \
     FROM jobs j JOIN plans p ON p.run_id = j.run_id WHERE j.id = $1";
const OF_RUN: &str = "SELECT j.id, j.run_id, p.id AS plan_id, j.lease_epoch, j.stop \
     FROM jobs j JOIN plans p ON p.run_id = j.run_id WHERE j.run_id = $1";
const HOLD: &str = "UPDATE jobs SET lease_epoch = lease_epoch WHERE id = $1 AND lease_epoch = $2";
const HOLD_WAITING: &str =
    "UPDATE jobs SET lease_epoch = lease_epoch WHERE id = $1 AND agent_instance IS NULL";
const HOLD_OF_RUN: &str = "UPDATE jobs SET lease_epoch = lease_epoch WHERE run_id = $1";
const STOP: &str = "UPDATE jobs SET stop = $1 WHERE id = $2";
const DELETE: &str = "DELETE FROM jobs WHERE id = $1";
const LOST: &str = "SELECT j.id, j.run_id, p.id AS plan_id, j.lease_epoch, j.stop FROM jobs j \
     JOIN plans p ON p.run_id = j.run_id WHERE j.lease_expires_at IS NOT NULL AND j.lease_expires_at < $1 \
     ORDER BY j.lease_expires_at LIMIT 100";
const LEASED_BY: &str = "SELECT j.id, j.run_id, p.id AS plan_id, j.lease_epoch, j.stop FROM jobs j \
     JOIN plans p ON p.run_id = j.run_id WHERE j.agent_name = $1";
const PUT_UPLOAD: &str = "INSERT INTO job_uploads (job_id, purpose, object_id) VALUES ($1, $2, $3) \
     ON CONFLICT (job_id, purpose) DO NOTHING";
const UPLOAD: &str = "SELECT object_id FROM job_uploads WHERE job_id = $1 AND purpose = $2";
const COUNT: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM jobs WHERE agent_instance IS NULL";

const DELETE_OF_WORKSPACE: &str = "DELETE FROM jobs WHERE run_id IN (SELECT id FROM runs WHERE workspace_id = $1) \
     RETURNING id";

/// Every statement here.
pub const STATEMENTS: &[&str] = &[
    INSERT,
    NEXT,
    LEASE,
    RENEW,
    FIND,
    OF_RUN,
    HOLD,
    HOLD_OF_RUN,
    STOP,
    DELETE,
    LOST,
    LEASED_BY,
    PUT_UPLOAD,
    UPLOAD,
    COUNT,
    DELETE_OF_WORKSPACE,
    HOLD_WAITING,
];

/// What only PostgreSQL understands.
pub const POSTGRES_STATEMENTS: &[&str] = &[NEXT_SKIP_LOCKED];

/// A job that waits.
#[derive(Debug, sqlx::FromRow)]
pub struct WaitingJob {
    /// The job.
    #[sqlx(try_from = "String")]
    pub id: JobId,
    /// Its run.
    #[sqlx(try_from = "String")]
    pub run_id: RunId,
}

/// A job, waiting or leased.
#[derive(Debug, sqlx::FromRow)]
pub struct Job {
    /// The job.
    #[sqlx(try_from = "String")]
    pub id: JobId,
    /// Its run.
    #[sqlx(try_from = "String")]
    pub run_id: RunId,
    /// Its plan.
    #[sqlx(try_from = "String")]
    pub plan_id: PlanId,
    /// 0 while nobody has leased it.
    pub lease_epoch: i64,
    /// `interrupt` or `kill`, once ordered.
    pub stop: Option<String>,
}

impl Job {
    /// Whether an agent has it.
    pub fn is_leased(&self) -> bool {
        self.lease_epoch > 0
    }
}

/// Puts a run's phase in the queue.
pub async fn insert(tx: &mut Tx, id: &JobId, run: &RunId, priority: i64, now: Time) -> Result<(), DbError> {
    tx.run(sql(INSERT).bind(id).bind(run).bind(priority).bind(now)).await.map(drop)
}

/// The job that goes next, locked until the end of the transaction.
pub async fn next(tx: &mut Tx) -> Result<Option<WaitingJob>, DbError> {
    let statement = if tx.dialect().skip_locked().is_empty() { NEXT } else { NEXT_SKIP_LOCKED };
    tx.optional(sql(statement)).await
}

/// Gives a waiting job to an agent; the lease's epoch, or `None` when somebody was faster.
pub async fn lease(
    tx: &mut Tx,
    id: &JobId,
    agent_name: &str,
    agent_instance: &str,
    expires: Time,
) -> Result<Option<i64>, DbError> {
    let row: Option<(i64,)> =
        tx.optional(sql(LEASE).bind(agent_name).bind(agent_instance).bind(expires).bind(id)).await?;
    Ok(row.map(|(epoch,)| epoch))
}

/// Renews a lease; false when the epoch is not the job's any more.
pub async fn renew(tx: &mut Tx, id: &JobId, epoch: i64, expires: Time) -> Result<bool, DbError> {
    Ok(tx.run(sql(RENEW).bind(expires).bind(id).bind(epoch)).await? == 1)
}

/// A job by id.
pub async fn find(exec: impl Exec, id: &JobId) -> Result<Option<Job>, DbError> {
    exec.optional(sql(FIND).bind(id)).await
}

/// Takes a job's row for the rest of the transaction; false when its lease is another one by now.
pub async fn hold(tx: &mut Tx, id: &JobId, epoch: i64) -> Result<bool, DbError> {
    Ok(tx.run(sql(HOLD).bind(id).bind(epoch)).await? == 1)
}

/// The job of a run that is queued or being worked on, its row taken for the rest of the transaction.
pub async fn hold_of_run(tx: &mut Tx, run: &RunId) -> Result<Option<Job>, DbError> {
    tx.run(sql(HOLD_OF_RUN).bind(run)).await?;
    tx.optional(sql(OF_RUN).bind(run)).await
}

/// Orders a job to end.
pub async fn stop(tx: &mut Tx, id: &JobId, how: &str) -> Result<(), DbError> {
    tx.run(sql(STOP).bind(how).bind(id)).await.map(drop)
}

/// Forgets a job that has ended.
pub async fn delete(tx: &mut Tx, id: &JobId) -> Result<(), DbError> {
    tx.run(sql(DELETE).bind(id)).await.map(drop)
}

/// Jobs whose lease has run out.
pub async fn lost(exec: impl Exec, now: Time) -> Result<Vec<Job>, DbError> {
    exec.all(sql(LOST).bind(now)).await
}

/// Jobs an agent holds.
pub async fn leased_by(exec: impl Exec, agent_name: &str) -> Result<Vec<Job>, DbError> {
    exec.all(sql(LEASED_BY).bind(agent_name)).await
}

/// Notes what an agent has uploaded; false when that was there already.
pub async fn put_upload(tx: &mut Tx, id: &JobId, purpose: &str, object: &str) -> Result<bool, DbError> {
    Ok(tx.run(sql(PUT_UPLOAD).bind(id).bind(purpose).bind(object)).await? == 1)
}

/// What an agent has uploaded for a purpose.
pub async fn upload(exec: impl Exec, id: &JobId, purpose: &str) -> Result<Option<String>, DbError> {
    let row: Option<(String,)> = exec.optional(sql(UPLOAD).bind(id).bind(purpose)).await?;
    Ok(row.map(|(object,)| object))
}

/// How many jobs wait for an agent.
pub async fn waiting(exec: impl Exec) -> Result<i64, DbError> {
    let (count,): (i64,) = exec.one(sql(COUNT)).await?;
    Ok(count)
}

/// Takes the row of a job that still waits; false when an agent has it or it has ended.
pub async fn hold_waiting(tx: &mut Tx, id: &JobId) -> Result<bool, DbError> {
    Ok(tx.run(sql(HOLD_WAITING).bind(id)).await? == 1)
}

/// Forgets the jobs of a workspace, leased or not; which they were.
pub async fn delete_of_workspace(tx: &mut Tx, workspace: &WorkspaceId) -> Result<Vec<JobId>, DbError> {
    let rows: Vec<(String,)> = tx.all(sql(DELETE_OF_WORKSPACE).bind(workspace)).await?;
    Ok(rows.into_iter().map(|(id,)| JobId::from(id)).collect())
}
