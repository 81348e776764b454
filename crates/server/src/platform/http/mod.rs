//! What every route shares: errors, bodies, answers, the route table, middleware, signed URLs.

mod answer;
mod body;
mod error;
mod included;
mod listing;
mod middleware;
mod rate_limit;
mod route;
mod search;
mod serve;
mod signed_url;
mod unread;

pub use answer::{accepted, created, no_content, ok};
pub use body::{Body, Items, ListBody, read_document};
pub use error::{ApiError, ApiResult};
pub use included::{distinct, in_order};
pub use listing::Listing;
pub use middleware::shared_layers;
pub use rate_limit::{Allowance, PeerAddress, Principal, RateLimiter};
pub use route::{Route, delete, get, head, join, patch, post, put};
pub use search::searched;
pub use serve::serve;
pub use signed_url::{Purpose, SignedUrl, Signer, UrlError};
