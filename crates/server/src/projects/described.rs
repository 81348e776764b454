//! What the routes of projects take and answer.

use super::http::PROJECT;
use crate::platform::openapi::{Answer, Operation, operation};

/// This folder's operations.
pub fn operations() -> Vec<Operation> {
    vec![
        operation("listProjects", "the projects of an organization")
            .paged()
            .answers(200, Answer::Page(PROJECT)),
        operation("getProject", "a project").answers(200, Answer::One(PROJECT)),
    ]
}
