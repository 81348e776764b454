//! Reads the engine's plan JSON: sync, `Read` to value, no IO of its own.
//!
//! A plan of a large workspace has hundreds of megabytes. Nothing here holds more of it than one
//! element of one section at a time.
//!
//! | module | holds |
//! |---|---|
//! | `splitter` | walks the top-level object and hands out the chosen sections element by element |
//! | `scan` | finds where a value ends, without looking at what it says |
//! | `window` | the part of the document that is in memory |
//! | `cursor` | walks one element that is in memory |
//! | `summary` | counts what a plan would do |
//! | `change` | what the summary reads of one resource or output change |
//! | `digest` | hashes and counts the bytes on the way in |
//! | `redact` | writes a plan without what is sensitive in it |
//! | `secrets` | secrets that are known by their value, and finding them in bytes |

mod change;
mod cursor;
mod digest;
mod error;
mod redact;
mod scan;
mod secrets;
mod splitter;
mod summary;
mod window;

pub use error::Error;
pub use redact::{Known, Redaction, redact};
#[doc(hidden)]
pub use redact::{Rules, redact_with};
pub use secrets::{Scrubber, SecretForms, TooManySecrets};
pub use summary::{Counts, Summary, summarize};
