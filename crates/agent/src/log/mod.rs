//! The run's log on its way to the server.
//!
//! | module | holds |
//! |---|---|
//! | `journal` | what the log is made of, on disk |
//! | `scrub` | masks secrets, and the bytes that frame a log |
//! | `upload` | sends what was scrubbed, by offset |
//! | `pump` | the task that joins them: our own lines, and files as they grow |

mod journal;
mod pump;
mod scrub;
mod upload;

pub(crate) use pump::{LogLimit, LogOf, Pump, engine_bytes_max};
pub(crate) use scrub::Scrubber;
