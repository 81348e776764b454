//! Scenarios that the real `terraform` and `tofu` play against a real server: what they print, their exit code, and what
//! the API shows afterwards. How to write one: `README.md`.
//!
//! | file | holds |
//! |---|---|
//! | `scenario` | the format of `scenarios/*.toml` |
//! | `step` | one step of it: a command, a request, an edit |
//! | `variant` | engine, backend, form of the output, database |
//! | `place` | the server of a database, shared by all |
//! | `world` | folder, names and placeholders of one test |
//! | `command` | an engine as a process, with what happens while it runs |
//! | `api` | requests and what they must answer |
//! | `pattern` | texts as a person reads them |
//! | `play` | one test from its first step to its last check |
//! | `self_check` | tests of what scenarios are written in: patterns, and words of a command |
#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test panics where it fails, and prints what the server has logged"
)]

mod api;
mod command;
mod pattern;
mod place;
mod play;
#[path = "../../crates/terrane/tests/program/process.rs"]
#[expect(dead_code, reason = "shared with the tests of the program, which use more of it")]
mod process;
mod scenario;
mod self_check;
mod step;
mod variant;
mod world;

use libtest_mimic::{Arguments, Trial};
use place::Places;
use std::process::ExitCode;
use std::sync::Arc;

/// The engines sleep between their requests more than they compute.
const AT_ONCE: usize = 8;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads = arguments.test_threads.or(Some(AT_ONCE));
    let places = Arc::new(Places::default());
    let self_checks = [
        Trial::test("harness::patterns", || self_check::patterns().map_err(Into::into)),
        Trial::test("harness::words", || self_check::words().map_err(Into::into)),
    ];
    let tests = scenario::all().into_iter().flat_map(|scenario| {
        let places = places.clone();
        let scenario = Arc::new(scenario);
        variant::of(&scenario).into_iter().map(move |variant| {
            let (places, scenario) = (places.clone(), scenario.clone());
            let name = format!("{}::{variant}", scenario.name);
            Trial::test(name, move || play::play(&places, &scenario, variant).map_err(Into::into))
        })
    });
    let conclusion = libtest_mimic::run(&arguments, self_checks.into_iter().chain(tests).collect());
    let complaints = Arc::into_inner(places).expect("every test has ended").end();
    for complaint in &complaints {
        eprintln!("the server logged: {complaint}");
    }
    if conclusion.has_failed() || !complaints.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
