//! What is left of deleted workspaces: the last state of each, kept for some weeks (api-contract section 20 row 28).
//!
//! A workspace that is deleted is gone at once. Its state stays as a recoverable item, for the owners of its
//! organization and for site administrators: they download it, make the workspace again with it, or delete it for good.
//! An apply that was under way is interrupted once and waited for, and what it still writes is the item's state then.
//! After [`deleted_state_life`](crate::config::Limits::deleted_state_life) the item is gone, too.

mod described;
mod forget;
mod http;
mod keep;
mod recover;
pub mod store;
mod write;

pub use described::operations;
pub use forget::forget_expired;
pub use http::{read_state, routes};
pub use keep::{keep, keep_owners};
pub use write::{Written, apply_ended, keep_state};
