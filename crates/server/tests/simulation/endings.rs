//! Ends of phases, as `plans/ingest.rs`, `applies/ingest.rs`, `scheduler/lost.rs` and `runs/{cancel,force_cancel}.rs`
//! write them.

use crate::messages::{Outcome, Stop};
use crate::table::{OWN_LINE, Run};
use terrane_server::applies::model::ApplyStatus;
use terrane_server::clock::Time;
use terrane_server::plans::model::PlanStatus;
use terrane_server::platform::scheduler::Phase;
use terrane_server::platform::scheduler::lease::Fate;
use terrane_server::runs::model::{Next, RunStatus, Settling, settle};

/// `plans::ingest`.
pub fn end_plan(run: &mut Run, outcome: Outcome) {
    let status = match outcome {
        Outcome::Finished => PlanStatus::Finished,
        Outcome::Errored => PlanStatus::Errored,
        Outcome::Canceled => PlanStatus::Canceled,
    };
    let is_queued = status == PlanStatus::Errored && run.status == RunStatus::PlanQueued;
    let from = if is_queued { PlanStatus::Queued } else { PlanStatus::Running };
    run.job = None;
    if !run.advance_plan(from, status) {
        return;
    }
    let next = match outcome {
        Outcome::Finished => settle(Settling {
            plan_only: run.plan_only,
            has_changes: true,
            auto_apply: run.auto_apply,
            ..Settling::default()
        }),
        Outcome::Errored => Next::Ends(RunStatus::Errored),
        Outcome::Canceled => Next::Ends(RunStatus::Canceled),
    };
    match next {
        Next::Ends(status) => {
            run.advance(run.status, status);
            run.give_up_apply();
            run.release();
        }
        Next::Waits(status) => {
            run.advance(run.status, status);
        }
        Next::Applies => {
            run.advance(run.status, RunStatus::Planned);
            run.queue_apply();
        }
    }
}

/// `applies::ingest`.
pub fn end_apply(run: &mut Run, outcome: Outcome, is_uncertain: bool) {
    let from = match run.status {
        RunStatus::ApplyQueued => ApplyStatus::Queued,
        _ => ApplyStatus::Running,
    };
    let (status, run_status) = match outcome {
        Outcome::Finished => (ApplyStatus::Finished, RunStatus::Applied),
        Outcome::Errored => (ApplyStatus::Errored, RunStatus::Errored),
        Outcome::Canceled => (ApplyStatus::Canceled, RunStatus::Canceled),
    };
    let Some(job) = run.job.clone() else { return };
    if job.lease.given_up_at.is_none() {
        run.job = None;
    }
    if !run.advance_apply(from, status) {
        return;
    }
    run.advance(run.status, run_status);
    if is_uncertain && job.lease.is_started {
        run.is_uncertain = true;
    } else {
        run.release();
    }
}

/// `scheduler::lost`, after the lease has said what becomes of the job.
pub fn lose(run: &mut Run, phase: Phase, is_started: bool, fate: Fate) {
    match fate {
        Fate::Unchanged => {}
        Fate::Silent => run.reason = Some("no contact with the agent; the apply may go on"),
        Fate::Requeued => run.log(phase).push(OWN_LINE),
        Fate::Lost | Fate::Uncertain => {
            run.reason = Some("the agent was lost");
            run.log(phase).push(OWN_LINE);
            match phase {
                Phase::Plan => end_plan(run, Outcome::Errored),
                Phase::Apply => end_apply(run, Outcome::Errored, is_started),
            }
            if !is_started {
                run.job = None;
            }
        }
    }
}

/// `runs::cancel`; false when it is refused.
pub fn cancel(run: &mut Run, now: i64, patience: i64) -> bool {
    if !run.status.is_cancelable(run.force_at.is_some()) {
        return false;
    }
    run.force_at = Some(now + patience);
    let is_under_way = matches!(run.status, RunStatus::Planning | RunStatus::Applying);
    match run.job.as_mut().filter(|job| is_under_way && job.lease.agent.is_some()) {
        Some(job) => job.stop = job.stop.max(Some(Stop::Interrupt)),
        None => end_now(run),
    }
    true
}

/// `runs::force_cancel`; whether a started apply was given up.
pub fn force_cancel(run: &mut Run, now: i64) -> bool {
    match run.job.as_mut().filter(|job| job.lease.is_started && job.lease.agent.is_some()) {
        Some(job) => {
            job.lease.given_up_at = Some(Time(now));
            job.stop = Some(Stop::Kill);
            end_phase(run);
            run.advance(run.status, RunStatus::Canceled);
            run.release();
            true
        }
        None => {
            end_now(run);
            false
        }
    }
}

fn end_now(run: &mut Run) {
    run.job = None;
    end_phase(run);
    run.give_up_apply();
    run.advance(run.status, RunStatus::Canceled);
    run.release();
}

fn end_phase(run: &mut Run) {
    match run.status {
        RunStatus::PlanQueued => run.advance_plan(PlanStatus::Queued, PlanStatus::Canceled),
        RunStatus::Planning => run.advance_plan(PlanStatus::Running, PlanStatus::Canceled),
        RunStatus::Applying => run.advance_apply(ApplyStatus::Running, ApplyStatus::Canceled),
        _ => run.advance_apply(ApplyStatus::Queued, ApplyStatus::Canceled),
    };
}
