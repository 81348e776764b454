//! What the routes of projects take and answer.

use super::http::PROJECT;
use super::model::{DESCRIPTION_CHARS_MAX, NAME_CHARS_MAX};
use crate::execution_mode::ExecutionMode;
use crate::platform::openapi::{Answer, Field, Operation, flag, object, one_of, operation, text, to_many};

/// This folder's operations.
pub fn operations() -> Vec<Operation> {
    let one = Answer::One(PROJECT);
    let bindings = || [to_many("tag-bindings", "tag-bindings")];
    vec![
        operation("listProjects", "the projects of an organization, by name")
            .query([
                text("q").note("a part of the name"),
                text("filter[names]").note("a comma list of whole names"),
                text("sort").note("name, or -name for the other way round"),
            ])
            .paged()
            .answers(200, Answer::Page(PROJECT))
            .refuses(&[400]),
        operation("createProject", "makes a project")
            .takes("projects", settings(text("name").required()), bindings())
            .answers(201, one),
        operation("getProject", "a project").answers(200, one),
        operation("updateProject", "changes a project")
            .takes("projects", settings(text("name")), bindings())
            .answers(200, one),
        operation("deleteProject", "deletes a project without workspaces; the default one stays")
            .answers(204, Answer::Nothing)
            .refuses(&[409]),
        operation("moveWorkspacesIntoProject", "moves workspaces into a project, all or none")
            .takes_many("workspaces", [])
            .answers(204, Answer::Nothing)
            .refuses(&[403]),
    ]
}

fn settings(name: Field) -> Vec<Field> {
    let modes = ExecutionMode::ALL.iter().map(|mode| mode.as_str());
    vec![
        name.up_to(NAME_CHARS_MAX).like("^[A-Za-z0-9_-][A-Za-z0-9 _-]{1,38}[A-Za-z0-9_-]$"),
        text("description").up_to(DESCRIPTION_CHARS_MAX),
        one_of("default-execution-mode", modes),
        text("default-agent-pool-id"),
        object("setting-overwrites", [flag("default-execution-mode"), flag("default-agent-pool")])
            .note("false inherits"),
        text("auto-destroy-activity-duration").like("^[0-9]{1,4}[dh]$"),
    ]
}
