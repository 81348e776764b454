//! What signed URLs take and answer.

use crate::platform::openapi::{Answer, Operation, operation, whole};

/// This folder's operations.
pub fn operations() -> Vec<Operation> {
    vec![
        operation("readObject", "the bytes behind a URL that a document or a redirect named")
            .query([whole("offset", 0, i64::MAX), whole("limit", 0, i64::MAX)])
            .answers(200, Answer::Bytes("*/*"))
            .answers(206, Answer::Bytes("*/*"))
            .answers(204, Answer::Nothing),
        operation("writeObject", "puts the bytes that a document asked for")
            .takes_bytes("application/octet-stream")
            .answers(200, Answer::Bytes("*/*"))
            .refuses(&[409, 412, 422]),
    ]
}
