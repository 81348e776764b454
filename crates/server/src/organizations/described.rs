//! What the routes of organizations take and answer.

use super::http::{CAPACITY, ENTITLEMENTS, ORGANIZATION};
use super::model::NAME_CHARS_MAX;
use super::write::EMAIL_CHARS_MAX;
use crate::execution_mode::ExecutionMode;
use crate::platform::openapi::{Answer, Field, Operation, flag, one_of, operation, text, to_one, whole};

/// This folder's operations.
pub fn operations() -> Vec<Operation> {
    let one = Answer::One(ORGANIZATION);
    let pool = || to_one("default-agent-pool", "agent-pools");
    vec![
        operation("listOrganizations", "the organizations that the caller belongs to")
            .query([
                text("q").note("a part of the name or of the address for notices"),
                text("q[name]").note("a part of the name"),
                text("q[email]").note("a part of the address for notices"),
            ])
            .paged()
            .answers(200, Answer::PageIfAsked(ORGANIZATION))
            .refuses(&[400]),
        operation("createOrganization", "makes an organization that the caller owns")
            .takes("organizations", members(text("name").required()), [pool()])
            .answers(201, one),
        operation("getOrganization", "an organization").answers(200, one),
        operation("updateOrganization", "changes an organization")
            .takes("organizations", members(text("name")), [pool()])
            .answers(200, one),
        operation("replaceOrganization", "changes an organization, for clients that put")
            .takes("organizations", members(text("name")), [pool()])
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
        whole("session-timeout", 1, i64::MAX).note("minutes"),
        whole("session-remember", 1, i64::MAX).note("minutes"),
        one_of("collaborator-auth-policy", ["password", "two_factor_mandatory"]),
        one_of("default-execution-mode", ExecutionMode::ALL.iter().map(|mode| mode.as_str())),
        flag("cost-estimation-enabled").note("kept; costs are not estimated here"),
        flag("speculative-plan-management-enabled"),
        flag("aggregated-commit-status-enabled"),
        flag("send-passing-statuses-for-untriggered-speculative-plans"),
        flag("assessments-enforced"),
        flag("allow-force-delete-workspaces"),
    ]
}
