//! Claims work, runs the engine in a sandbox, uploads results.
//!
//! Three processes share one program. The **agent** (inside of the server, or on its own) claims a job and
//! reports how it ended. For each job it starts a **supervisor** (`supervise DIR`), which serves the engine's
//! state calls and outlives the agent, and that starts the **sandbox** (`sandbox-init DIR`), which restricts
//! itself and runs the engine's commands. They speak by files in the job's folder and by pipes; the engine
//! itself is attached to files alone.
//!
//! An agent that ends, killed or not, leaves its supervisors running. The next one on the same work directory
//! tells the server what it holds, ends what is nobody's any more, and goes on with the rest: everything that
//! takes is in the job's folder. An apply is started once: the server notes it, then the supervisor leaves a
//! mark on the disk, and only then is the engine executed; nothing ever removes one without the other.
//!
//! | module | holds |
//! |---|---|
//! | `agent` | hello, then the slots: claim, run, claim again |
//! | `identity` | who the agent is, and its work directory |
//! | `heart` | the thread that renews leases |
//! | `job` | one job from claim to report |
//! | `engine` | command lines, environment and files of an engine |
//! | `engines` | which engines there are |
//! | `known_engines` | the same while it changes |
//! | `catalogue` | installs engines: releases, checked, and builds |
//! | `log` | the run's log: scrubbed, sent as it grows |
//! | `supervisor` | the process that owns one phase |
//! | `state_service` | the engine's state calls, served beside it |
//! | `sandbox` | the process that restricts itself and runs the engine |
//! | `packages` | provider packages that are kept from run to run |
//! | `leftovers` | ends what nobody wants any more |
//! | `client` | the calls to the server |

mod agent;
pub mod catalogue;
mod client;
mod engine;
pub mod engines;
mod error;
mod heart;
mod identity;
mod job;
mod known_engines;
mod leftovers;
mod log;
mod packages;
mod sandbox;
mod settings;
mod state_service;
mod supervisor;

pub use agent::run;
pub use client::{Client, ClientError};
pub use engine::{CliConfigError, check_cli_config};
pub use engines::FoundEngine;
pub use error::AgentError;
pub use known_engines::{EnginePlaces, KnownEngines};
pub use leftovers::end_leftovers;
pub use sandbox::sandbox_init;
pub use settings::{SandboxDemand, Settings};
pub use supervisor::supervise;
pub use terrane_wire::{Engine, EngineKind};
