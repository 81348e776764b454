//! What the routes of runs take and answer.

use super::http::{MESSAGE_CHARS_MAX, RUN, SEARCH_CHARS_MAX};
use crate::platform::openapi::{Answer, Field, Operation, flag, list_of, operation, text, texts, to_one};

/// This folder's operations.
pub fn operations() -> Vec<Operation> {
    const INCLUDE: &str =
        "plan, apply, workspace, configuration_version, configuration_version.ingress_attributes, created_by";
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
        operation("listRunsOfQuery", "the runs of a workspace that the query names, newest first")
            .query([text("workspace_id").required(), text("organization_name")])
            .query(filters())
            .paged()
            .include(INCLUDE)
            .answers(200, Answer::Page(RUN)),
        operation(
            "listOrganizationRuns",
            "the runs of all workspaces, newest first, by default of the last year",
        )
        .query(filters())
        .query([text("filter[workspace_names]").note("a comma list")])
        .paged()
        .include(INCLUDE)
        .answers(200, Answer::UncountedPage(RUN)),
        operation("listRunQueue", "what agents work on and have to work on, in the order of their turns")
            .paged()
            .answers(200, Answer::Page(RUN)),
        action("applyRun", "confirms a plan"),
        action("cancelRun", "asks a run to end"),
        action("forceCancelRun", "ends a run that did not end when asked"),
        operation("forceExecuteRun", "starts a run that waits, before those that were before it")
            .takes_plain([])
            .answers(202, Answer::Nothing)
            .refuses(&[403, 409]),
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
        texts("invoke-action-addrs").note("only an empty list"),
        text("terraform-version").note("plan-only runs only"),
        list_of("variables", [text("key").required(), text("value").required()]),
    ]
}

fn filters() -> Vec<Field> {
    let list = |name| text(name).note("a comma list");
    vec![
        text("filter[operation]").note("a comma list; without plan_only, plan-only runs are left out"),
        list("filter[status]"),
        text("filter[status_group]").note("final, non_final, discardable"),
        list("filter[source]"),
        list("filter[agent_pool_names]"),
        text("filter[timeframe]").note("a year, or year for the last twelve months"),
        text("search[user]").up_to(SEARCH_CHARS_MAX).note("the name of whoever made the run"),
        text("search[commit]").up_to(SEARCH_CHARS_MAX),
        text("search[basic]").up_to(SEARCH_CHARS_MAX).note("a user's name, a run's id, or part of a message"),
    ]
}
