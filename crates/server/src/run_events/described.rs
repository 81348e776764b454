//! What the routes of run events take and answer.

use super::http::RUN_EVENT;
use crate::platform::openapi::{Answer, Operation, operation};

/// This folder's operations.
pub fn operations() -> Vec<Operation> {
    vec![
        operation("listRunEvents", "what happened to a run, in order")
            .include("actor, comment")
            .answers(200, Answer::Many(RUN_EVENT)),
        operation("getRunEvent", "one step of a run")
            .include("actor, comment")
            .answers(200, Answer::One(RUN_EVENT)),
    ]
}
