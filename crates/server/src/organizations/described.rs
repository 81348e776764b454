//! What the routes of organizations take and answer.

use super::http::{CAPACITY, ENTITLEMENTS, ORGANIZATION};
use super::model::NAME_CHARS_MAX;
use super::write::EMAIL_CHARS_MAX;
use crate::platform::openapi::{Answer, Field, Operation, one_of, operation, text, whole};

/// This folder's operations.
pub fn operations() -> Vec<Operation> {
    let one = Answer::One(ORGANIZATION);
    vec![
        operation("listOrganizations", "the organizations that the caller belongs to")
            .paged()
            .answers(200, Answer::PageIfAsked(ORGANIZATION)),
        operation("createOrganization", "makes an organization that the caller owns")
            .takes("organizations", members(text("name").required()), [])
            .answers(201, one),
        operation("getOrganization", "an organization").answers(200, one),
        operation("updateOrganization", "changes an organization")
            .takes("organizations", members(text("name")), [])
            .answers(200, one),
        operation("replaceOrganization", "changes an organization, for clients that put")
            .takes("organizations", members(text("name")), [])
            .answers(200, one),
        operation("deleteOrganization", "deletes an organization with everything in it")
            .answers(204, Answer::Nothing),
        operation("getEntitlementSet", "what this server offers an organization")
            .answers(200, Answer::One(ENTITLEMENTS)),
        operation("getCapacity", "how much agents have to do and do").answers(200, Answer::One(CAPACITY)),
    ]
}

fn members(name: Field) -> Vec<Field> {
    vec![
        name.up_to(NAME_CHARS_MAX).like("^[A-Za-z0-9_-]{3,40}$"),
        text("email").up_to(EMAIL_CHARS_MAX),
        whole("session-timeout", i64::MIN, i64::MAX).note("minutes"),
        whole("session-remember", i64::MIN, i64::MAX).note("minutes"),
        one_of("collaborator-auth-policy", ["password", "two_factor_mandatory"]),
    ]
}
