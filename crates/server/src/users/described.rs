//! What the routes of users take and answer.

use super::http::USER;
use crate::platform::openapi::{Answer, Operation, operation};

/// This folder's operations.
pub fn operations() -> Vec<Operation> {
    vec![
        operation("getAccount", "the caller").answers(200, Answer::One(USER)),
        operation("getUser", "a user, as others see them").answers(200, Answer::One(USER)),
    ]
}
