//! What the routes of recoverable items take and answer.

use super::http::RECOVERABLE_ITEM;
use crate::platform::openapi::{Answer, Operation, flag, one_of, operation, text};

/// This folder's operations.
pub fn operations() -> Vec<Operation> {
    let page = |id, summary| {
        operation(id, summary)
            .query([
                text("filter[search]").note("in the name"),
                flag("filter[having_managed_resources]"),
                text("filter[expires_after]").note("a time in RFC 3339"),
                one_of("filter[recoverable_type]", ["workspaces", "stacks"]),
                text("sort").note("expires_at, recoverable_name, unmanaged_resources; with - descending"),
            ])
            .paged()
            .answers(200, Answer::Page(RECOVERABLE_ITEM))
    };
    vec![
        page("listRecoverableItems", "the states that deleted workspaces of an organization have left"),
        page("listAllRecoverableItems", "the same of all organizations that the caller owns or owned"),
        operation("getRecoverableItem", "what a deleted workspace has left")
            .answers(200, Answer::One(RECOVERABLE_ITEM)),
        operation("downloadRecoverableItemState", "where the state is that a deleted workspace has left")
            .answers(307, Answer::Redirect),
        operation(
            "recoverRecoverableItem",
            "makes a deleted workspace again, with its settings and its last state",
        )
        .takes_plain([])
        .answers(204, Answer::Nothing),
        operation("permanentlyDeleteRecoverableItem", "deletes for good what a deleted workspace has left")
            .takes_plain([])
            .answers(204, Answer::Nothing),
    ]
}
