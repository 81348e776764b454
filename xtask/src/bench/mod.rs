//! `cargo xtask bench`: measures the release build of the program as its users meet it, over HTTP.
//!
//! | file | holds |
//! |---|---|
//! | `arguments` | the command line, which explains what is measured |
//! | `run` | the order of the measurements |
//! | `queue` | `POST /runs` to the engine's start |
//! | `wrap_up` | the engine's end to the plan being visible, and whole runs against the bare engine |
//! | `reads` | rates and latencies of GET, with up to a million runs |
//! | `many_runs` | many runs at once against a loop of the same commands |
//! | `objects`, `cancel`, `restart`, `dead_agent` | applies, and what is promised about them |
//! | `starting`, `idle` | the server alone: time to ready, memory at rest |
//! | `peers` | what the machine itself needs for the same |
//! | `redact`, `made_plan` | redaction of a large plan, made up |
//! | `series`, `report` | samples, quantiles, table, CSV |
//! | `load`, `fill`, `postgres`, `processor` | requests, rows, a database, and who runs where |
//! | `program`, `api`, `http` | the program, its API and a small blocking client |
//! | `job_record` | what the supervisor notes about the engine's commands |

mod api;
mod arguments;
mod cancel;
mod dead_agent;
mod fill;
mod http;
mod idle;
mod job_record;
mod load;
mod made_plan;
mod many_runs;
mod objects;
mod peers;
mod postgres;
mod processor;
mod program;
mod queue;
mod reads;
mod redact;
mod report;
mod restart;
mod run;
mod series;
mod starting;
mod wrap_up;

pub(crate) use arguments::Arguments;
pub(crate) use run::bench;
