//! Plans: `GET /plans/:id` and its documents, each behind a one-minute URL.
//!
//! `pending → queued → running → finished | errored | canceled`; `pending`, `queued → unreachable`. A plan changes only
//! together with its run, in one transaction ([`ingest`]).

mod described;
mod http;
mod ingest;
pub mod model;
pub mod store;

pub use described::operations;
pub use http::{Part, document, read_file, read_part, routes};
pub use ingest::{End, REDACTED_JSON, ingest};
