//! What the routes of configuration versions take and answer.

use super::http::CONFIGURATION_VERSION;
use crate::platform::openapi::{Answer, Operation, flag, operation};

/// This folder's operations.
pub fn operations() -> Vec<Operation> {
    let one = Answer::One(CONFIGURATION_VERSION);
    let download = |id, summary| operation(id, summary).answers(302, Answer::Redirect);
    vec![
        operation("createConfigurationVersion", "makes a place for an archive, with the URL to put it to")
            .takes(
                "configuration-versions",
                [flag("auto-queue-runs"), flag("speculative"), flag("provisional")],
                [],
            )
            .answers(201, one),
        operation("listConfigurationVersions", "the configuration versions of a workspace, newest first")
            .paged()
            .answers(200, Answer::Page(CONFIGURATION_VERSION)),
        operation("getConfigurationVersion", "a configuration version").answers(200, one),
        operation("getConfigurationVersionOfRun", "what a run plans").answers(200, one),
        download("downloadConfigurationVersion", "where the archive is"),
        download("downloadConfigurationVersionOfRun", "where the archive is that a run plans"),
    ]
}
