//! What the routes of comments take and answer.

use super::http::COMMENT;
use crate::platform::openapi::{Answer, Operation, operation, text};

/// This folder's operations.
pub fn operations() -> Vec<Operation> {
    vec![
        operation("listComments", "the comments of a run").paged().answers(200, Answer::PageIfAsked(COMMENT)),
        operation("createComment", "comments on a run")
            .takes("comments", [text("body").required()], [])
            .answers(201, Answer::One(COMMENT)),
        operation("getComment", "a comment").answers(200, Answer::One(COMMENT)),
    ]
}
