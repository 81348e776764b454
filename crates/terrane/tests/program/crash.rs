//! `kill -9` of the server at any moment, then a restart: nothing acknowledged is lost, what was in progress goes on
//! under its supervisor and is taken over, and no engine outlives its run.

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
/// Why a plan can end that its engine did not end: twice a kill came before the agent had noted the job.
const REASON: &str = "terrane: the agent was restarted and does not have this run any more";

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
    for round in 0..kills {
        let running = Running::start(installation.command(&["server"]));
        if random.random_ratio(1, IN_MID_START) {
            pause(&mut random, START_MS_MAX).await;
            running.signal(rustix::process::Signal::KILL);
            running.ended();
        } else {
            let server = Server::ready(running);
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
    }

    let server = installation.start();
    check_everything(&server.actor(&token), &ledger, kills).await;
    assert_eq!(server.terminate().code, Some(0));
    wait_for_processes(installation.path("").as_str(), "left after all runs", <[Found]>::is_empty);
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

async fn check_everything(actor: &Actor, ledger: &Ledger, kills: u32) {
    for entry in ledger.all() {
        entry.check(actor).await;
    }
    let (mut finished, mut by_kill) = (0, 0);
    let runs = ledger.runs();
    for (run, workspace) in &runs {
        let plan = actor.planned(run).await;
        let log = String::from_utf8(actor.framed_log(run).await).unwrap();
        assert!(log.ends_with('\u{3}'), "{}: {log}", run.plan);
        if plan.attribute("status") == "finished" {
            assert!(log.contains("\nplanning\n") || log.contains("\nslow\n"), "{}: {log}", run.plan);
            finished += 1;
            continue;
        }
        assert_eq!(plan.attribute("status"), "errored");
        let is_by_kill = !log.contains("\nno\n");
        assert!(!is_by_kill || log.contains(REASON), "{}: {log}", run.plan);
        by_kill += u32::from(is_by_kill);
        let read = actor.get(&format!("/workspaces/{workspace}")).await;
        assert_eq!(read.attribute("locked"), false, "{workspace}");
    }
    let all = ledger.all().len();
    println!(
        "{kills} kills: {all} acknowledged, {} runs, {finished} finished, {by_kill} ended by a kill",
        runs.len()
    );
    assert!(all > kills as usize && finished > 0, "too little was written to show anything");
    expect_a_new_run_works(actor, &actor.workspace("after-all").await).await;
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
async fn a_plan_in_progress_is_taken_over_in_every_phase() {
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
            expect_running(&actor, &run, phase).await;
            while phase == "plan" && !actor.log(&run).await.contains("in progress") {}
            server.kill();
            let root = installation.path("");
            let left = [processes_naming(root.as_str()), processes_naming(&child)].concat();
            assert!(left.len() >= 3, "engine, child and supervisor outlive the server: {left:?}");

            let server = installation.start();
            let actor = server.actor(&token);
            // At once: the first answer of the new server must be right.
            expect_running(&actor, &run, phase).await;
            actor.post(&format!("/runs/{}/actions/cancel", run.id), &json!({})).await.expect_status(202);
            expect_canceled(&actor, &run, &workspace, phase).await;
            wait_for_processes(&child, "left of a canceled run", <[Found]>::is_empty);
            let jobs = installation.path("data/agent");
            wait_for_processes(jobs.as_str(), "left of a canceled run", <[Found]>::is_empty);
            expect_a_new_run_works(&actor, &workspace).await;
            server.kill();
        }
    }
}

async fn expect_running(actor: &Actor, run: &Run, phase: &str) {
    let plan = actor.get(&format!("/plans/{}", run.plan)).await.expect_status(200);
    assert_eq!(plan.attribute("status"), "running", "{phase}");
    let read = actor.get(&format!("/runs/{}", run.id)).await.expect_status(200);
    assert_eq!(read.attribute("status"), "planning", "{phase}");
}

async fn expect_canceled(actor: &Actor, run: &Run, workspace: &str, phase: &str) {
    let plan = actor.planned(run).await;
    assert_eq!(plan.attribute("status"), "canceled", "{phase}");
    let read = actor.get(&format!("/runs/{}", run.id)).await.expect_status(200);
    assert_eq!(read.attribute("status"), "canceled", "{phase}");
    let log = actor.framed_log(run).await;
    assert_eq!((log.first(), log.last()), (Some(&2), Some(&3)), "{phase}");
    let log = String::from_utf8(log).unwrap();
    assert_eq!(log.matches("in progress\n").count(), usize::from(phase == "plan"), "{phase}: {log}");
    let read = actor.get(&format!("/workspaces/{workspace}")).await.expect_status(200);
    assert_eq!(read.attribute("locked"), false, "{phase}");
    actor.get(&format!("/plans/{}/json-output", run.plan)).await.expect_status(404);
}
