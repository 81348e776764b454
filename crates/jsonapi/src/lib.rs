//! Documents, queries and errors as this API speaks them; no IO.
//!
//! The dialect is the one of api-contract section 2: kebab-case attributes, `links` on resources and on
//! relationships, `errors[].status` as a string, page numbers with true totals.
//!
//! Invariant: nothing here knows HTTP or SQL.

mod document;
mod error;
mod incoming;
mod incoming_list;
mod items;
mod query;

pub use document::{Document, Relationship, Resource, ResourceId};
pub use error::{ErrorObject, Errors};
pub use incoming::{Attributes, Given, Incoming};
pub use items::{Item, parse_items};
pub use query::{Page, Pagination, Query};

/// The media type of every document.
pub const MEDIA_TYPE: &str = "application/vnd.api+json";
