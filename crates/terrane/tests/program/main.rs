//! Tests of the built program as a person or a service manager meets it: a process with flags, variables, files,
//! signals and an exit code. One file for each subcommand, and one for what a kill leaves.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test panics where it fails, and prints its seed"
)]

mod admin;
mod crash;
mod demo;
mod installation;
mod ledger;
mod process;
mod refusals;
mod server;
mod settings;
mod usage;
mod writers;
