//! What the description's own route answers.

use super::operation::{Answer, Operation, operation};

/// This folder's operations.
pub fn operations() -> Vec<Operation> {
    vec![operation("getOpenapi", "this document").answers(200, Answer::Bytes("application/json"))]
}
