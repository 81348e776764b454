//! State versions: a workspace's states, one after the other, each whole.
//!
//! `pending → finalized | discarded`. One that a client writes becomes the workspace's current one with its bytes. One
//! that a run's apply writes is *intermediate* until the run ends or the workspace is unlocked. What is left of an
//! apply that ended badly is *recovered*: not current until a person accepts it.
//!
//! | file | holds |
//! |---|---|
//! | [`contents`] | what a state file says, without IO |
//! | [`model`] | which writes are taken |
//! | `create`, `finalize`, `rollback`, `accept` | what clients do |
//! | `from_run`, `promote` | what the end of an apply does |
//! | `write` | how all of these end that have the bytes |
//! | `bytes` | stored states, read back |

mod accept;
mod bytes;
pub mod contents;
mod create;
mod described;
mod finalize;
mod from_run;
mod http;
pub mod model;
mod promote;
mod rollback;
pub mod store;
mod write;

pub use bytes::{contents_of, state_of};
pub use create::check_md5;
pub use described::operations;
pub use from_run::{NewFromRun, insert_from_run, mark_recovered};
pub use http::{document, read_json_state, read_state, routes, upload_json_state, upload_state};
pub use promote::{give_up_pending, promote, promote_newest};
pub use write::{NewState, make_current_with};
