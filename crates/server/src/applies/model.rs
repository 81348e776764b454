//! The states of an apply: those of a plan, with the same moves and timestamps (api-contract section 5).

pub use crate::plans::model::PlanStatus as ApplyStatus;
