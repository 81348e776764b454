//! What the routes of workspaces take and answer.

use super::http::WORKSPACE;
use super::model::NAME_CHARS_MAX;
use super::update::TEXT_CHARS_MAX;
use crate::plans::model::EngineName;
use crate::platform::openapi::{Answer, Field, Operation, flag, one_of, operation, text, texts, to_one};

/// This folder's operations.
pub fn operations() -> Vec<Operation> {
    const INCLUDE: &str = "organization, project, current_run, current_state_version, locked_by, outputs";
    let one = Answer::One(WORKSPACE);
    let read = |id, summary| operation(id, summary).include(INCLUDE).answers(200, one);
    let change = |id, summary| {
        operation(id, summary)
            .takes("workspaces", settings(text("name")), [to_one("project", "projects")])
            .answers(200, one)
    };
    let lock =
        |id, summary| operation(id, summary).takes_plain([text("reason")]).answers(200, one).refuses(&[409]);
    vec![
        operation("listWorkspaces", "the workspaces of an organization, in the order they were made")
            .query(filters())
            .paged()
            .include(INCLUDE)
            .answers(200, Answer::Page(WORKSPACE)),
        operation("createWorkspace", "makes a workspace")
            .takes("workspaces", settings(text("name").required()), [to_one("project", "projects")])
            .answers(201, one),
        read("getWorkspaceByName", "a workspace, by its name"),
        change("updateWorkspaceByName", "changes a workspace, by its name"),
        operation("deleteWorkspaceByName", "deletes a workspace with everything in it")
            .answers(204, Answer::Nothing),
        read("getWorkspace", "a workspace"),
        change("updateWorkspace", "changes a workspace"),
        operation("deleteWorkspace", "deletes a workspace with everything in it")
            .answers(204, Answer::Nothing),
        lock("lockWorkspace", "locks a workspace for the caller"),
        lock("unlockWorkspace", "gives the caller's lock back").refuses(&[422]),
        lock("forceUnlockWorkspace", "takes anybody's lock away"),
    ]
}

/// What create and update read.
fn settings(name: Field) -> Vec<Field> {
    let engines = EngineName::ALL.iter().map(|engine| engine.as_str());
    vec![
        name.up_to(NAME_CHARS_MAX).like("^[A-Za-z0-9_-]+$"),
        text("description").up_to(TEXT_CHARS_MAX),
        one_of("engine", engines).note("ours: which engine plans"),
        text("terraform-version").note("an exact version, a constraint, or latest"),
        text("working-directory").up_to(TEXT_CHARS_MAX).note("relative, without .."),
        text("source-name").up_to(TEXT_CHARS_MAX),
        text("source-url").up_to(TEXT_CHARS_MAX),
        one_of("execution-mode", ["remote"]),
        flag("operations"),
        flag("auto-apply"),
        flag("auto-apply-run-trigger"),
        flag("allow-destroy-plan"),
        flag("queue-all-runs"),
        flag("speculative-enabled"),
        flag("file-triggers-enabled"),
        flag("global-remote-state"),
        texts("trigger-prefixes"),
        texts("trigger-patterns"),
    ]
}

fn filters() -> Vec<Field> {
    vec![
        text("search[name]"),
        text("search[wildcard-name]"),
        text("search[tags]"),
        text("filter[project][id]"),
        text("filter[current-run][status]").note("a comma list"),
        text("filter[tagged][0][key]"),
        text("sort")
            .note("name, current-run.created-at, latest-change-at; with - in front, the other way round"),
    ]
}
