//! Moves runs from `pending` into the queue of jobs, inside the transaction of whatever made room.

use super::lease::Phase;
use super::store;
use crate::applies::model::ApplyStatus;
use crate::clock::Time;
use crate::ids::{ApplyId, JobId, RunId, WorkspaceId};
use crate::plans::model::PlanStatus;
use crate::platform::db::{DbError, Tx};
use crate::runs::model::RunStatus;
use crate::workspaces::model::LockKind;
use crate::{applies, plans, runs, workspaces};

/// Among the jobs of all workspaces the lower number goes first (api-contract 4.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Priority {
    /// An apply: somebody waits for it, and it holds its workspace.
    Apply = 0,
    /// A plan that may be applied.
    NormalPlan = 1,
    /// A plan that is only looked at.
    SpeculativePlan = 2,
}

/// `pending → plan_queued` with a job an agent can claim. True when the run was moved: wake the agents after the
/// commit.
pub async fn queue_run(tx: &mut Tx, run: &RunId, priority: Priority, now: Time) -> Result<bool, DbError> {
    if !runs::store::advance(tx, run, RunStatus::Pending, RunStatus::PlanQueued, None, now).await? {
        return Ok(false);
    }
    if let Some(plan) = plans::store::of_run(&mut *tx, run).await? {
        plans::store::advance(tx, &plan.id, PlanStatus::Pending, PlanStatus::Queued, now).await?;
    }
    store::insert(tx, &JobId::random(), run, Phase::Plan, priority as i64, now).await?;
    Ok(true)
}

/// `confirmed → apply_queued` with a job an agent can claim. The caller wakes the agents after the commit.
pub async fn queue_apply(tx: &mut Tx, run: &RunId, apply: &ApplyId, now: Time) -> Result<(), DbError> {
    applies::store::advance(tx, apply, ApplyStatus::Pending, ApplyStatus::Queued, now).await?;
    runs::store::advance(tx, run, RunStatus::Confirmed, RunStatus::ApplyQueued, None, now).await?;
    store::insert(tx, &JobId::random(), run, Phase::Apply, Priority::Apply as i64, now).await
}

/// Starts the first normal run in a workspace's line when nothing holds the lock. While a person holds it that run
/// is the workspace's current run all the same, by which the CLI explains what it waits for. True when a run was
/// queued. The caller has taken the workspace's row.
pub async fn advance_workspace(tx: &mut Tx, workspace: &WorkspaceId, now: Time) -> Result<bool, DbError> {
    let Some(run) = runs::store::first_pending(&mut *tx, workspace).await? else { return Ok(false) };
    if workspaces::store::lock(tx, workspace, LockKind::Run, run.as_str(), None, now).await? {
        workspaces::store::set_current_run(tx, workspace, run.as_str()).await?;
        return queue_run(tx, &run, Priority::NormalPlan, now).await;
    }
    let held = workspaces::store::find(&mut *tx, workspace).await?;
    if held.is_some_and(|held| matches!(held.lock(), Some((LockKind::User | LockKind::Team, _)))) {
        workspaces::store::set_current_run(tx, workspace, run.as_str()).await?;
    }
    Ok(false)
}

/// A run has ended: its lock goes back and the next one starts. True when one was queued.
pub async fn release_workspace(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    run: &RunId,
    now: Time,
) -> Result<bool, DbError> {
    workspaces::store::unlock(tx, workspace, LockKind::Run, run.as_str()).await?;
    workspaces::run_ended(tx, workspace, now).await?;
    advance_workspace(tx, workspace, now).await
}
