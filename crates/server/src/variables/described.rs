//! What the routes of variables take and answer.

use super::http::VARIABLE;
use super::model::{KEY_CHARS_MAX, VariableCategory};
use super::write::DESCRIPTION_CHARS_MAX;
use crate::platform::openapi::{Answer, Field, Operation, flag, one_of, operation, text};

/// This folder's operations.
pub fn operations() -> Vec<Operation> {
    let categories = || one_of("category", VariableCategory::ALL.iter().map(|category| category.as_str()));
    vec![
        operation("listVariables", "the variables of a workspace").answers(200, Answer::Many(VARIABLE)),
        operation("createVariable", "makes a variable")
            .takes("vars", members(text("key").required(), categories().required()), [])
            .answers(201, Answer::One(VARIABLE)),
        operation("getVariable", "a variable").answers(200, Answer::One(VARIABLE)),
        operation("updateVariable", "changes a variable")
            .takes("vars", members(text("key"), categories()), [])
            .answers(200, Answer::One(VARIABLE)),
        operation("deleteVariable", "deletes a variable").answers(204, Answer::Nothing),
    ]
}

fn members(key: Field, category: Field) -> Vec<Field> {
    vec![
        key.up_to(KEY_CHARS_MAX).like(r"^[\w-]+$"),
        category,
        text("value"),
        flag("hcl"),
        flag("sensitive").note("once true, it stays so"),
        text("description").up_to(DESCRIPTION_CHARS_MAX),
    ]
}
