//! Applies whose workspace was deleted while they were under way. To their agents they are jobs that were given up and
//! interrupted (`super::find`); what they still write goes to the item that the workspace has left.

use super::{Job, JobRow, select};
use crate::clock::Time;
use crate::ids::{JobId, RecoverableItemId, WorkspaceId};
use crate::platform::db::{DbError, Exec, Tx, sql};

const STARTED: &str = select!(
    "JOIN runs r ON r.id = j.run_id WHERE r.workspace_id = $1 AND j.is_started = TRUE \
     ORDER BY j.created_at DESC, j.id LIMIT 1"
);
const INSERT: &str = "INSERT INTO orphaned_jobs (id, item_id, run_id, plan_id, apply_id, lease_epoch, attempt, \
     agent_id, agent_pool_id, since) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
const REMOVE: &str = "DELETE FROM orphaned_jobs WHERE id = $1";
const STALE: &str = "SELECT id, item_id FROM orphaned_jobs WHERE since < $1 ORDER BY since LIMIT 100";

/// Every statement here.
pub const STATEMENTS: &[&str] = &[STARTED, INSERT, REMOVE, STALE];

/// The apply of a workspace whose engine may be running: the last one that was started and has not reported.
pub async fn started(exec: impl Exec, workspace: &WorkspaceId) -> Result<Option<Job>, DbError> {
    let row: Option<JobRow> = exec.optional(sql(STARTED).bind(workspace)).await?;
    Ok(row.map(Job::from))
}

/// Keeps a started apply beyond its workspace.
pub async fn orphan(tx: &mut Tx, job: &Job, item: &RecoverableItemId, now: Time) -> Result<(), DbError> {
    let query = sql(INSERT)
        .bind(&job.id)
        .bind(item)
        .bind(&job.run_id)
        .bind(&job.plan_id)
        .bind(&job.apply_id)
        .bind(job.lease.epoch)
        .bind(job.lease.attempt)
        .bind(job.lease.agent.as_ref().map(String::from))
        .bind(job.agent_pool_id.clone())
        .bind(now);
    tx.run(query).await.map(drop)
}

/// It has ended. The caller has the row of its item.
pub async fn remove_orphan(tx: &mut Tx, id: &JobId) -> Result<(), DbError> {
    tx.run(sql(REMOVE).bind(id)).await.map(drop)
}

/// Those of which nothing more is expected, because they were left before a time; a hundred at the most.
pub async fn stale_orphans(
    exec: impl Exec,
    before: Time,
) -> Result<Vec<(JobId, RecoverableItemId)>, DbError> {
    let rows: Vec<(String, String)> = exec.all(sql(STALE).bind(before)).await?;
    Ok(rows.into_iter().map(|(id, item)| (id.into(), item.into())).collect())
}
