//! What the routes of applies take and answer.

use super::http::APPLY;
use crate::platform::openapi::{Answer, Operation, operation};

/// This folder's operations.
pub fn operations() -> Vec<Operation> {
    vec![
        operation("getApply", "an apply").answers(200, Answer::One(APPLY)),
        operation("getErroredState", "where the state is that an apply could not hand over")
            .answers(307, Answer::Redirect),
    ]
}
