//! `kill -9` of the server at any moment, then a restart: nothing acknowledged is lost, no engine is left behind,
//! and what was in progress has ended with a reason.

use crate::installation::{BOTH, Installation};
use crate::ledger::Ledger;
use crate::process::{Found, Running, Server, processes_naming, wait_for_processes};
use crate::writers::Writer;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::json;
use std::time::Duration;
use terrane_testkit::{Actor, Database, Engines, Run, fake_archive};

const KILLS: u32 = 24;
const KILLS_LONG: u32 = 400;
const WRITERS: u32 = 3;
/// One kill of so many comes while the server starts.
const IN_MID_START: u32 = 5;
const START_MS_MAX: u64 = 120;
const WRITE_MS_MAX: u64 = 500;
const REASON: &str = "terrane: the server was stopped while the plan ran; start the run again\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_on_sqlite() {
    kill_and_restart(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_on_postgres() {
    kill_and_restart(Database::Postgres).await;
}

/// A number of this run of the test, or the one it is told to repeat.
fn seed() -> u64 {
    std::env::var("TERRANE_TEST_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or_else(rand::random)
}

async fn kill_and_restart(database: Database) {
    let kills = if std::env::var_os("TERRANE_TEST_LONG").is_some() { KILLS_LONG } else { KILLS };
    let seed = seed();
    println!("TERRANE_TEST_SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let installation = Installation::new(database, Engines::Fake);
    let ledger = Ledger::default();
    let token = installation.owner_token("ada").await;
    let mut left = Vec::new();
    for round in 0..kills {
        let running = Running::start(installation.command(&["server"]));
        if random.random_ratio(1, IN_MID_START) {
            pause(&mut random, START_MS_MAX).await;
            running.signal(rustix::process::Signal::KILL);
            running.ended();
        } else {
            let server = Server::ready(running);
            expect_gone(&installation, &left);
            let actor = server.actor(&token);
            for entry in ledger.sample(&mut random) {
                entry.check(&actor).await;
            }
            let writers: Vec<_> = (0..WRITERS)
                .map(|number| start_writer(&actor, &ledger, round, number, &mut random))
                .collect();
            pause(&mut random, WRITE_MS_MAX).await;
            server.kill();
            for writer in writers {
                writer.await.expect("no writer has met a wrong answer");
            }
        }
        left.extend(processes_naming(installation.path("").as_str()));
    }

    let server = installation.start();
    expect_gone(&installation, &left);
    check_everything(&server.actor(&token), &ledger, kills).await;
    assert_eq!(server.terminate().code, Some(0));
}

async fn pause(random: &mut StdRng, ms_max: u64) {
    tokio::time::sleep(Duration::from_millis(random.random_range(0..ms_max))).await;
}

fn start_writer(
    actor: &Actor,
    ledger: &Ledger,
    round: u32,
    number: u32,
    random: &mut StdRng,
) -> tokio::task::JoinHandle<()> {
    let name = format!("w{round}-{number}");
    let random = StdRng::seed_from_u64(random.random());
    let writer = Writer { actor: actor.clone(), ledger: ledger.clone(), name, random };
    tokio::spawn(writer.write_until_gone())
}

/// Engines and supervisors of servers that were killed.
fn expect_gone(installation: &Installation, left: &[Found]) {
    let root = installation.path("");
    wait_for_processes(root.as_str(), "left of a killed server", |found| {
        !found.iter().any(|process| left.contains(process))
    });
}

async fn check_everything(actor: &Actor, ledger: &Ledger, kills: u32) {
    for entry in ledger.all() {
        entry.check(actor).await;
    }
    let (mut finished, mut by_kill) = (0, 0);
    let runs = ledger.runs();
    for (run, workspace) in &runs {
        // One that hangs is ended by hand; it was started by this last server.
        let plan = ended(actor, run).await;
        let log = actor.framed_log(run).await;
        assert_eq!(log.last(), Some(&3), "{}", run.plan);
        match plan.as_str() {
            "finished" => finished += 1,
            "canceled" => {}
            other => {
                assert_eq!(other, "errored");
                let log = String::from_utf8(log).unwrap();
                let is_by_kill = log.contains(REASON);
                assert!(is_by_kill || log.contains("\nno\n"), "{}: {log}", run.plan);
                by_kill += u32::from(is_by_kill);
                let read = actor.get(&format!("/workspaces/{workspace}")).await;
                assert_eq!(read.attribute("locked"), false, "{workspace}");
            }
        }
    }
    let all = ledger.all().len();
    println!(
        "{kills} kills: {all} acknowledged, {} runs, {finished} finished, {by_kill} ended by a kill",
        runs.len()
    );
    assert!(all > kills as usize && finished > 0, "too little was written to show anything");
    expect_a_new_run_works(actor, &actor.workspace("after-all").await).await;
}

async fn ended(actor: &Actor, run: &Run) -> String {
    if actor.log(run).await.contains("hanging") {
        actor.post(&format!("/runs/{}/actions/cancel", run.id), &json!({})).await;
    }
    actor.planned(run).await.attribute("status").as_str().unwrap().to_owned()
}

async fn expect_a_new_run_works(actor: &Actor, workspace: &str) {
    let behaviour = json!({ "plan": [{ "plan": { "additions": 3 } }] });
    let run = actor.run(workspace, fake_archive(&behaviour), &json!({})).await;
    let plan = actor.planned(&run).await;
    assert_eq!(
        (plan.attribute("status"), plan.attribute("resource-additions")),
        (json!("finished"), json!(3))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_in_progress_ends_with_its_reason_in_every_phase() {
    for database in BOTH {
        let installation = Installation::new(database, Engines::Fake);
        let token = installation.owner_token("ada").await;
        for (number, phase) in ["init", "plan", "show"].into_iter().enumerate() {
            // A program of the engine's, as a provider is: told from all others by its number.
            let child = format!("86400.{:08}", rand::random_range(0..100_000_000));
            let steps =
                json!([{ "print": "in progress\n" }, { "spawn": ["sleep", child] }, { "hang": true }]);
            let server = installation.start();
            let actor = server.actor(&token);
            let workspace = actor.workspace(&format!("phase-{number}")).await;
            let archive = fake_archive(&json!({ phase: steps }));
            let run = actor.run(&workspace, archive, &json!({})).await;
            wait_for_processes(&child, "the engine's child", |found| !found.is_empty());
            let read = actor.get(&format!("/plans/{}", run.plan)).await;
            assert_eq!(read.attribute("status"), "running", "{phase}");
            while phase == "plan" && !actor.log(&run).await.contains("in progress") {}
            server.kill();
            let root = installation.path("");
            let left = [processes_naming(root.as_str()), processes_naming(&child)].concat();
            assert!(left.len() >= 3, "engine, child and supervisor outlive the server: {left:?}");

            let server = installation.start();
            let actor = server.actor(&token);
            expect_gone(&installation, &left);
            wait_for_processes(&child, "left of a killed server", <[Found]>::is_empty);
            expect_ended(&actor, &run, &workspace, phase).await;
            let agent_folder = std::fs::read_dir(installation.path("data/agent")).unwrap().count();
            assert_eq!(agent_folder, 0, "{phase}: nothing is left of the job on disk");
            expect_a_new_run_works(&actor, &workspace).await;
            server.kill();
        }
    }
}

async fn expect_ended(actor: &Actor, run: &Run, workspace: &str, phase: &str) {
    // At once: the first answer of the new server must be right.
    let plan = actor.get(&format!("/plans/{}", run.plan)).await.expect_status(200);
    assert_eq!(plan.attribute("status"), "errored", "{phase}");
    let read = actor.get(&format!("/runs/{}", run.id)).await.expect_status(200);
    assert_eq!(read.attribute("status"), "errored", "{phase}");
    let log = actor.framed_log(run).await;
    assert_eq!((log.first(), log.last()), (Some(&2), Some(&3)), "{phase}");
    let log = String::from_utf8(log).unwrap();
    assert!(log.ends_with(&format!("{REASON}\u{3}")), "{phase}: {log}");
    assert_eq!(log.contains("in progress\n"), phase == "plan", "{phase}: {log}");
    let read = actor.get(&format!("/workspaces/{workspace}")).await.expect_status(200);
    assert_eq!(read.attribute("locked"), false, "{phase}");
    actor.get(&format!("/plans/{}/json-output", run.plan)).await.expect_status(404);
}
