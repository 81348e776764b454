//! What the routes of tokens take and answer.

use super::http::{DESCRIPTION_CHARS_MAX, TOKEN};
use crate::platform::openapi::{Answer, Operation, operation, text, time};

/// This folder's operations.
pub fn operations() -> Vec<Operation> {
    vec![
        operation("listUserTokens", "the caller's tokens; of others, none")
            .paged()
            .answers(200, Answer::PageIfAsked(TOKEN)),
        operation("createUserToken", "makes a token; its text is shown this once")
            .takes(
                "authentication-tokens",
                [text("description").up_to(DESCRIPTION_CHARS_MAX), time("expired-at")],
                [],
            )
            .answers(201, Answer::One(TOKEN)),
        operation("getToken", "a token of the caller").answers(200, Answer::One(TOKEN)),
        operation("deleteToken", "makes a token useless at once").answers(204, Answer::Nothing),
    ]
}
