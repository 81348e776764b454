//! What the routes of outputs take and answer.

use super::http::OUTPUT;
use crate::platform::openapi::{Answer, Operation, operation};

/// This folder's operations.
pub fn operations() -> Vec<Operation> {
    vec![
        operation("listStateVersionOutputs", "the outputs of a state version")
            .paged()
            .answers(200, Answer::Page(OUTPUT)),
        operation("getStateVersionOutput", "an output, also a sensitive one")
            .answers(200, Answer::One(OUTPUT)),
        operation(
            "getCurrentStateVersionOutputs",
            "the outputs of the current state; sensitive ones are null",
        )
        .answers(200, Answer::Many(OUTPUT))
        .refuses(&[503]),
    ]
}
