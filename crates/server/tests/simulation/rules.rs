//! What must always hold. Checked after every step.

use crate::messages::{Answer, JobId, Key};
use crate::table::Run;
use crate::world::{LEASE, Micros, SECOND, SILENCE, SWEEP_PAUSE, World};
use terrane_server::plans::model::PlanStatus;
use terrane_server::platform::scheduler::Phase;
use terrane_server::platform::scheduler::lease::{APPLY_ATTEMPTS_MAX, PLAN_ATTEMPTS_MAX};
use terrane_server::runs::model::RunStatus;

/// A server that is away, and people and clocks apart, a silent job is noticed within this time.
const SLACK: Micros = SWEEP_PAUSE + SECOND;

/// What was seen of one run.
#[derive(Debug)]
struct Seen {
    /// So much of its history was checked.
    history: usize,
    plan: PlanStatus,
    apply: PlanStatus,
    /// How often its apply was executed.
    executed: u32,
    /// Grants of its plan and its apply.
    grants: [i64; 2],
    /// When the agent that has its job was heard of, by true time.
    contact: Option<Micros>,
    acknowledged: Vec<(usize, u64)>,
}

/// The rules, and what they have to remember.
#[derive(Debug)]
pub struct Rules {
    seen: Vec<Seen>,
    broken: Option<String>,
    /// Since the last look something was written or acknowledged: what was not is as it was.
    is_changed: bool,
    /// What clocks that were set back, and servers that were away, add to every wait.
    excused: Micros,
}

impl Rules {
    pub fn new(runs: usize) -> Self {
        let seen = || Seen {
            history: 1,
            plan: PlanStatus::Queued,
            apply: PlanStatus::Pending,
            executed: 0,
            grants: [0, 0],
            contact: None,
            acknowledged: Vec::new(),
        };
        Self { seen: (0..runs).map(|_| seen()).collect(), broken: None, is_changed: true, excused: 0 }
    }

    /// A rule is broken; the first one is told.
    pub fn broken(&mut self, rule: String) {
        self.broken.get_or_insert(rule);
    }

    pub fn note_clock_step(&mut self, step: Micros) {
        self.excused += step.min(0).abs();
    }

    pub fn note_executed(&mut self, key: Key, started: Option<(u64, i64)>) {
        if !key.job.is_apply() {
            return;
        }
        let seen = &mut self.seen[key.job.run];
        seen.executed += 1;
        if seen.executed > 1 {
            return self.broken(format!("the apply of run {} was executed twice", key.job.run));
        }
        if started.map(|(_, epoch)| epoch) != Some(key.epoch) {
            self.broken(format!("{key:?} was executed, started is {started:?}"));
        }
    }

    pub fn note_stale(&mut self, key: Key, answer: Option<&Answer>) {
        if answer != Some(&Answer::Refused) {
            self.broken(format!("{key:?} is of an old lease and was answered {answer:?}"));
        }
    }

    pub fn note_acknowledged(&mut self, run: usize, sequence: usize, value: u64) {
        self.is_changed = true;
        self.seen[run].acknowledged.push((sequence, value));
    }

    /// Compares what a transaction found with what it leaves.
    pub fn note_commit(&mut self, before: &Run, after: &Run, now: Micros) {
        self.is_changed = true;
        let lease =
            |run: &Run, id: JobId| run.job.as_ref().filter(|job| job.id == id).map(|job| job.lease.clone());
        let Some(job) = &after.job else {
            self.seen[after.number].contact = None;
            return;
        };
        let (old, new) = (lease(before, job.id), &job.lease);
        let is_apply = job.id.phase == Phase::Apply;
        let seen = &mut self.seen[after.number];
        if old.as_ref().map_or(0, |old| old.epoch) < new.epoch {
            seen.grants[usize::from(is_apply)] += 1;
        }
        let is_same = old.as_ref().is_some_and(|old| old.expires_at == new.expires_at);
        if new.agent.is_none() || new.given_up_at.is_some() {
            seen.contact = None;
        } else if new.silent_since.is_none() && !is_same {
            seen.contact = Some(now);
        }
        let is_repeated = new.agent.is_some()
            && old.is_some_and(|old| {
                old.is_started && (old.epoch, old.agent) != (new.epoch, new.agent.clone())
            });
        if is_repeated {
            self.broken(format!("the started apply of run {} was given to another agent", after.number));
        }
        if after.started.is_some() && before.started.is_some() && after.started != before.started {
            self.broken(format!("the apply of run {} was started twice", after.number));
        }
    }
}

