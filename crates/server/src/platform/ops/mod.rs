//! What operators and clients ask a server about itself: health, metrics, discovery, ping.

mod described;
mod http;

pub use described::operations;
pub use http::{discovery, metrics_router, routes};
