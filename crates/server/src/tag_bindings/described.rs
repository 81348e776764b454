//! What the routes of tag bindings take and answer.

use super::http::{EFFECTIVE_TAG_BINDING, TAG_BINDING};
use super::model::{KEY_CHARS_MAX, VALUE_CHARS_MAX};
use crate::platform::openapi::{Answer, Operation, operation, text};

/// This folder's operations.
pub fn operations() -> Vec<Operation> {
    const LIST: Answer = Answer::Many(TAG_BINDING);
    const EFFECTIVE: Answer = Answer::Many(EFFECTIVE_TAG_BINDING);
    let read = |id, summary| operation(id, summary).answers(200, LIST);
    vec![
        read("listTagBindings", "the tag bindings of a workspace"),
        write("addTagBindingsAndList", "sets keys of a workspace and answers with all").answers(200, LIST),
        read("listWorkspaceTagBindings", "the tag bindings of a workspace"),
        write("addWorkspaceTagBindings", "sets keys of a workspace").answers(204, Answer::Nothing),
        write("replaceWorkspaceTagBindings", "leaves these keys of a workspace alone")
            .answers(204, Answer::Nothing),
        operation("listWorkspaceEffectiveTagBindings", "its own and those of its project")
            .answers(200, EFFECTIVE),
        read("listTagBindingsOfProject", "the tag bindings of a project"),
        write("addTagBindingsOfProjectAndList", "sets keys of a project and answers with all")
            .answers(200, LIST),
        read("listProjectTagBindings", "the tag bindings of a project"),
        write("addProjectTagBindings", "sets keys of a project").answers(204, Answer::Nothing),
        write("replaceProjectTagBindings", "leaves these keys of a project alone")
            .answers(204, Answer::Nothing),
        operation("listProjectEffectiveTagBindings", "the tag bindings of a project").answers(200, EFFECTIVE),
    ]
}

fn write(id: &'static str, summary: &'static str) -> Operation {
    let key = text("key").required().up_to(KEY_CHARS_MAX);
    operation(id, summary).takes_many("tag-bindings", [key, text("value").up_to(VALUE_CHARS_MAX)])
}
