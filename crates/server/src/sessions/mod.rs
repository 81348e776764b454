//! Sessions: who is signed in to the pages. A session is 256 random bits in a cookie, stored as a digest.
//!
//! | file | holds |
//! |---|---|
//! | `model.rs` | the cookie, and where a visitor may come back to |
//! | `tries.rs` | how often a password may be tried |
//! | `check.rs` | name and password to a user: one answer for all that is wrong |
//! | `open.rs` | the new session |

mod check;
mod http;
mod model;
mod open;
pub mod store;
mod tries;
mod view;

pub(crate) use http::enter;
pub use http::routes;
pub use model::{Cookie, Session, way_back};
pub use open::open;
pub use store::SignedIn;
pub use tries::{Refused, Tries};
