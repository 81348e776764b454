//! The states of a plan.

use crate::text_enum::text_enum;
use terrane_wire::EngineKind;

text_enum! {
    /// Where a plan stands (api-contract 3.3). Clients break on `managed_queued`, so `queued` stands for both.
    pub enum PlanStatus {
        /// Made with its run, nothing done.
        Pending = "pending",
        /// Waits for an agent.
        Queued = "queued",
        /// The engine plans.
        Running = "running",
        /// Done.
        Finished = "finished",
        /// Failed.
        Errored = "errored",
        /// Ended by a person.
        Canceled = "canceled",
        /// Will never run.
        Unreachable = "unreachable",
    }
}

impl PlanStatus {
    /// Nothing leaves a final status.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Finished | Self::Errored | Self::Canceled | Self::Unreachable)
    }

    /// The moves of api-contract 3.3.
    pub fn may_become(self, next: Self) -> bool {
        match self {
            Self::Pending => matches!(next, Self::Queued | Self::Unreachable),
            Self::Queued => {
                matches!(next, Self::Running | Self::Canceled | Self::Errored | Self::Unreachable)
            }
            Self::Running => matches!(next, Self::Finished | Self::Errored | Self::Canceled),
            Self::Finished | Self::Errored | Self::Canceled | Self::Unreachable => false,
        }
    }

    /// The key of `status-timestamps`; a plan that will never run has none.
    pub fn timestamp(self) -> Option<&'static str> {
        match self {
            Self::Pending => Some("pending-at"),
            Self::Queued => Some("queued-at"),
            Self::Running => Some("started-at"),
            Self::Finished => Some("finished-at"),
            Self::Errored => Some("errored-at"),
            Self::Canceled => Some("canceled-at"),
            Self::Unreachable => None,
        }
    }
}

text_enum! {
    /// Which engine a workspace or a plan uses: our attribute `engine`.
    pub enum EngineName {
        /// OpenTofu.
        Tofu = "tofu",
        /// Terraform.
        Terraform = "terraform",
    }
}

impl EngineName {
    /// The same as agents say it.
    pub fn kind(self) -> EngineKind {
        match self {
            Self::Tofu => EngineKind::Tofu,
            Self::Terraform => EngineKind::Terraform,
        }
    }
}

impl From<EngineKind> for EngineName {
    fn from(kind: EngineKind) -> Self {
        match kind {
            EngineKind::Tofu => Self::Tofu,
            EngineKind::Terraform => Self::Terraform,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leaves_a_final_status() {
        for from in PlanStatus::ALL {
            let moves = PlanStatus::ALL.iter().filter(|to| from.may_become(**to)).count();
            assert_eq!(moves == 0, from.is_final(), "{from:?}");
        }
    }
}
