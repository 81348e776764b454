//! Logs: appended in rows while a phase runs, compacted to an object at its end, read by window.
//!
//! What is stored is what the agent sent. Framing (0x02 … 0x03) and the three lines of preamble are added on
//! reading; offsets of clients count the framed stream, offsets of agents count what is stored (api-contract 3.9).

mod append;
mod compact;
mod frame;
mod http;
mod model;
mod read;
pub mod store;

pub use append::{Appended, append, append_line};
pub use compact::compact;
pub use http::{Tail, read, read_url, tail, whole};
pub use model::LogId;
pub use read::for_each_piece;
