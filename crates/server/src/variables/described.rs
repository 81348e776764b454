//! What the routes of variables take and answer.

use super::http::{USED_VARIABLE, VARIABLE};
use super::model::{KEY_CHARS_MAX, VariableCategory};
use super::write::DESCRIPTION_CHARS_MAX;
use crate::platform::openapi::{Answer, Field, Operation, flag, one_of, operation, text};

/// This folder's operations.
pub fn operations() -> Vec<Operation> {
    let (one, many) = (Answer::One(VARIABLE), Answer::Many(VARIABLE));
    let made = |id, summary| {
        let fields = members(text("key").required(), categories().required());
        operation(id, summary).takes("vars", fields, []).answers(201, one)
    };
    let changed = |id, summary| {
        operation(id, summary).takes("vars", members(text("key"), categories()), []).answers(200, one)
    };
    vec![
        operation("listVariables", "the variables of a workspace").answers(200, many),
        made("createVariable", "makes a variable"),
        operation("getVariable", "a variable").answers(200, one),
        changed("updateVariable", "changes a variable"),
        operation("deleteVariable", "deletes a variable").answers(204, Answer::Nothing),
        operation(
            "listAllVariables",
            "a workspace's variables and those of its sets, of each key the one that counts",
        )
        .answers(200, many),
        operation("updateVariables", "changes several variables of a workspace, all of them or none")
            .takes_many("vars", members(text("key"), categories()))
            .answers(204, Answer::Nothing),
        operation("listVariablesOfVarset", "the variables of a set").answers(200, many),
        made("createVariableOfVarset", "makes a variable in a set"),
        operation("getVariableOfVarset", "a variable of a set").answers(200, one),
        changed("updateVariableOfVarset", "changes a variable of a set"),
        operation("deleteVariableOfVarset", "deletes a variable of a set").answers(204, Answer::Nothing),
        operation(
            "listVariablesOfVarsetInWorkspace",
            "the variables of a set, with what beats each in a workspace",
        )
        .answers(200, many),
        operation("getVariableOfVarsetInWorkspace", "a variable of a set, with what beats it in a workspace")
            .answers(200, one),
        operation("listVariablesOfRun", "what a run was made from: names, never values")
            .answers(200, Answer::Many(USED_VARIABLE)),
    ]
}

fn categories() -> Field {
    one_of("category", VariableCategory::ALL.iter().map(|category| category.as_str()))
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
