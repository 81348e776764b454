//! Tokens (JSON:API type `authentication-tokens`): 256 random bits, shown once, stored as a digest.

mod described;
mod http;
mod issue;
pub mod store;
mod view;

pub use described::operations;
pub use http::routes;
pub use issue::{Issued, embedded_agent_token, issue, issue_for_name, pool_token};
pub use view::routes as page_routes;
