//! What the route of ingress attributes answers.

use super::http::INGRESS_ATTRIBUTES;
use crate::platform::openapi::{Answer, Operation, operation};

/// This folder's operations.
pub fn operations() -> Vec<Operation> {
    vec![
        operation("getIngressAttributes", "what version control says of a configuration version")
            .answers(200, Answer::One(INGRESS_ATTRIBUTES)),
    ]
}
