//! What the routes of ssh keys take and answer.

use super::http::SSH_KEY;
use super::write::{NAME_CHARS_MAX, VALUE_BYTES_MAX};
use crate::platform::openapi::{Answer, Operation, operation, text};

/// This folder's operations.
pub fn operations() -> Vec<Operation> {
    let one = Answer::One(SSH_KEY);
    let name = || text("name").up_to(NAME_CHARS_MAX);
    let value = || text("value").up_to(VALUE_BYTES_MAX).note("the private key; never answered");
    vec![
        operation("listSshKeys", "the ssh keys of an organization, in the order they were made")
            .paged()
            .answers(200, Answer::Page(SSH_KEY)),
        operation("createSshKey", "keeps a private key")
            .takes("ssh-keys", [name().required(), value().required()], [])
            .answers(201, one),
        operation("getSshKey", "an ssh key, without its value").answers(200, one),
        operation("updateSshKey", "changes an ssh key")
            .takes("ssh-keys", [name(), value()], [])
            .answers(200, one),
        operation("deleteSshKey", "deletes an ssh key; its workspaces use none then")
            .answers(204, Answer::Nothing),
    ]
}
