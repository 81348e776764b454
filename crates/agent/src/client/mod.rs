//! The calls to the server.
//!
//! | module | holds |
//! |---|---|
//! | `transport` | the way there: a router in this process, or a socket |
//! | `connection` | the calls themselves |
//! | `failure` | why a call failed, and whether to try again |

mod connection;
mod failure;
mod transport;

pub(crate) use connection::{Connection, SentState, next_piece};
pub(crate) use failure::{AWAY_MAX, Backoff, CallError};
pub use transport::{Client, ClientError};
