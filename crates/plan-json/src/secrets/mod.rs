//! Secrets that are known by their value, and finding them in bytes.
//!
//! | module | holds |
//! |---|---|
//! | `forms` | the forms in which a secret may appear |
//! | `matcher` | finds all of them in one pass |
//! | `scrubber` | replaces them in a stream, wherever it is cut |

mod forms;
mod matcher;
mod scrubber;

pub(crate) use forms::SECRET_BYTES_MIN;
pub use forms::SecretForms;
pub(crate) use matcher::Matcher;
pub use scrubber::{Scrubber, TooManySecrets};
