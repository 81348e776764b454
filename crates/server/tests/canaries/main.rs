//! Canaries through the whole system: secrets of every kind go in by every door, then every stored byte, every answer,
//! every log and every metric is searched for them. `TERRANE_TEST_LONG` makes ten times as many cases,
//! `TERRANE_TEST_CANARIES=…` as many as it says.
//!
//! A binary of its own, because it reads all that its process logs.
#![expect(clippy::unwrap_used, reason = "a test that panics has failed, which is what it is for")]
#![expect(clippy::print_stdout, reason = "what was searched is part of the proof")]

mod answers;
mod canary;
mod case;
mod counted;
mod fake;
mod real;
mod said;
mod shared;
mod stored;

use case::Case;
use counted::Counted;
use futures_util::{StreamExt, stream};
use std::future::Future;
use std::time::Instant;
use terrane_testkit::{Database, Engines, Setup, TestServer};

const CASES: usize = 100;
const CASES_LONG: usize = 1000;
/// Of the real engines, which are slow.
const CASES_REAL: usize = 3;
/// Cases under way at the same time.
const AT_ONCE: usize = 4;

fn cases() -> usize {
    if let Ok(text) = std::env::var("TERRANE_TEST_CANARIES") {
        return text.parse().expect("TERRANE_TEST_CANARIES must be a number");
    }
    if std::env::var_os("TERRANE_TEST_LONG").is_some() { CASES_LONG } else { CASES }
}

async fn server(database: Database, engines: Engines) -> TestServer {
    said::capture();
    TestServer::with(database, Setup { engines, configure: |config| config.agent_slots = AT_ONCE }).await
}

/// Runs the cases, then searches everything.
async fn search<F: Future<Output = Case>>(
    what: &str,
    server: TestServer,
    count: usize,
    case: impl Fn(usize) -> F,
) {
    let began = Instant::now();
    let site = shared::make(&server).await;
    let counted = Counted::default();
    let planted: Vec<Case> = stream::iter(0..count).map(case).buffer_unordered(AT_ONCE).collect().await;
    counted.planted(site.secrets.iter().chain(planted.iter().flat_map(|case| &case.secrets)));
    stored::at_rest(&server).await;
    let ran = began.elapsed();
    let browser = server.browser("ada").await;
    let answers = answers::Answers { server: &server, browser: &browser, counted: &counted, site: &site };
    answers.of_site().await;
    stream::iter(&planted).for_each_concurrent(AT_ONCE, |case| answers.of_case(case)).await;
    stored::search(&server, &counted).await;
    said::search(&counted);
    server.end().await;
    println!(
        "{what}: {count} cases, run in {:.1} s, searched after {:.1} s",
        ran.as_secs_f64(),
        began.elapsed().as_secs_f64()
    );
    counted.conclude(what.starts_with("fake"));
}

async fn fake(what: &str, database: Database) {
    let server = server(database, Engines::Fake).await;
    let owner = server.owner.clone();
    search(what, server, cases(), |number| fake::case(owner.clone(), number)).await;
}

async fn real(what: &'static str, database: Database) {
    let server = server(database, Engines::Real).await;
    let owner = server.owner.clone();
    search(what, server, CASES_REAL, |number| real::case(owner.clone(), what, number)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_canary_is_found_on_sqlite() {
    fake("fake engine, SQLite", Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_canary_is_found_on_postgres() {
    fake("fake engine, PostgreSQL", Database::Postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_canary_is_found_with_tofu() {
    real("tofu", Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_canary_is_found_with_terraform() {
    real("terraform", Database::Postgres).await;
}
