//! The states of a run and what may be done in each.

use crate::clock::Time;
use crate::text_enum::text_enum;

text_enum! {
    /// Where a run stands (api-contract 4.4): the statuses that planning and applying need.
    pub enum RunStatus {
        /// Waits for the runs before it, or for the workspace's lock.
        Pending = "pending",
        /// Waits for an agent.
        PlanQueued = "plan_queued",
        /// The engine plans.
        Planning = "planning",
        /// Planned; waits for a person.
        Planned = "planned",
        /// Approved, by a person or by its settings.
        Confirmed = "confirmed",
        /// Waits for an agent.
        ApplyQueued = "apply_queued",
        /// The engine applies.
        Applying = "applying",
        /// Applied.
        Applied = "applied",
        /// Planned, and there is nothing more to do.
        PlannedAndFinished = "planned_and_finished",
        /// Rejected.
        Discarded = "discarded",
        /// Failed.
        Errored = "errored",
        /// Ended by a person.
        Canceled = "canceled",
    }
}

impl RunStatus {
    /// Nothing leaves a final status.
    pub fn is_final(self) -> bool {
        matches!(
            self,
            Self::PlannedAndFinished | Self::Applied | Self::Discarded | Self::Errored | Self::Canceled
        )
    }

    /// The moves of api-contract 4.5.
    pub fn may_become(self, next: Self) -> bool {
        match self {
            Self::Pending => {
                matches!(next, Self::PlanQueued | Self::Canceled | Self::Discarded | Self::Errored)
            }
            Self::PlanQueued => matches!(next, Self::Planning | Self::Canceled | Self::Errored),
            Self::Planning => {
                matches!(next, Self::Planned | Self::PlannedAndFinished | Self::Canceled | Self::Errored)
            }
            Self::Planned => matches!(next, Self::Confirmed | Self::Discarded | Self::Errored),
            Self::Confirmed => matches!(next, Self::ApplyQueued | Self::Canceled | Self::Errored),
            Self::ApplyQueued => matches!(next, Self::Applying | Self::Canceled | Self::Errored),
            Self::Applying => matches!(next, Self::Applied | Self::Canceled | Self::Errored),
            Self::PlannedAndFinished | Self::Applied | Self::Discarded | Self::Errored | Self::Canceled => {
                false
            }
        }
    }

    /// The keys of `status-timestamps` that reaching this status sets.
    pub fn timestamps(self) -> &'static [&'static str] {
        match self {
            Self::Pending => &["plan-queueable-at"],
            Self::PlanQueued => &["plan-queued-at"],
            Self::Planning => &["planning-at"],
            Self::Planned => &["planned-at"],
            Self::PlannedAndFinished => &["planned-at", "planned-and-finished-at"],
            Self::Confirmed => &["confirmed-at"],
            Self::ApplyQueued => &["apply-queued-at"],
            Self::Applying => &["applying-at"],
            Self::Applied => &["applied-at"],
            Self::Discarded => &["discarded-at"],
            Self::Errored => &["errored-at"],
            Self::Canceled => &["canceled-at"],
        }
    }

    /// What the run's history says of reaching this status: an action and a sentence.
    pub fn event(self) -> (&'static str, &'static str) {
        match self {
            Self::Pending => ("created", "Run created"),
            Self::PlanQueued => ("queued", "Plan queued"),
            Self::Planning => ("planning", "Plan started"),
            Self::Planned => ("planned", "Plan finished, waiting for a decision"),
            Self::PlannedAndFinished => ("planned_and_finished", "Plan finished, nothing to apply"),
            Self::Confirmed => ("confirmed", "Apply confirmed"),
            Self::ApplyQueued => ("apply_queued", "Apply queued"),
            Self::Applying => ("applying", "Apply started"),
            Self::Applied => ("applied", "Apply finished"),
            Self::Discarded => ("discarded", "Run discarded"),
            Self::Errored => ("errored", "Run errored"),
            Self::Canceled => ("canceled", "Run canceled"),
        }
    }

    /// Whether a person may cancel; once asked, not again.
    pub fn is_cancelable(self, cancel_requested: bool) -> bool {
        let is_under_way = matches!(
            self,
            Self::Pending
                | Self::PlanQueued
                | Self::Planning
                | Self::Confirmed
                | Self::ApplyQueued
                | Self::Applying
        );
        is_under_way && !cancel_requested
    }

    /// The flag `is-confirmable`.
    pub fn is_confirmable(self) -> bool {
        self == Self::Planned
    }

    /// The flag `is-discardable`. A pending run may be discarded too, though its flag says no (api-contract 4.4).
    pub fn is_discardable(self) -> bool {
        self == Self::Planned
    }
}

/// Where a run goes when its plan has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Nothing more happens.
    Ends(RunStatus),
    /// A person decides.
    Waits,
    /// It is applied.
    Applies,
}

/// Where a run goes when its plan has finished (`settle` of api-contract 4.5, 4.9). A run that may be applied without
/// changes is applied by itself when there are none.
pub fn settle(plan_only: bool, has_changes: bool, allow_empty_apply: bool, auto_apply: bool) -> Next {
    if plan_only || (!has_changes && !allow_empty_apply) {
        Next::Ends(RunStatus::PlannedAndFinished)
    } else if auto_apply || !has_changes {
        Next::Applies
    } else {
        Next::Waits
    }
}

/// Whether a run may be ended by force: a cancel was asked for, the time it was given is over, and it is still there
/// (api-contract 4.6).
pub fn is_force_cancelable(status: RunStatus, available_at: Option<Time>, now: Time) -> bool {
    !status.is_final() && available_at.is_some_and(|at| at <= now)
}

/// Whether text can be the name of an input variable.
pub fn is_identifier(key: &str) -> bool {
    let mut letters = key.chars();
    letters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leaves_a_final_status() {
        for from in RunStatus::ALL {
            let moves = RunStatus::ALL.iter().filter(|to| from.may_become(**to)).count();
            assert_eq!(moves == 0, from.is_final(), "{from:?}");
            assert!(!(from.is_final() && from.is_cancelable(false)));
        }
    }

    #[test]
    fn settles_as_the_contract_says() {
        let ends = Next::Ends(RunStatus::PlannedAndFinished);
        assert_eq!(settle(true, true, false, true), ends);
        assert_eq!(settle(false, false, false, true), ends);
        assert_eq!(settle(false, false, true, false), Next::Applies);
        assert_eq!(settle(false, true, false, false), Next::Waits);
        assert_eq!(settle(false, true, false, true), Next::Applies);
    }

    #[test]
    fn a_cancel_is_asked_for_once() {
        assert!(RunStatus::Planning.is_cancelable(false));
        assert!(!RunStatus::Planning.is_cancelable(true));
        assert!(!RunStatus::Planned.is_cancelable(false));
        assert!(RunStatus::Applying.is_cancelable(false));
    }

    #[test]
    fn force_needs_a_cancel_and_patience() {
        let at = Some(Time(60));
        assert!(!is_force_cancelable(RunStatus::Applying, None, Time(100)));
        assert!(!is_force_cancelable(RunStatus::Applying, at, Time(59)));
        assert!(is_force_cancelable(RunStatus::Applying, at, Time(60)));
        assert!(!is_force_cancelable(RunStatus::Canceled, at, Time(100)));
    }
}
