//! What the routes of the catalogue take and answer.

use super::http::TERRAFORM_VERSION;
use super::write::TEXT_CHARS_MAX;
use crate::plans::model::EngineName;
use crate::platform::openapi::{Answer, Field, Operation, flag, list_of, one_of, operation, text};

/// This folder's operations.
pub fn operations() -> Vec<Operation> {
    let one = Answer::One(TERRAFORM_VERSION);
    vec![
        operation("listTerraformVersions", "the versions of engines that this site knows, the newest first")
            .query([
                text("filter[version]").note("exactly this one"),
                text("search[version]").note("in the version"),
                one_of("filter[engine]", EngineName::ALL.iter().map(|engine| engine.as_str())),
            ])
            .paged()
            .answers(200, Answer::Page(TERRAFORM_VERSION)),
        operation("createTerraformVersion", "adds a version to those that this site knows")
            .takes("terraform-versions", attributes(text("version").required()), [])
            .answers(201, one),
        operation("getTerraformVersion", "a version of an engine").answers(200, one),
        operation("updateTerraformVersion", "changes a version; one that is disabled cannot be used")
            .takes("terraform-versions", attributes(text("version")), [])
            .answers(200, one),
        operation("deleteTerraformVersion", "deletes a version that is neither installed, official nor used")
            .answers(204, Answer::Nothing)
            .refuses(&[422]),
    ]
}

fn attributes(version: Field) -> Vec<Field> {
    vec![
        version.note("exact, such as 1.11.4"),
        one_of("engine", EngineName::ALL.iter().map(|engine| engine.as_str())),
        text("url").up_to(TEXT_CHARS_MAX),
        text("sha").note("SHA-256 of the archive, hex"),
        flag("official"),
        flag("enabled"),
        flag("beta"),
        flag("deprecated"),
        text("deprecated-reason").up_to(TEXT_CHARS_MAX),
        list_of("archs", [text("url"), text("sha"), text("os"), text("arch")]),
    ]
}
