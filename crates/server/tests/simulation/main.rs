//! Scheduler, leases and the agents' protocol in thousands of small worlds, where everything may break at any step.
//!
//! The server's half uses `scheduler::lease::Lease` itself, inside a model of the job table whose transactions may be
//! cut off; the agent's half is a model of `crates/agent`. Nothing here does IO, and there is no time but the world's.
//! A world is made from one number: what fails is thrown again with `TERRANE_SIMULATION_SEED=…`, with every event told.
//! `TERRANE_SIMULATION_WORLDS=…` says how many worlds there are.

mod agent;
mod counters;
mod dice;
mod endings;
mod faults;
mod host;
mod jobs;
mod messages;
mod network;
mod rules;
mod server;
mod table;
mod task;
mod world;

use counters::Counters;
use std::time::Instant;
use world::World;

const WORLDS: u64 = 100_000;
const WORLDS_LONG: u64 = 2_000_000;

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} must be a number")))
}

#[test]
fn whatever_breaks_the_promises_hold() {
    if let Some(seed) = number("TERRANE_SIMULATION_SEED") {
        match World::new(seed, true).run() {
            Ok(counters) => println!("{counters:#?}"),
            Err(rule) => panic!("TERRANE_SIMULATION_SEED={seed}: {rule}"),
        }
        return;
    }
    let usual = if std::env::var_os("TERRANE_TEST_LONG").is_some() { WORLDS_LONG } else { WORLDS };
    let worlds = number("TERRANE_SIMULATION_WORLDS").unwrap_or(usual);
    let (mut total, began) = (Counters::default(), Instant::now());
    for seed in 0..worlds {
        match World::new(seed, false).run() {
            Ok(counters) => total.add(&counters),
            Err(rule) => panic!("TERRANE_SIMULATION_SEED={seed}: {rule}"),
        }
    }
    println!("{worlds} worlds in {:.1} s", began.elapsed().as_secs_f64());
    for (name, count) in total.all() {
        println!("{count:>12}  {name}");
    }
    for (name, count) in total.all() {
        assert!(count > 0, "no world has come to: {name}");
    }
}
