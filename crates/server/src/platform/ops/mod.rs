//! What operators and clients ask a server about itself: health, metrics, discovery, ping.

mod http;

pub use http::{metrics_router, routes};
