//! Jobs: what waits for an agent and what is leased.
//!
//! Whoever writes about a run takes rows in this order: workspace, job, plan or apply, run. PostgreSQL ends one of two
//! transactions that take them in different orders, and somebody's request would fail.

mod orphans;

pub use orphans::{orphan, remove_orphan, stale_orphans, started};

/// Every statement of the parts.
pub const PART_STATEMENTS: &[&str] = orphans::STATEMENTS;

use super::lease::{Lease, Phase};
use crate::clock::Time;
use crate::ids::{AgentId, ApplyId, JobId, PlanId, RecoverableItemId, RunId, WorkspaceId};
use crate::platform::db::{DbError, Exec, Tx, sql};

/// The columns of [`JobRow`], for every query that reads one.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT j.id, j.run_id, j.phase, p.id AS plan_id, a.id AS apply_id, j.lease_epoch, j.attempt, j.agent_id, ",
            "j.lease_expires_at, j.is_started, j.silent_since, j.given_up_at, j.stop, g.agent_pool_id, CAST(NULL AS TEXT) AS orphan_of FROM jobs j ",
            "JOIN plans p ON p.run_id = j.run_id JOIN applies a ON a.run_id = j.run_id LEFT JOIN agents g ON g.id = j.agent_id ",
            $rest
        )
    };
}
use select;

const INSERT: &str = "INSERT INTO jobs (id, run_id, phase, priority, created_at, lease_epoch, attempt, is_started) \
     VALUES ($1, $2, $3, $4, $5, 0, 0, FALSE)";
const NEXT: &str = "SELECT id FROM jobs WHERE agent_id IS NULL AND given_up_at IS NULL \
     ORDER BY priority, created_at, id LIMIT 1";
const NEXT_SKIP_LOCKED: &str = "SELECT id FROM jobs WHERE agent_id IS NULL AND given_up_at IS NULL \
     ORDER BY priority, created_at, id LIMIT 1 FOR UPDATE SKIP LOCKED";
/// To its agent an orphan is a job that was given up and interrupted.
const FIND: &str = select!(
    "WHERE j.id = $1 UNION ALL SELECT o.id, o.run_id, 'apply', o.plan_id, o.apply_id, o.lease_epoch, o.attempt, \
     o.agent_id, CAST(NULL AS BIGINT), TRUE, CAST(NULL AS BIGINT), o.since, 'interrupt', o.agent_pool_id, o.item_id \
     FROM orphaned_jobs o WHERE o.id = $1"
);
const OF_RUN: &str = select!("WHERE j.run_id = $1 ORDER BY j.created_at DESC, j.id LIMIT 1");
const OF_AGENT: &str = select!("WHERE j.agent_id = $1 AND j.given_up_at IS NULL ORDER BY j.created_at, j.id");
const EXPIRED: &str = select!(
    "WHERE j.lease_expires_at IS NOT NULL AND j.lease_expires_at < $1 AND j.given_up_at IS NULL \
     ORDER BY j.lease_expires_at LIMIT 100"
);
const HOLD: &str = "UPDATE jobs SET lease_epoch = lease_epoch WHERE id = $1";
const HOLD_OF_RUN: &str = "UPDATE jobs SET lease_epoch = lease_epoch WHERE run_id = $1";
const SAVE: &str = "UPDATE jobs SET lease_epoch = $1, attempt = $2, agent_id = $3, lease_expires_at = $4, \
     is_started = $5, silent_since = $6, given_up_at = $7 WHERE id = $8";
const STOP: &str = "UPDATE jobs SET stop = $1 WHERE id = $2";
const DELETE: &str = "DELETE FROM jobs WHERE id = $1";
const DELETE_OF_WORKSPACE: &str = "DELETE FROM jobs WHERE run_id IN (SELECT id FROM runs WHERE workspace_id = $1) \
     RETURNING id";
const FORGET: &str = "DELETE FROM jobs WHERE given_up_at < $1";
const PUT_UPLOAD: &str = "INSERT INTO job_uploads (job_id, purpose, object_id) VALUES ($1, $2, $3) \
     ON CONFLICT (job_id, purpose) DO NOTHING";
