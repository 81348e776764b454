//! What the routes of state versions take and answer.

use super::http::{LINEAGE_CHARS_MAX, STATE_VERSION};
use crate::platform::openapi::{Answer, Operation, flag, operation, text, to_one, whole};

/// This folder's operations.
pub fn operations() -> Vec<Operation> {
    const INCLUDE: &str = "outputs, created_by, run, run.created_by, run.configuration_version";
    let one = Answer::One(STATE_VERSION);
    vec![
        operation("listStateVersions", "the state versions of a workspace, newest first")
            .query([
                text("filter[workspace][name]").required(),
                text("filter[organization][name]").required(),
                text("filter[status]").note("a comma list"),
            ])
            .paged()
            .include(INCLUDE)
            .answers(200, Answer::Page(STATE_VERSION)),
        operation("createStateVersion", "adds a state, or makes a place to put one")
            .takes(
                "state-versions",
                [
                    whole("serial", 0, i64::MAX).required(),
                    text("md5").required().like("^[0-9A-Fa-f]{32}$"),
                    text("lineage").up_to(LINEAGE_CHARS_MAX),
                    flag("force").note("also with another lineage or an older serial"),
                    text("state").note("the bytes in base64; without them, upload URLs are answered"),
                    text("json-state").note("the JSON form in base64"),
                ],
                [to_one("run", "runs")],
            )
            .answers(201, one)
            .refuses(&[409, 412]),
        operation("rollbackStateVersion", "makes an older state current again")
            .takes("state-versions", [], [to_one("rollback-state-version", "state-versions").required()])
            .answers(201, one)
            .refuses(&[409]),
        operation("getCurrentStateVersion", "the current state version of a workspace")
            .include(INCLUDE)
            .answers(200, one),
        operation("getStateVersion", "a state version").include(INCLUDE).answers(200, one),
        operation("downloadStateVersion", "where the state is").answers(302, Answer::Redirect),
        operation("acceptStateVersion", "makes a state current that an apply left behind")
            .takes_plain([])
            .answers(200, one)
            .refuses(&[409]),
    ]
}
