//! What the routes for operators and for discovery answer.

use crate::platform::openapi::{Answer, Operation, operation};

/// This folder's operations.
pub fn operations() -> Vec<Operation> {
    const TEXT: Answer = Answer::Bytes("text/plain");
    vec![
        operation("getHealth", "whether the process lives").answers(200, TEXT),
        operation("getReadiness", "whether it can serve").answers(200, TEXT).answers(503, TEXT),
        operation("getMetrics", "metrics in the text format of Prometheus").answers(200, TEXT),
        operation("discover", "where the services are").answers(200, Answer::Bytes("application/json")),
        operation("ping", "which level of the API this is, in its headers").answers(204, Answer::Nothing),
    ]
}
