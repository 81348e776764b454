//! Tokens (JSON:API type `authentication-tokens`): 256 random bits, shown once, stored as a digest.

mod described;
mod http;
mod issue;
pub mod store;

pub use described::operations;
pub use http::routes;
pub use issue::{IssueError, Issued, embedded_agent_token, issue, issue_for_name, pool_token};
