//! What the routes of workspaces take and answer.

use super::http::WORKSPACE;
use super::model::NAME_CHARS_MAX;
use super::settings::TEXT_CHARS_MAX;
use crate::execution_mode::ExecutionMode;
use crate::plans::model::EngineName;
use crate::platform::openapi::{
    Answer, Field, Link, Operation, flag, object, one_of, operation, text, texts, time, to_many, to_one,
};

/// This folder's operations.
pub fn operations() -> Vec<Operation> {
    const INCLUDE: &str = "organization, project, current_run, latest_run (each with .plan, .apply, \
                           .configuration_version and .configuration_version.ingress_attributes), \
                           current_configuration_version, current_configuration_version.ingress_attributes, \
                           current_state_version, locked_by, outputs, vars, effective_tag_bindings";
    let one = Answer::One(WORKSPACE);
    let read = |id, summary| operation(id, summary).include(INCLUDE).answers(200, one);
    let change = |id, summary| {
        operation(id, summary).takes("workspaces", settings(text("name")), links()).answers(200, one)
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
            .takes("workspaces", settings(text("name").required()), links())
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
        safely("safeDeleteWorkspace", "deletes a workspace that manages nothing"),
        safely("safeDeleteWorkspaceByName", "deletes a workspace that manages nothing, by its name"),
        operation("assignWorkspaceSshKey", "names the key that modules are fetched with, or none")
            .takes("ssh-keys", [text("id").note("the key; also as the document's own id")], [])
            .answers(200, one),
        operation("listWorkspaceRemoteStateConsumers", "the workspaces that may read the state")
            .query([flag("show_only_configured").note("not everybody, also where everybody may")])
            .paged()
            .answers(200, Answer::Page(WORKSPACE)),
        consumers("addWorkspaceRemoteStateConsumers", "lets workspaces read the state"),
        consumers("replaceWorkspaceRemoteStateConsumers", "lets these workspaces alone read the state"),
        consumers("removeWorkspaceRemoteStateConsumers", "takes that away again"),
    ]
}

fn safely(id: &'static str, summary: &'static str) -> Operation {
    operation(id, summary).takes_plain([]).answers(204, Answer::Nothing).refuses(&[409])
}

fn consumers(id: &'static str, summary: &'static str) -> Operation {
    operation(id, summary).takes_many("workspaces", []).answers(204, Answer::Nothing)
}

fn links() -> [Link; 2] {
    [to_one("project", "projects"), to_many("tag-bindings", "tag-bindings")]
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
        one_of("execution-mode", ExecutionMode::ALL.iter().map(|mode| mode.as_str())),
        text("agent-pool-id").note("of the organization; in mode agent"),
        object("setting-overwrites", [flag("execution-mode"), flag("agent-pool")]).note("false inherits"),
        flag("operations").note("the old name of execution-mode: false is local"),
        flag("auto-apply"),
        flag("auto-apply-run-trigger"),
        flag("allow-destroy-plan"),
        flag("queue-all-runs"),
        flag("speculative-enabled"),
        flag("file-triggers-enabled"),
        flag("global-remote-state"),
        flag("project-remote-state"),
        flag("assessments-enabled"),
        flag("structured-run-output-enabled"),
        time("auto-destroy-at"),
        text("auto-destroy-activity-duration").like("^[0-9]{1,4}[dh]$"),
        flag("inherits-project-auto-destroy"),
        texts("trigger-prefixes"),
        texts("trigger-patterns"),
    ]
}

fn filters() -> Vec<Field> {
    vec![
        text("search[name]"),
        text("search[wildcard-name]"),
        text("search[tags]").note("a comma list; all of them"),
        text("search[exclude-tags]").note("a comma list; none of them"),
        text("filter[project][id]"),
        text("filter[current-run][status]").note("a comma list"),
        text("filter[tagged][0][key]").note("and 1, 2, …: all of them"),
        text("filter[tagged][0][value]"),
        flag("filter[tag-union]").note("any of them"),
        flag("filter[tag-value-default-null]").note("without a value: the key has none"),
        text("sort")
            .note("name, current-run.created-at, latest-change-at; with - in front, the other way round"),
    ]
}
