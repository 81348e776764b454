//! All cells, as often as there is time for, on a few lanes at once; and the table at the end.

use crate::cell::{Cell, End};
use crate::place::Postgres;
use crate::play::{Played, play};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use terrane_testkit::Database;
use terrane_testkit::postgres::OwnPostgres;

/// A machine with two processors is then busy, and not so busy that heartbeats are late.
const LANES: usize = 2;
/// No round begins after this time.
const ROUNDS_TIME: Duration = Duration::from_secs(150);
const ROUNDS_TIME_LONG: Duration = Duration::from_secs(20 * 60);
const ROUNDS_MAX: usize = 40;

/// Only cells whose name holds this text, once.
const CELL: &str = "TERRANE_TEST_CELL";

/// How often the cells are played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Budget {
    Once,
    /// As often as there is time for.
    Long,
}

/// What a cell has come to, in all its rounds.
#[derive(Default)]
struct Row {
    ends: BTreeMap<String, usize>,
    note: String,
    slowest: Duration,
}

/// By the number of the cell.
type Rows = BTreeMap<usize, Row>;
/// Among the ends: something that must hold did not.
const FAILED: &str = "FAILED";

/// Plays them all and prints the table.
pub fn play_all(title: &str, cells: Vec<Cell>, budget: Budget) {
    let seed: u64 = std::env::var("TERRANE_TEST_SEED")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or_else(rand::random);
    println!("{title}: TERRANE_TEST_SEED={seed}");
    let cells = Arc::new(only_named(cells));
    let is_long = std::env::var_os("TERRANE_TEST_LONG").is_some();
    let time = if is_long { ROUNDS_TIME_LONG } else { ROUNDS_TIME };
    let is_once = budget == Budget::Once || std::env::var_os(CELL).is_some();
    let rounds = if is_once && !is_long { 1 } else { ROUNDS_MAX };
    let (next, rows) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Rows::new())));
    let started = Instant::now();
    let lanes: Vec<_> = (0..LANES.min(cells.len()))
        .map(|_| {
            let (cells, next, rows) = (cells.clone(), next.clone(), rows.clone());
            std::thread::spawn(move || {
                let mut postgres = None;
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let is_over = number >= cells.len() && started.elapsed() > time;
                    if number >= cells.len() * rounds || is_over {
                        return;
                    }
                    let index = number % cells.len();
                    let cell = cells[index];
                    let seed = seed.wrapping_add(number as u64);
                    // All others are played, too: what else fails says more than one cell alone.
                    let played = catch_unwind(AssertUnwindSafe(|| one(cell, &mut postgres, seed)));
                    keep(&mut rows.lock().unwrap(), index, &cell, played.ok(), started);
                }
            })
        })
        .collect();
    for lane in lanes {
        lane.join().expect("a lane does not panic");
    }
    let rows = rows.lock().unwrap();
    print_table(title, &cells, &rows, started.elapsed());
    let failed = rows.values().any(|row| row.ends.contains_key(FAILED));
    assert!(!failed && rows.len() == cells.len(), "a cell failed, see above; TERRANE_TEST_SEED={seed}");
}

/// Those that were asked for, or all.
fn only_named(cells: Vec<Cell>) -> Vec<Cell> {
    match std::env::var(CELL) {
        Ok(text) => cells.into_iter().filter(|cell| cell.name().contains(&text)).collect(),
        Err(_) => cells,
    }
}

fn one(cell: Cell, postgres: &mut Option<Postgres>, seed: u64) -> Played {
    let postgres = (cell.database == Database::Postgres).then(|| {
        let own = || Arc::new(Mutex::new(OwnPostgres::start().expect("a PostgreSQL of its own")));
        postgres.get_or_insert_with(own).clone()
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    runtime.expect("a runtime").block_on(play(cell, postgres, seed))
}

fn keep(rows: &mut Rows, index: usize, cell: &Cell, played: Option<Played>, started: Instant) {
    let row = rows.entry(index).or_default();
    let end = played.as_ref().map_or(FAILED.to_owned(), |played| format!("{:?}", played.end).to_lowercase());
    if let Some(played) = played {
        if played.end != End::Applied || row.note.is_empty() {
            row.note = played.note;
        }
        row.slowest = row.slowest.max(played.time);
    }
    println!("{:>6.1} s  {:<24} {end}", started.elapsed().as_secs_f32(), cell.name());
    *row.ends.entry(end).or_default() += 1;
}

fn print_table(title: &str, cells: &[Cell], rows: &Rows, time: Duration) {
    println!("\n{title}: {} cells in {:.0} s", cells.len(), time.as_secs_f32());
    println!("{:<24} {:<32} {:>8}  last line of ours in the log", "cell", "ends", "slowest");
    let mut total = 0;
    for (index, cell) in cells.iter().enumerate() {
        let Some(row) = rows.get(&index) else {
            println!("{:<24} not played", cell.name());
            continue;
        };
        total += row.ends.values().sum::<usize>();
        let ends: Vec<String> = row.ends.iter().map(|(end, count)| format!("{end} {count}")).collect();
        let note: String = row.note.chars().take(90).collect();
        let slowest = format!("{:.1} s", row.slowest.as_secs_f32());
        println!("{:<24} {:<32} {slowest:>8}  {note}", cell.name(), ends.join(", "));
    }
    println!("{total} kills; that no apply was started twice is asserted in each\n");
}
