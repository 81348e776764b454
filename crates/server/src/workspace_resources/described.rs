//! What the route of a workspace's resources answers.

use super::http::RESOURCE;
use crate::platform::openapi::{Answer, Operation, operation, text};

/// This folder's operations.
pub fn operations() -> Vec<Operation> {
    vec![
        operation("listWorkspaceResources", "the managed instances of the current state")
            .query([
                text("q").note("a part of the address"),
                text("sort").note(
                    "name, nameIndex, provider, providerType, module or updatedAt, then :asc or :desc; else as in the state",
                ),
            ])
            .paged()
            .answers(200, Answer::Page(RESOURCE))
            .refuses(&[400]),
    ]
}