const UPLOAD: &str = "SELECT object_id FROM job_uploads WHERE job_id = $1 AND purpose = $2";
const DISCARD_UPLOADS: &str = "INSERT INTO object_garbage (object_id, since) \
     SELECT u.object_id, CAST($2 AS BIGINT) FROM job_uploads u WHERE u.job_id = $1 ON CONFLICT (object_id) DO NOTHING";
const DELETE_UPLOADS: &str = "DELETE FROM job_uploads WHERE job_id = $1";
const COUNT: &str =
    "SELECT CAST(COUNT(*) AS BIGINT) FROM jobs WHERE agent_id IS NULL AND given_up_at IS NULL";

/// Every statement here.
pub const STATEMENTS: &[&str] = &[
    INSERT,
    NEXT,
    FIND,
    OF_RUN,
    OF_AGENT,
    EXPIRED,
    HOLD,
    HOLD_OF_RUN,
    SAVE,
    STOP,
    DELETE,
    DELETE_OF_WORKSPACE,
    FORGET,
    PUT_UPLOAD,
    UPLOAD,
    DISCARD_UPLOADS,
    DELETE_UPLOADS,
    COUNT,
];

/// What only PostgreSQL understands.
pub const POSTGRES_STATEMENTS: &[&str] = &[NEXT_SKIP_LOCKED];

#[derive(sqlx::FromRow)]
struct JobRow {
    #[sqlx(try_from = "String")]
    id: JobId,
    #[sqlx(try_from = "String")]
    run_id: RunId,
    #[sqlx(try_from = "String")]
    phase: Phase,
    #[sqlx(try_from = "String")]
    plan_id: PlanId,
    #[sqlx(try_from = "String")]
    apply_id: ApplyId,
    lease_epoch: i64,
    attempt: i64,
    agent_id: Option<String>,
    lease_expires_at: Option<i64>,
    is_started: bool,
    silent_since: Option<i64>,
    given_up_at: Option<i64>,
    stop: Option<String>,
    agent_pool_id: Option<String>,
    orphan_of: Option<String>,
}

/// A job, waiting or leased.
#[derive(Debug, Clone)]
pub struct Job {
    /// The job.
    pub id: JobId,
    /// Its run.
    pub run_id: RunId,
    /// Its run's plan.
    pub plan_id: PlanId,
    /// Its run's apply.
    pub apply_id: ApplyId,
    /// Who has it.
    pub lease: Lease,
    /// `interrupt` or `kill`, once ordered.
    pub stop: Option<String>,
    /// The pool of the agent that has it.
    pub agent_pool_id: Option<String>,
    /// Where its states go when its workspace is deleted; nothing else is left of its run then.
    pub orphan_of: Option<RecoverableItemId>,
}

impl From<JobRow> for Job {
    fn from(row: JobRow) -> Self {
        let lease = Lease {
            phase: row.phase,
            epoch: row.lease_epoch,
            attempt: row.attempt,
            agent: row.agent_id.map(AgentId::from),
            expires_at: row.lease_expires_at.map(Time),
            is_started: row.is_started,
            silent_since: row.silent_since.map(Time),
            given_up_at: row.given_up_at.map(Time),
        };
        let JobRow { id, run_id, plan_id, apply_id, stop, agent_pool_id, orphan_of, .. } = row;
        let orphan_of = orphan_of.map(RecoverableItemId::from);
        Self { id, run_id, plan_id, apply_id, lease, stop, agent_pool_id, orphan_of }
    }
}

impl Job {
    /// `plan-…` or `apply-…`.
    pub fn phase_id(&self) -> &str {
        match self.lease.phase {
            Phase::Plan => self.plan_id.as_str(),
            Phase::Apply => self.apply_id.as_str(),
        }
    }
}

/// Puts a phase of a run in the queue.
pub async fn insert(
    tx: &mut Tx,
    id: &JobId,
    run: &RunId,
    phase: Phase,
    priority: i64,
    now: Time,
) -> Result<(), DbError> {
    tx.run(sql(INSERT).bind(id).bind(run).bind(phase).bind(priority).bind(now)).await.map(drop)
}

