//! The lease of a job: who works on a phase, until when, and what becomes of it when they fall silent.
//!
//! Pure, with the time as an argument: the store loads a lease, asks it, and saves what it became, all with the job's
//! row held. The simulation drives the same functions. The rules (reliability-security.md R1, R2, R3, R6, R7):
//! a plan whose agent is lost is tried once more; an apply that was not started is given to another agent; one that was
//! started never is. It is waited for, and then given up as "state uncertain".

use crate::clock::Time;
use crate::ids::AgentId;
use crate::text_enum::text_enum;
use std::time::Duration;

text_enum! {
    /// The part of a run that a job is.
    pub enum Phase {
        /// Makes the plan.
        Plan = "plan",
        /// Applies it.
        Apply = "apply",
    }
}

/// How often a phase is given to an agent before it is given up: a plan, and an apply before its start.
pub const PLAN_ATTEMPTS_MAX: i64 = 2;
/// See [`PLAN_ATTEMPTS_MAX`].
pub const APPLY_ATTEMPTS_MAX: i64 = 3;

/// How long is waited.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// From one heartbeat, how long an agent has the job.
    pub lease: Duration,
    /// From the end of its lease, how long the agent of a started apply may be silent.
    pub silence: Duration,
}

/// A lease, or a job that waits for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Of which phase.
    pub phase: Phase,
    /// Raised with every grant; whoever says a lower one is refused for ever.
    pub epoch: i64,
    /// How often it was granted.
    pub attempt: i64,
    /// Who has it; nobody while the job waits.
    pub agent: Option<AgentId>,
    /// Until when, without a heartbeat.
    pub expires_at: Option<Time>,
    /// The engine of an apply may have been executed.
    pub is_started: bool,
    /// Since when a started apply has had no contact.
    pub silent_since: Option<Time>,
    /// When it was given up. What its agent still sends is kept, and changes nothing.
    pub given_up_at: Option<Time>,
}

/// What an agent's word is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// The lease is renewed.
    Renewed {
        /// The agent had been silent for too long and is back.
        is_back: bool,
    },
    /// The job was given up: the agent must end it and may send what there is.
    GivenUp,
    /// The lease is another one's.
    Refused,
}

/// What becomes of a job whose agent is silent or gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Nothing: it is heard of, waits, or is given up already.
    Unchanged,
    /// It waits for another agent.
    Requeued,
    /// A started apply has no contact; it is waited for.
    Silent,
    /// Given up; nothing was started that could have changed anything.
    Lost,
    /// Given up; what the engine did is unknown.
    Uncertain,
}

impl Lease {
    /// A job that waits for its first agent.
    pub fn waiting(phase: Phase) -> Self {
        Self {
            phase,
            epoch: 0,
            attempt: 0,
            agent: None,
            expires_at: None,
            is_started: false,
            silent_since: None,
            given_up_at: None,
        }
    }

    /// Whether an agent may have it.
    pub fn is_waiting(&self) -> bool {
        self.agent.is_none() && self.given_up_at.is_none()
    }

    /// Gives it to an agent; false when it does not wait.
    pub fn grant(&mut self, agent: AgentId, now: Time, patience: Patience) -> bool {
        // A started apply never waits again, whatever else went wrong.
        if !self.is_waiting() || self.is_started {
            return false;
        }
        self.epoch += 1;
        self.attempt += 1;
        self.agent = Some(agent);
        self.expires_at = Some(now.plus(patience.lease));
        true
    }

    /// Hears from the agent that has this epoch.
    pub fn hear(&mut self, epoch: i64, now: Time, patience: Patience) -> Heard {
        if self.agent.is_none() || self.epoch != epoch {
            return Heard::Refused;
        }
        if self.given_up_at.is_some() {
            return Heard::GivenUp;
        }
        self.expires_at = Some(now.plus(patience.lease));
        Heard::Renewed { is_back: self.silent_since.take().is_some() }
    }

    /// Marks an apply as started: once, ever.
    pub fn start(&mut self, epoch: i64) -> bool {
        let may = self.phase == Phase::Apply
            && self.agent.is_some()
            && self.epoch == epoch
            && self.given_up_at.is_none()
            && !self.is_started;
        self.is_started |= may;
        may
    }

