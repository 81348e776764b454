//! Signing in from the command line (`login.v1`; cli-protocol 3.13): an authorization code for PKCE (RFC 6749, RFC 7636).
//!
//! `tofu login` opens `/oauth/authorize` in a browser and listens on a port of this machine. Its user, signed in, agrees;
//! the browser brings a code to that port, and the CLI exchanges it at `/oauth/token` for a user token. The CLI is a
//! public client: it has no secret, and what ties the code to it is the challenge.

mod authorize;
mod exchange;
mod http;
mod model;
pub mod store;
mod view;

pub use http::routes;
pub use model::service;
