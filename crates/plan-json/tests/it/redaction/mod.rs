//! That a redacted plan holds nothing sensitive, and everything else as it was.
//!
//! | module | holds |
//! |---|---|
//! | `meaning` | what is not sensitive stays as it is |
//! | `proof` | secrets planted anywhere, and searched in the document |
//! | `plant`, `declared` | where they are planted and what marks them |
//! | `copy` | where else they occur, and in which form |
//! | `plans` | the plans to plant them in |
//! | `dice` | chance that can be repeated |
//! | `malformed` | documents that are almost a plan |
//! | `limits` | large documents and many secrets |
//! | `placeholders` | what stands in the place of a secret |
//! | `schemas` | the schemas that come with a document |

mod copy;
mod declared;
mod dice;
mod limits;
mod malformed;
mod meaning;
mod placeholders;
mod plans;
mod plant;
mod proof;
mod schemas;
