//! Which log.

use crate::ids::{ApplyId, PlanId};
use crate::platform::db::Value;
use crate::platform::scheduler::Phase;

/// The log of one phase, by the id of its plan or apply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogId {
    /// Of a plan.
    Plan(PlanId),
    /// Of an apply.
    Apply(ApplyId),
}

impl LogId {
    /// The text.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Plan(id) => id.as_str(),
            Self::Apply(id) => id.as_str(),
        }
    }

    /// The log with this id, as it stands in a row or a signed URL.
    pub fn of(id: String) -> Self {
        if id.starts_with("apply-") { Self::Apply(id.into()) } else { Self::Plan(id.into()) }
    }

    /// Of which phase it is.
    pub fn phase(&self) -> Phase {
        match self {
            Self::Plan(_) => Phase::Plan,
            Self::Apply(_) => Phase::Apply,
        }
    }
}

impl From<&LogId> for Value {
    fn from(id: &LogId) -> Self {
        id.as_str().into()
    }
}

impl std::fmt::Display for LogId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}
