//! Configuration versions: an archive of configuration, uploaded once, checked before it counts.
//!
//! `pending → uploaded → archived`, or `→ backing_data_soft_deleted → backing_data_permanently_deleted`. An archive
//! that cannot be unpacked safely is refused at the PUT and the version stays `pending`: clients do not recognise `errored` and would wait (cli-protocol 3.2).

mod described;
mod dispose;
mod http;
pub mod model;
pub mod store;

pub use described::operations;
pub use http::{included, read_archive, routes, upload};
