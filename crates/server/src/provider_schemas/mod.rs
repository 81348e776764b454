//! What the providers of plans can do: the output of `providers schema -json` (api-contract 3.5, P6).
//!
//! Clients read it as the `json-schema` of a plan. Plans with the same engine and the same providers have the same one,
//! which may be tens of megabytes, so each is stored once, under its digest: an agent offers the digest first and
//! uploads only what the server has not seen. One that no plan names any more goes after a day.
//!
//! | file | holds |
//! |---|---|
//! | `store` | the table |
//! | `attach` | takes what an agent reports as a plan's |
//! | `sweep` | removes what no plan names |

mod attach;
pub mod store;
mod sweep;

pub use attach::{PURPOSE, attach, is_known};
pub use sweep::sweep;
