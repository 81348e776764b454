//! The crash matrix: each of the processes is killed in each step of a run, and then everybody can see what happened,
//! nothing acknowledged is lost, and the engine has applied at most once.
//!
//! | file | holds |
//! |---|---|
//! | `cell` | victims, steps, and what each pair may come to |
//! | `scenario` | what the engine does, and tells while it does it |
//! | `teller` | whom it tells: an append-only file, and gates that hold it where it is |
//! | `place` | server, agent and database as processes |
//! | `victims` | finding and killing them |
//! | `play` | one cell from its start to its kill and its end |
//! | `check` | what must hold afterwards |
//! | `rounds` | all cells, as often as there is time, and the table |
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test panics where it fails, and prints its seed and its table"
)]

mod asking;
mod cell;
mod check;
mod place;
mod play;
#[path = "../program/process.rs"]
#[expect(dead_code, reason = "shared with the tests of the program, which use more of it")]
mod process;
mod rounds;
mod scenario;
mod teller;
mod victims;

use cell::{Agents, Cell, Engine, STEPS, Step, VICTIMS, Victim};
use rounds::{Budget, play_all};
use terrane_testkit::Database;

/// All cells that there are with one engine on one database.
fn cells(engine: Engine, database: Database, agents: Agents, victims: &[Victim]) -> Vec<Cell> {
    let pairs = victims.iter().flat_map(|victim| STEPS.map(|step| (*victim, step)));
    let cells =
        pairs.map(|(victim, step)| Cell { victim, step, engine, database, agents, is_patient: false });
    cells.filter(Cell::makes_sense).collect()
}

#[test]
fn every_victim_in_every_step_on_sqlite() {
    play_all("sqlite", cells(Engine::Fake, Database::Sqlite, Agents::Apart, &VICTIMS), Budget::Long);
}

#[test]
fn every_victim_in_every_step_on_postgres() {
    play_all("postgres", cells(Engine::Fake, Database::Postgres, Agents::Apart, &VICTIMS), Budget::Long);
}

#[test]
fn a_server_with_its_embedded_agent() {
    let cells = cells(Engine::Fake, Database::Sqlite, Agents::Embedded, &[Victim::Server, Victim::Host]);
    play_all("embedded", cells, Budget::Once);
}

#[test]
fn the_real_engine() {
    let mut all = cells(Engine::Real, Database::Sqlite, Agents::Apart, &VICTIMS);
    all.extend(cells(Engine::Real, Database::Postgres, Agents::Apart, &[Victim::Database]));
    play_all("real", all, Budget::Once);
}

#[test]
fn one_cell_at_the_default_times() {
    let cell = Cell {
        victim: Victim::Host,
        step: Step::MidApply,
        engine: Engine::Fake,
        database: Database::Sqlite,
        agents: Agents::Apart,
        is_patient: true,
    };
    play_all("defaults", vec![cell], Budget::Once);
}
