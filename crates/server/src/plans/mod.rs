//! Plans: `GET /plans/:id` and the JSON plan behind a one-minute URL.
//!
//! `pending → queued → running → finished | errored | canceled`; `pending`, `queued → unreachable`. A plan changes only
//! together with its run, in one transaction ([`ingest`]).

mod described;
mod http;
mod ingest;
pub mod model;
pub mod store;

pub use described::operations;
pub use http::{document, read_file, read_json, routes};
pub use ingest::{End, ingest};
