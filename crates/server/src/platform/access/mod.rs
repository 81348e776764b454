//! Who may do what: from a bearer token or a session's cookie and a route's needs to a grant.
//!
//! A handler that acts on an organization or a workspace takes a [`Granted`] as an argument, and only this module
//! makes one. A route whose scope stands in its body says [`Needs::InBody`] and asks [`grant_workspace`] itself.

mod http;
mod model;
mod store;

pub use http::{Guard, Visitor, authorize, grant_organization, grant_workspace, grant_workspace_by_name};
pub use model::{
    AgentCaller, Caller, Granted, Needs, OrganizationScope, Right, WorkspaceScope, digest_of_token,
};
pub use store::{SCOPE_STATEMENTS, STATEMENTS, shapes};
