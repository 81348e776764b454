//! Invitations: a link, good once and for some days, by which a user sets a password. `terrane admin invite` prints it.

mod accept;
mod http;
mod invite;
pub mod store;
mod view;

pub use http::routes;
pub use invite::{Invited, PATH, invite};
