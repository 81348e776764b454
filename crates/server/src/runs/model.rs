//! The states of a run and what may be done in each.

use crate::clock::Time;
use crate::text_enum::text_enum;

/// The source of a run that a `cloud` block asked for: its client reads the log and shows the plan itself.
pub const CLI_SOURCE: &str = "terraform+cloud";

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
        /// Planned, and kept until somebody applies it or it is overtaken (api-contract 4.8).
        PlannedAndSaved = "planned_and_saved",
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
                matches!(
                    next,
                    Self::Planned
                        | Self::PlannedAndSaved
                        | Self::PlannedAndFinished
                        | Self::Canceled
                        | Self::Errored
                )
            }
            Self::Planned | Self::PlannedAndSaved => {
                matches!(next, Self::Confirmed | Self::Discarded | Self::Errored)
            }
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
            Self::PlannedAndSaved => &["planned-at", "planned-and-saved-at"],
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
            Self::PlannedAndSaved => ("planned_and_saved", "Plan finished and saved"),
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
        matches!(self, Self::Planned | Self::PlannedAndSaved)
    }

    /// The flag `is-discardable`. A pending run may be discarded too, though its flag says no (api-contract 4.4).
    pub fn is_discardable(self) -> bool {
        matches!(self, Self::Planned | Self::PlannedAndSaved)
    }

    /// The statuses of a `filter[status_group]` (api-contract 4.3); `None` when there is no such group.
    pub fn group(name: &str) -> Option<Vec<Self>> {
        let fits: fn(Self) -> bool = match name {
            "final" => Self::is_final,
            "non_final" => |status| !status.is_final(),
            "discardable" => Self::is_discardable,
            _ => return None,
        };
        Some(Self::ALL.iter().copied().filter(|status| fits(*status)).collect())
    }
}

/// Where a run goes when its plan has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Nothing more happens.
    Ends(RunStatus),
    /// A person decides, in this status.
    Waits(RunStatus),
    /// It is applied.
    Applies,
}

/// What [`settle`] decides by.
#[derive(Debug, Clone, Copy, Default)]
pub struct Settling {
    /// The run can never be applied.
    pub plan_only: bool,
    /// Its plan is kept.
    pub save_plan: bool,
    /// The plan changes something.
    pub has_changes: bool,
    /// It may be applied even if not.
    pub allow_empty_apply: bool,
    /// Nobody need confirm.
    pub auto_apply: bool,
}

/// Where a run goes when its plan has finished (`settle` of api-contract 4.5, 4.9). A run that may be applied without
/// changes is applied by itself when there are none; a saved plan never is.
pub fn settle(run: Settling) -> Next {
    if run.plan_only || (!run.has_changes && !run.allow_empty_apply) {
        Next::Ends(RunStatus::PlannedAndFinished)
    } else if run.save_plan {
        Next::Waits(RunStatus::PlannedAndSaved)
    } else if run.auto_apply || !run.has_changes {
        Next::Applies
    } else {
        Next::Waits(RunStatus::Planned)
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
        let none = Settling::default();
        let some = Settling { has_changes: true, ..none };
        assert_eq!(settle(Settling { plan_only: true, auto_apply: true, ..some }), ends);
        assert_eq!(settle(Settling { auto_apply: true, ..none }), ends);
        assert_eq!(settle(Settling { allow_empty_apply: true, ..none }), Next::Applies);
        assert_eq!(settle(some), Next::Waits(RunStatus::Planned));
        assert_eq!(settle(Settling { auto_apply: true, ..some }), Next::Applies);
        let saved = Next::Waits(RunStatus::PlannedAndSaved);
        assert_eq!(settle(Settling { save_plan: true, auto_apply: true, ..some }), saved);
        assert_eq!(settle(Settling { save_plan: true, ..none }), ends);
        assert_eq!(settle(Settling { save_plan: true, allow_empty_apply: true, ..none }), saved);
    }

    #[test]
    fn every_status_is_in_one_of_two_groups() {
        let group = |name| RunStatus::group(name).unwrap();
        assert_eq!(group("final").len() + group("non_final").len(), RunStatus::ALL.len());
        assert_eq!(group("discardable"), [RunStatus::Planned, RunStatus::PlannedAndSaved]);
        assert_eq!(RunStatus::group("banana"), None);
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
