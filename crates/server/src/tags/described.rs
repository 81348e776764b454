//! What the routes of flat tags take and answer.

use super::http::TAG;
use super::model::NAME_CHARS_MAX;
use crate::platform::openapi::{Answer, Operation, operation, text};

/// This folder's operations.
pub fn operations() -> Vec<Operation> {
    vec![
        operation("listTags", "the tags of an organization, by name")
            .query([
                text("q").note("a part of the name"),
                text("filter[exclude][taggable][id]").note("those that this workspace does not have"),
            ])
            .paged()
            .answers(200, Answer::Page(TAG))
            .refuses(&[400]),
        operation("deleteTags", "deletes tags of an organization, all or none")
            .takes_many("tags", [])
            .answers(204, Answer::Nothing),
        operation("addTagToWorkspaces", "gives one tag to many workspaces, all or none")
            .takes_many("workspaces", [])
            .answers(204, Answer::Nothing),
        operation("listWorkspaceTags", "the tags of a workspace, by name")
            .paged()
            .answers(200, Answer::Page(TAG)),
        named("addWorkspaceTags", "gives a workspace tags, by id or by name; new names are made"),
        named("removeWorkspaceTags", "takes tags from a workspace, by id or by name"),
    ]
}

fn named(id: &'static str, summary: &'static str) -> Operation {
    operation(id, summary)
        .takes_many("tags", [text("name").up_to(NAME_CHARS_MAX)])
        .answers(204, Answer::Nothing)
}
