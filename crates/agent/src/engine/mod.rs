//! How an engine is driven: its command lines, environment and the files it reads.
//!
//! | module | holds |
//! |---|---|
//! | `commands` | the commands of a plan and of an apply |
//! | `environment` | the environment, from an allow-list |
//! | `override_file` | the file that replaces the configuration's backend |
//! | `state_block` | what stands in it, by the engine's version |
//! | `cli_config` | the engine's CLI configuration |
//! | `variables` | variable files |
//! | `summary_line` | the counts an engine without JSON plans prints |

mod cli_config;
mod commands;
mod environment;
mod override_file;
mod state_block;
mod summary_line;
mod variables;

pub use cli_config::{CliConfigError, check_cli_config};
pub(crate) use cli_config::{OperatorCliConfig, run_cli_config};
pub(crate) use commands::{apply_steps, plan_steps};
pub(crate) use environment::{Environment, HostEnvironment};
pub(crate) use override_file::{OverrideError, write_override};
pub(crate) use state_block::{STATE_USER, StateAddress, StateBlock, state_block};
pub(crate) use summary_line::printed_counts;
pub(crate) use variables::write_variables;

/// The host of the `cloud` block in a run: a name that no public name can take, led to loopback by the CLI
/// configuration. It is frozen into plan files, so it must stay as it is.
pub(crate) const LOGICAL_HOST: &str = "terrane.internal";
