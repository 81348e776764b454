//! What the routes of configuration versions take and answer.

use super::http::CONFIGURATION_VERSION;
use crate::platform::openapi::{Answer, Operation, flag, operation, to_one};

/// This folder's operations.
pub fn operations() -> Vec<Operation> {
    const INCLUDE: &str = "ingress_attributes; run: the first one that was made of it";
    let garbage = |id, summary| operation(id, summary).takes_plain([]).answers(200, Answer::Nothing);
    let one = Answer::One(CONFIGURATION_VERSION);
    let download = |id, summary| operation(id, summary).answers(302, Answer::Redirect);
    vec![
        operation("createConfigurationVersion", "makes a place for an archive, with the URL to put it to")
            .takes(
                "configuration-versions",
                [flag("auto-queue-runs"), flag("speculative"), flag("provisional")],
                [to_one("ingress-attributes", "ingress-attributes")],
            )
            .answers(201, one),
        operation("listConfigurationVersions", "the configuration versions of a workspace, newest first")
            .paged()
            .include(INCLUDE)
            .answers(200, Answer::Page(CONFIGURATION_VERSION)),
        operation("getConfigurationVersion", "a configuration version").include(INCLUDE).answers(200, one),
        operation("getConfigurationVersionOfRun", "what a run plans").include(INCLUDE).answers(200, one),
        operation("archiveConfigurationVersion", "deletes the archive and keeps the record")
            .takes_plain([])
            .answers(202, Answer::Nothing)
            .refuses(&[409]),
        garbage("softDeleteConfigurationVersion", "says that the archive is to be deleted"),
        garbage("restoreConfigurationVersion", "takes that back"),
        garbage("permanentlyDeleteConfigurationVersion", "deletes the archive for good"),
        download("downloadConfigurationVersion", "where the archive is"),
        download("downloadConfigurationVersionOfRun", "where the archive is that a run plans"),
    ]
}
