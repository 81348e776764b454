//! The redacted form of a plan: what may be shown, searched and sent on.
//!
//! Masks alone are not enough: the engines do not mark every copy of a secret. So the plan is read twice: first for
//! the secrets that occur, then to write it without them.
//!
//! | module | holds |
//! |---|---|
//! | `run` | the two passes, one after the other |
//! | `rules` | what they hold themselves to, and what is known beforehand |
//! | `gather` | the first pass |
//! | `configuration` | what the configuration declares and spells out |
//! | `found` | the secrets found so far |
//! | `schemas`, `hidden` | what the providers' schemas call sensitive |
//! | `mask` | which parts of a value are sensitive |
//! | `write` | the second pass: sections |
//! | `change` | the elements of sections |
//! | `value` | values |
//! | `placeholder` | what stands in the place of a secret |
//! | `prune` | the schemas of the types that occur |
//! | `sink` | where all that is written |

mod change;
mod configuration;
mod found;
mod gather;
mod hidden;
mod mask;
mod placeholder;
mod prune;
mod rules;
mod run;
mod schemas;
mod sink;
mod value;
mod write;

pub use rules::{Known, Rules};
pub use run::{Redaction, redact, redact_with};
