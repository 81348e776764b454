//! What the routes of runs take and answer.

use super::http::{MESSAGE_CHARS_MAX, RUN};
use crate::platform::openapi::{Answer, Field, Operation, flag, list_of, operation, text, texts, to_one};

/// This folder's operations.
pub fn operations() -> Vec<Operation> {
    const INCLUDE: &str = "plan, apply, workspace, configuration_version, created_by";
    let action = |id, summary| {
        operation(id, summary).takes_plain([text("comment")]).answers(202, Answer::Nothing).refuses(&[409])
    };
    vec![
        operation("createRun", "starts a run")
            .takes(
                "runs",
                new_run(),
                [
                    to_one("workspace", "workspaces").required(),
                    to_one("configuration-version", "configuration-versions"),
                ],
            )
            .answers(201, Answer::One(RUN)),
        operation("getRun", "a run").include(INCLUDE).answers(200, Answer::One(RUN)),
        operation("listRuns", "the runs of a workspace, newest first")
            .query(filters())
            .paged()
            .include(INCLUDE)
            .answers(200, Answer::Page(RUN)),
        operation("listRunQueue", "what agents work on and have to work on, in the order of their turns")
            .paged()
            .answers(200, Answer::Page(RUN)),
        action("applyRun", "confirms a plan"),
        action("cancelRun", "asks a run to end"),
        action("forceCancelRun", "ends a run that did not end when asked"),
        action("discardRun", "gives up a plan"),
    ]
}

fn new_run() -> Vec<Field> {
    vec![
        text("message").up_to(MESSAGE_CHARS_MAX),
        flag("is-destroy"),
        flag("plan-only"),
        flag("auto-apply"),
        flag("allow-empty-apply"),
        flag("refresh"),
        flag("refresh-only"),
        flag("save-plan"),
        flag("allow-config-generation"),
        flag("debugging-mode"),
        texts("target-addrs"),
        texts("replace-addrs"),
        text("terraform-version").note("plan-only runs only"),
        list_of("variables", [text("key").required(), text("value").required()]),
    ]
}

fn filters() -> [Field; 3] {
    [
        text("filter[operation]").note("a comma list; without plan_only, plan-only runs are left out"),
        text("filter[status]").note("a comma list"),
        text("filter[source]").note("a comma list"),
    ]
}