impl World {
    pub fn check(&mut self) -> Result<(), String> {
        if let Some(rule) = self.rules.broken.take() {
            return Err(rule);
        }
        if !self.server.is_up() {
            // Nobody can notice anything; the wait begins again when somebody can.
            for seen in &mut self.rules.seen {
                seen.contact = seen.contact.map(|_| self.now);
            }
        }
        let is_changed = std::mem::take(&mut self.rules.is_changed);
        for (run, seen) in self.server.runs.iter().zip(&mut self.rules.seen) {
            if is_changed {
                moves(run, seen)?;
                tries(run, seen)?;
                states(run, seen)?;
            }
            waits(run, seen, self.now, self.rules.excused)?;
        }
        Ok(())
    }
}

/// Statuses move along the documented machine, and final ones stay.
fn moves(run: &Run, seen: &mut Seen) -> Result<(), String> {
    let number = run.number;
    while let Some([from, to]) = run.history.get(seen.history - 1..=seen.history) {
        if !from.may_become(*to) {
            return Err(format!("run {number} moved from {from:?} to {to:?}"));
        }
        seen.history += 1;
    }
    if run.history.last() != Some(&run.status) {
        return Err(format!("run {number} is {:?}, its events say {:?}", run.status, run.history));
    }
    for (what, old, new) in [("plan", &mut seen.plan, run.plan), ("apply", &mut seen.apply, run.apply)] {
        // One transaction may move it by two steps.
        let is_known =
            |from: PlanStatus| PlanStatus::ALL.iter().any(|by| from.may_become(*by) && by.may_become(new));
        if *old != new && !old.may_become(new) && !is_known(*old) {
            return Err(format!("the {what} of run {number} moved from {old:?} to {new:?}"));
        }
        *old = new;
    }
    let is_over = run.status.is_final() && run.plan.is_final() && run.apply.is_final();
    if run.status.is_final() && !is_over {
        return Err(format!("run {number} is {:?}, plan {:?}, apply {:?}", run.status, run.plan, run.apply));
    }
    if run.status.is_final() == run.is_locked && !run.is_uncertain {
        return Err(format!("run {number} is {:?}, locked: {}", run.status, run.is_locked));
    }
    let is_applied = run.status == RunStatus::Applied;
    if is_applied && seen.executed != 1 {
        return Err(format!("run {number} is applied without an execution"));
    }
    Ok(())
}

fn tries(run: &Run, seen: &Seen) -> Result<(), String> {
    let [plans, applies] = seen.grants;
    if plans > PLAN_ATTEMPTS_MAX || applies > APPLY_ATTEMPTS_MAX {
        return Err(format!("run {} was given {plans} times as plan, {applies} times as apply", run.number));
    }
    Ok(())
}

/// What was acknowledged is there, once.
fn states(run: &Run, seen: &Seen) -> Result<(), String> {
    for (sequence, value) in &seen.acknowledged {
        let mut kept = run.states.iter().filter(|state| state.sequence == *sequence);
        if kept.next().is_none_or(|state| state.value != *value) || kept.next().is_some() {
            return Err(format!(
                "state {sequence} of run {} was acknowledged and is not kept once",
                run.number
            ));
        }
    }
    Ok(())
}

/// Nobody waits longer than this without a word.
fn waits(run: &Run, seen: &Seen, now: Micros, excused: Micros) -> Result<(), String> {
    let Some(contact) = seen.contact else { return Ok(()) };
    let silent = now - contact - excused;
    if silent > LEASE + SLACK && run.reason.is_none() {
        return Err(format!(
            "the agent of run {} is silent for {silent} us, and nothing says so",
            run.number
        ));
    }
    if silent > LEASE + SILENCE + 2 * SLACK {
        return Err(format!(
            "the agent of run {} is silent for {silent} us and still waited for",
            run.number
        ));
    }
    Ok(())
}
