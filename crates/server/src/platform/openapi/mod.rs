//! The API described: an OpenAPI document made from the route table and from what each folder's `described.rs` says
//! about its routes.
//!
//! | file | holds |
//! |---|---|
//! | `operation.rs` | what a route takes and answers |
//! | `field.rs` | one member of a request, with its limits |
//! | `resource.rs` | a type of resource in an answer, derived from the struct that is serialized |
//! | `schemas.rs` | both as JSON schemas |
//! | `document.rs` | the whole document |
//! | `http.rs` | `GET /api/v2/openapi.json` |

mod described;
mod document;
mod field;
mod http;
mod operation;
mod resource;
mod schemas;

pub use described::operations;
pub use document::document;
pub use field::{Field, any, flag, list_of, object, one_of, text, texts, time, whole};
pub use http::routes;
pub use operation::{Answer, Link, Operation, Takes, operation, to_many, to_one};
pub use resource::ResourceType;