/// The job that goes next, its row taken for the rest of the transaction.
pub async fn next(tx: &mut Tx) -> Result<Option<Job>, DbError> {
    let statement = if tx.dialect().skip_locked().is_empty() { NEXT } else { NEXT_SKIP_LOCKED };
    let row: Option<(String,)> = tx.optional(sql(statement)).await?;
    match row {
        Some((id,)) => find(tx, &JobId::from(id)).await,
        None => Ok(None),
    }
}

/// A job by id, as it stands; also one whose workspace was deleted while it applied.
pub async fn find(exec: impl Exec, id: &JobId) -> Result<Option<Job>, DbError> {
    let row: Option<JobRow> = exec.optional(sql(FIND).bind(id)).await?;
    Ok(row.map(Job::from))
}

/// A job by id, its row taken for the rest of the transaction.
pub async fn hold(tx: &mut Tx, id: &JobId) -> Result<Option<Job>, DbError> {
    tx.run(sql(HOLD).bind(id)).await?;
    find(tx, id).await
}

/// The latest job of a run, its row taken for the rest of the transaction.
pub async fn hold_of_run(tx: &mut Tx, run: &RunId) -> Result<Option<Job>, DbError> {
    tx.run(sql(HOLD_OF_RUN).bind(run)).await?;
    let row: Option<JobRow> = tx.optional(sql(OF_RUN).bind(run)).await?;
    Ok(row.map(Job::from))
}

/// What an agent has and was not given up.
pub async fn of_agent(exec: impl Exec, agent: &AgentId) -> Result<Vec<Job>, DbError> {
    let rows: Vec<JobRow> = exec.all(sql(OF_AGENT).bind(agent)).await?;
    Ok(rows.into_iter().map(Job::from).collect())
}

/// Jobs whose lease has run out, a hundred at the most.
pub async fn expired(exec: impl Exec, now: Time) -> Result<Vec<Job>, DbError> {
    let rows: Vec<JobRow> = exec.all(sql(EXPIRED).bind(now)).await?;
    Ok(rows.into_iter().map(Job::from).collect())
}

/// Writes a lease back. The job's row is held.
pub async fn save(tx: &mut Tx, job: &Job) -> Result<(), DbError> {
    let micros = |time: Option<Time>| time.map(|time| time.0);
    let lease = &job.lease;
    let query = sql(SAVE)
        .bind(lease.epoch)
        .bind(lease.attempt)
        .bind(lease.agent.as_ref().map(String::from))
        .bind(micros(lease.expires_at))
        .bind(lease.is_started)
        .bind(micros(lease.silent_since))
        .bind(micros(lease.given_up_at))
        .bind(&job.id);
    tx.run(query).await.map(drop)
}

/// Orders a job to end.
pub async fn stop(tx: &mut Tx, id: &JobId, how: &str) -> Result<(), DbError> {
    tx.run(sql(STOP).bind(how).bind(id)).await.map(drop)
}

/// Forgets a job that has ended.
pub async fn delete(tx: &mut Tx, id: &JobId) -> Result<(), DbError> {
    tx.run(sql(DELETE).bind(id)).await.map(drop)
}

/// Forgets the jobs of a workspace, leased or not; which they were.
pub async fn delete_of_workspace(tx: &mut Tx, workspace: &WorkspaceId) -> Result<Vec<JobId>, DbError> {
    let rows: Vec<(String,)> = tx.all(sql(DELETE_OF_WORKSPACE).bind(workspace)).await?;
    Ok(rows.into_iter().map(|(id,)| JobId::from(id)).collect())
}

/// Forgets what was given up before a time: nothing more is expected of it.
pub async fn forget_given_up(tx: &mut Tx, before: Time) -> Result<(), DbError> {
    tx.run(sql(FORGET).bind(before)).await.map(drop)
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

/// Throws away what a lost attempt has uploaded: the next one makes its own.
pub async fn discard_uploads(tx: &mut Tx, id: &JobId, now: Time) -> Result<(), DbError> {
    tx.run(sql(DISCARD_UPLOADS).bind(id).bind(now)).await?;
    tx.run(sql(DELETE_UPLOADS).bind(id)).await.map(drop)
}

/// How many jobs wait for an agent.
pub async fn waiting(exec: impl Exec) -> Result<i64, DbError> {
    let (count,): (i64,) = exec.one(sql(COUNT)).await?;
    Ok(count)
}
