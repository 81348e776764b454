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
mod engine;
mod installation;
mod ledger;
mod login;
mod process;
mod refusals;
#[expect(dead_code, reason = "the tests of the agent use the rest")]
#[path = "../../../agent/tests/it/release_tree.rs"]
mod release_tree;
mod restart;
mod server;
mod settings;
mod tls;
mod usage;
mod writers;
