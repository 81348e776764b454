//! What the routes of run triggers take and answer.

use super::http::{FILTER, RUN_TRIGGER};
use crate::platform::openapi::{Answer, Operation, one_of, operation, to_one};

/// This folder's operations.
pub fn operations() -> Vec<Operation> {
    const INCLUDE: &str = "workspace, sourceable";
    vec![
        operation("listRunTriggers", "the run triggers of a workspace")
            .query([one_of(FILTER, ["inbound", "outbound"]).required()])
            .paged()
            .include(INCLUDE)
            .answers(200, Answer::Page(RUN_TRIGGER)),
        operation("createRunTrigger", "has applies of another workspace start runs in this one")
            .takes("run-triggers", [], [to_one("sourceable", "workspaces").required()])
            .answers(201, Answer::One(RUN_TRIGGER)),
        operation("getRunTrigger", "a run trigger").include(INCLUDE).answers(200, Answer::One(RUN_TRIGGER)),
        operation("deleteRunTrigger", "deletes a run trigger").answers(204, Answer::Nothing),
    ]
}
