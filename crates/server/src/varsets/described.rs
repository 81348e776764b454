//! What the routes of variable sets take and answer.

use super::http::{SEARCH_CHARS_MAX, VARSET};
use super::write::{DESCRIPTION_CHARS_MAX, NAME_CHARS_MAX};
use crate::platform::openapi::{
    Answer, Field, Link, Operation, flag, one_of, operation, text, to_many, to_one,
};

/// This folder's operations.
pub fn operations() -> Vec<Operation> {
    const INCLUDE: &str = "vars, workspaces, projects";
    let one = Answer::One(VARSET);
    let list = |id, summary| {
        let search = text("q").up_to(SEARCH_CHARS_MAX).note("a part of the name");
        operation(id, summary).query([search]).paged().include(INCLUDE).answers(200, Answer::Page(VARSET))
    };
    let changed = |id, summary| {
        operation(id, summary)
            .include(INCLUDE)
            .takes("varsets", members(text("name")), links())
            .answers(200, one)
    };
    let applied =
        |id, summary, kind| operation(id, summary).takes_many(kind, []).answers(204, Answer::Nothing);
    vec![
        list("listVarsets", "the variable sets of an organization, by name")
            .query([one_of("filter[global]", ["true", "false"]), one_of("scope", ["owned"])]),
        operation("createVarset", "makes a variable set")
            .include(INCLUDE)
            .takes("varsets", members(text("name").required()), links())
            .answers(201, one),
        operation("getVarset", "a variable set").include(INCLUDE).answers(200, one),
        changed("updateVarset", "changes a variable set"),
        changed("updateVarsetByPost", "changes a variable set"),
        operation("deleteVarset", "deletes a variable set").answers(204, Answer::Nothing),
        applied("applyVarsetToWorkspaces", "applies a set to workspaces", "workspaces"),
        applied("removeVarsetFromWorkspaces", "takes a set away from workspaces", "workspaces"),
        applied("applyVarsetToProjects", "applies a set to projects", "projects"),
        applied("removeVarsetFromProjects", "takes a set away from projects", "projects"),
        list("listVarsetsOfProject", "the sets that apply to a project, or that it owns")
            .query([one_of("scope", ["applied", "shared", "owned", "all"])]),
        list("listVarsetsOfWorkspace", "the sets that apply to a workspace"),
        list("listApplicableVarsets", "the sets that could be applied to a workspace, and are not"),
    ]
}

fn members(name: Field) -> Vec<Field> {
    vec![
        name.up_to(NAME_CHARS_MAX),
        text("description").up_to(DESCRIPTION_CHARS_MAX),
        flag("global"),
        flag("priority").note("beats the variables of workspaces and runs"),
    ]
}

fn links() -> [Link; 4] {
    [
        to_many("workspaces", "workspaces"),
        to_many("projects", "projects"),
        to_many("vars", "vars"),
        to_one("parent", "projects"),
    ]
}
