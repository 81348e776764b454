//! What the database holds of one run: the rows of run, plan, apply and job, changed only by whole transactions.

use crate::messages::{JobId, Key, Stop};
use crate::world::Micros;
use terrane_server::applies::model::ApplyStatus;
use terrane_server::plans::model::PlanStatus;
use terrane_server::platform::scheduler::Phase;
use terrane_server::platform::scheduler::lease::Lease;
use terrane_server::runs::model::RunStatus;

/// A line of the server's own in a log.
pub const OWN_LINE: u64 = 0;

/// The row of a job.
#[derive(Debug, Clone)]
pub struct Job {
    pub id: JobId,
    pub lease: Lease,
    pub stop: Option<Stop>,
}

impl Job {
    fn waiting(run: usize, phase: Phase) -> Self {
        Self { id: JobId { run, phase }, lease: Lease::waiting(phase), stop: None }
    }

    pub fn key(&self) -> Key {
        Key { job: self.id, epoch: self.lease.epoch }
    }
}

/// A state that a run has written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State {
    pub sequence: usize,
    pub value: u64,
}

/// Everything of one run.
#[derive(Debug, Clone)]
pub struct Run {
    pub number: usize,
    pub plan_only: bool,
    pub auto_apply: bool,
    pub status: RunStatus,
    pub plan: PlanStatus,
    pub apply: ApplyStatus,
    /// The event table.
    pub history: Vec<RunStatus>,
    pub job: Option<Job>,
    /// By which word and under which lease the apply was started.
    pub started: Option<(u64, i64)>,
    pub states: Vec<State>,
    pub plan_log: Vec<u64>,
    pub apply_log: Vec<u64>,
    pub force_at: Option<Micros>,
    /// Why it ended, or why nothing is heard of it: what a person can read.
    pub reason: Option<&'static str>,
    pub is_locked: bool,
    pub is_uncertain: bool,
}

impl Run {
    /// `POST /runs`, in a workspace of its own.
    pub fn new(number: usize, plan_only: bool, auto_apply: bool) -> Self {
        let mut run = Self {
            number,
            plan_only,
            auto_apply,
            status: RunStatus::Pending,
            plan: PlanStatus::Pending,
            apply: ApplyStatus::Pending,
            history: vec![RunStatus::Pending],
            job: None,
            started: None,
            states: Vec::new(),
            plan_log: Vec::new(),
            apply_log: Vec::new(),
            force_at: None,
            reason: None,
            is_locked: true,
            is_uncertain: false,
        };
        run.advance(RunStatus::Pending, RunStatus::PlanQueued);
        run.advance_plan(PlanStatus::Pending, PlanStatus::Queued);
        run.job = Some(Job::waiting(number, Phase::Plan));
        run
    }

    pub fn log(&mut self, phase: Phase) -> &mut Vec<u64> {
        match phase {
            Phase::Plan => &mut self.plan_log,
            Phase::Apply => &mut self.apply_log,
        }
    }

    /// `UPDATE … WHERE status = from`, with its event.
    pub fn advance(&mut self, from: RunStatus, to: RunStatus) -> bool {
        let moves = self.status == from;
        if moves {
            self.status = to;
            self.history.push(to);
        }
        moves
    }

    pub fn advance_plan(&mut self, from: PlanStatus, to: PlanStatus) -> bool {
        let moves = self.plan == from;
        if moves {
            self.plan = to;
        }
        moves
    }

    pub fn advance_apply(&mut self, from: ApplyStatus, to: ApplyStatus) -> bool {
        let moves = self.apply == from;
        if moves {
            self.apply = to;
        }
        moves
    }

    /// `scheduler::queue_apply`.
    pub fn queue_apply(&mut self) {
        self.advance(RunStatus::Planned, RunStatus::Confirmed);
        self.advance_apply(ApplyStatus::Pending, ApplyStatus::Queued);
        self.advance(RunStatus::Confirmed, RunStatus::ApplyQueued);
        self.job = Some(Job::waiting(self.number, Phase::Apply));
    }

    /// `applies::store::give_up`.
    pub fn give_up_apply(&mut self) {
        self.advance_apply(ApplyStatus::Pending, ApplyStatus::Unreachable);
    }

    /// `scheduler::release_workspace`.
    pub fn release(&mut self) {
        self.is_locked = false;
    }

    /// `logs::append`: known pieces are left out, a gap is refused. What the log has afterwards, and whether a piece was
    /// known.
    pub fn append(&mut self, phase: Phase, offset: usize, piece: u64) -> (usize, Appended) {
        let log = self.log(phase);
        let appended = match offset.cmp(&log.len()) {
            std::cmp::Ordering::Equal => {
                log.push(piece);
                Appended::New
            }
            std::cmp::Ordering::Less => Appended::Known,
            std::cmp::Ordering::Greater => Appended::Gap,
        };
        (log.len(), appended)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    New,
    Known,
    Gap,
}