    /// Looks whether the agent has been silent for too long.
    pub fn miss(&mut self, now: Time, patience: Patience) -> Fate {
        match self.expires_at {
            Some(expires) if self.agent.is_some() && self.given_up_at.is_none() && expires < now => {
                let silent_since = *self.silent_since.get_or_insert(expires);
                if self.is_started && now <= silent_since.plus(patience.silence) {
                    // Told once, at the first look after the end of the lease.
                    self.expires_at = Some(silent_since.plus(patience.silence));
                    return Fate::Silent;
                }
                self.forsake(self.epoch, now)
            }
            _ => Fate::Unchanged,
        }
    }

    /// The agent does not have it any more. By then it may have gone to another one: that one has a lease of its own.
    pub fn forsake(&mut self, epoch: i64, now: Time) -> Fate {
        if self.agent.is_none() || self.epoch != epoch || self.given_up_at.is_some() {
            return Fate::Unchanged;
        }
        if self.is_started {
            self.given_up_at = Some(now);
            return Fate::Uncertain;
        }
        let attempts_max = match self.phase {
            Phase::Plan => PLAN_ATTEMPTS_MAX,
            Phase::Apply => APPLY_ATTEMPTS_MAX,
        };
        if self.attempt >= attempts_max {
            self.given_up_at = Some(now);
            return Fate::Lost;
        }
        (self.agent, self.expires_at, self.silent_since) = (None, None, None);
        Fate::Requeued
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience = Patience { lease: Duration::from_secs(30), silence: Duration::from_secs(900) };

    fn at(seconds: i64) -> Time {
        Time(seconds * 1_000_000)
    }

    fn granted(phase: Phase) -> Lease {
        let mut lease = Lease::waiting(phase);
        assert!(lease.grant(AgentId::random(), at(0), PATIENCE));
        lease
    }

    #[test]
    fn one_agent_has_it() {
        let mut lease = granted(Phase::Plan);
        assert!(!lease.grant(AgentId::random(), at(0), PATIENCE));
        assert_eq!(lease.hear(1, at(29), PATIENCE), Heard::Renewed { is_back: false });
        assert_eq!(lease.hear(2, at(29), PATIENCE), Heard::Refused);
        assert_eq!(lease.miss(at(58), PATIENCE), Fate::Unchanged);
    }

    #[test]
    fn a_lost_plan_is_tried_once_more() {
        let mut lease = granted(Phase::Plan);
        assert_eq!(lease.miss(at(31), PATIENCE), Fate::Requeued);
        assert!(lease.grant(AgentId::random(), at(31), PATIENCE));
        assert_eq!(lease.hear(1, at(32), PATIENCE), Heard::Refused, "the old agent is fenced off");
        assert_eq!(lease.miss(at(62), PATIENCE), Fate::Lost);
        assert!(!lease.is_waiting());
    }

    #[test]
    fn an_apply_starts_once() {
        let mut lease = granted(Phase::Apply);
        assert!(!lease.start(0) && lease.start(1) && !lease.start(1));
        assert_eq!(lease.miss(at(31), PATIENCE), Fate::Silent);
        assert_eq!(lease.miss(at(32), PATIENCE), Fate::Unchanged, "told once");
        assert_eq!(lease.hear(1, at(600), PATIENCE), Heard::Renewed { is_back: true });
        assert_eq!(lease.miss(at(631), PATIENCE), Fate::Silent);
        assert_eq!(lease.miss(at(630 + 901), PATIENCE), Fate::Uncertain);
        assert_eq!(lease.hear(1, at(1600), PATIENCE), Heard::GivenUp);
        assert!(!lease.grant(AgentId::random(), at(1600), PATIENCE));
    }

    #[test]
    fn an_apply_that_was_not_started_goes_to_another_agent() {
        let mut lease = granted(Phase::Apply);
        assert_eq!(lease.forsake(1, at(1)), Fate::Requeued);
        assert!(lease.grant(AgentId::random(), at(1), PATIENCE) && lease.start(2));
        assert_eq!(lease.forsake(1, at(2)), Fate::Unchanged, "another agent has it by now");
        assert_eq!(lease.forsake(2, at(2)), Fate::Uncertain);
        let mut never = granted(Phase::Apply);
        for epoch in 1..APPLY_ATTEMPTS_MAX {
            assert_eq!(never.forsake(epoch, at(1)), Fate::Requeued);
            assert!(never.grant(AgentId::random(), at(1), PATIENCE));
        }
        assert_eq!(never.forsake(APPLY_ATTEMPTS_MAX, at(1)), Fate::Lost);
    }
}
