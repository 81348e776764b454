//! `terrane server`: it answers its probes, ends when asked, and shares its data directory with nobody.

use crate::installation::{BOTH, Installation};
use crate::process::{Running, Server, processes_naming, run};
use rustix::process::Signal;
use serde_json::json;
use std::time::Duration;
use terrane_testkit::{Actor, Answer, Database, Engines, Run, fake_archive};
use tokio::task::JoinHandle;

#[tokio::test]
async fn its_probes_answer_as_soon_as_it_says_ready() {
    for database in BOTH {
        let installation = Installation::new(database, Engines::Fake);
        let metrics_port = free_port();
        let mut command = installation.command(&["server"]);
        command.env("TERRANE_METRICS_LISTEN", format!("127.0.0.1:{metrics_port}"));
        let server = Server::start(command);
        let anonymous = server.actor("");
        assert_eq!(anonymous.get("//healthz").await.expect_status(200).text(), "ok\n");
        assert_eq!(anonymous.get("//readyz").await.expect_status(200).text(), "ready\n");
        let metrics = anonymous.get(&format!("http://127.0.0.1:{metrics_port}/metrics")).await;
        let metrics = metrics.expect_status(200).text();
        assert!(metrics.contains("\nterrane_jobs_waiting 0\n"), "{metrics}");
        // Without a listener of their own they are for site administrators.
        anonymous.get("//metrics").await.expect_status(401);
        server.actor(&installation.token("root")).get("//metrics").await.expect_status(200);
        server.actor(&installation.token("ada")).get("//metrics").await.expect_status(404);
        assert_eq!(server.terminate().code, Some(0));
    }
}

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("a bound address").port()
}

#[test]
fn both_signals_end_it_cleanly() {
    let installation = Installation::small();
    for (signal, name) in [(Signal::TERM, "SIGTERM"), (Signal::INT, "SIGINT")] {
        let server = installation.start();
        server.running.signal(signal);
        let ended = server.running.ended();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(ended.stderr.contains(&format!("stopping: {name}")), "{ended:?}");
        assert!(!ended.stderr.contains(" ERROR "), "{ended:?}");
        // A clean end folds the write-ahead log into the database.
        assert!(!installation.path("data/terrane.db-wal").exists());
    }
}

/// A run whose plan says so and then never ends by itself.
pub async fn hanging_run(actor: &Actor, workspace: &str) -> Run {
    let behaviour = json!({ "plan": [{ "print": "hanging\n" }, { "hang": true }] });
    let run = actor.run(workspace, fake_archive(&behaviour), &json!({})).await;
    actor.wait_for_log(&run, "hanging").await;
    run
}

/// Asks for what comes after all that is in a log.
async fn poll(actor: &Actor, run: &Run) -> JoinHandle<Answer> {
    let plan = actor.get(&format!("/plans/{}", run.plan)).await;
    let url = plan.attribute("log-read-url").as_str().unwrap().to_owned();
    let offset = actor.framed_log(run).await.len();
    let actor = actor.clone();
    tokio::spawn(async move { actor.get(&format!("{url}?limit=1000&offset={offset}")).await })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_answers_polls_and_leaves_plans_to_the_next_start() {
    for database in BOTH {
        let installation = Installation::new(database, Engines::Fake);
        let token = installation.owner_token("ada").await;
        let server = installation.start();
        let actor = server.actor(&token);
        let workspace = actor.workspace("mid-plan").await;
        let run = hanging_run(&actor, &workspace).await;
        // In a locked workspace: nothing but the server's end can answer a poll of its log.
        let locked = actor.workspace("locked").await;
        actor.post(&format!("/workspaces/{locked}/actions/lock"), &json!({})).await.expect_status(200);
        let waiting = actor.run(&locked, fake_archive(&json!({})), &json!({})).await;
        let polls = [poll(&actor, &run).await, poll(&actor, &waiting).await];
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(!polls.iter().any(JoinHandle::is_finished), "both logs are being polled");
        let ended = tokio::task::spawn_blocking(|| server.terminate()).await.unwrap();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(
            !ended.stderr.contains(" ERROR ") && !ended.stderr.contains("did not end within"),
            "{ended:?}"
        );
        for poll in polls {
            // An answer, not a broken connection; the log goes on after the restart.
            poll.await.unwrap().expect_status(200);
        }
        let left = processes_naming(installation.path("").as_str());
        assert!(left.len() >= 2, "the engine goes on under its supervisor: {left:?}");

        let server = installation.start();
        let actor = server.actor(&token);
        let plan = actor.get(&format!("/plans/{}", run.plan)).await;
        assert_eq!(plan.attribute("status"), "running");
        actor.post(&format!("/runs/{}/actions/cancel", run.id), &json!({})).await.expect_status(202);
        assert_eq!(actor.planned(&run).await.attribute("status"), "canceled");
        let log = actor.log(&run).await;
        assert_eq!(log.matches("hanging").count(), 1, "{log}");
        let read = actor.get(&format!("/workspaces/{workspace}")).await;
        assert_eq!(read.attribute("locked"), false);
        // What waited goes on as if nothing had happened.
        actor.post(&format!("/workspaces/{locked}/actions/unlock"), &json!({})).await.expect_status(200);
        assert_eq!(actor.planned(&waiting).await.attribute("status"), "finished");
    }
}

#[test]
fn a_second_one_on_the_same_data_directory_is_refused() {
    let installation = Installation::small();
    let first = installation.start();
    let data_dir = installation.path("data");
    let needed = ["another terrane server uses the data directory", data_dir.as_str(), "--data-dir DIR"];
    run(installation.command(&["server"])).expect_error(1, &needed);
    first.kill();
    // The lock is the process's own: nothing has to be removed by hand.
    installation.start();
}

#[test]
fn what_is_about_to_be_given_back_is_waited_for() {
    let installation = Installation::small();
    std::fs::create_dir(installation.path("data")).unwrap();
    let lock = std::fs::File::create(installation.path("data/server.lock")).unwrap();
    lock.lock().unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = port.local_addr().unwrap().to_string();
    let mut running = Running::start(installation.command(&["server", "--listen", &address]));
    // As a child does that a killed server was just starting: it has the port and the lock a moment longer.
    std::thread::sleep(Duration::from_millis(300));
    drop(port);
    std::thread::sleep(Duration::from_millis(300));
    lock.unlock().unwrap();
    running.wait_for(" ready address=");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_one_on_the_same_database_takes_nothing_from_the_first() {
    let installation = Installation::new(Database::Postgres, Engines::Fake);
    let token = installation.owner_token("ada").await;
    let first = installation.start();
    let actor = first.actor(&token);
    let workspace = actor.workspace("shared").await;
    let run = hanging_run(&actor, &workspace).await;
    let second = installation.start_beside();
    let beside = second.actor(&token);
    assert_eq!(beside.get(&format!("/runs/{}", run.id)).await.attribute("status"), "planning");
    // Each one's agent goes on working, so both slots of each must be had: three more runs at the same time.
    let mut runs = vec![run];
    for name in ["a", "b", "c"] {
        let workspace = beside.workspace(name).await;
        runs.push(hanging_run(&beside, &workspace).await);
    }
    second.kill();
    // What it held goes on under its supervisors and is taken over by its next start.
    let second = installation.start_beside();
    let beside = second.actor(&token);
    let mut statuses = Vec::new();
    for run in &runs {
        let read = beside.get(&format!("/runs/{}", run.id)).await;
        statuses.push(read.attribute("status").as_str().unwrap().to_owned());
    }
    let count = |status: &str| statuses.iter().filter(|other| *other == status).count();
    assert_eq!(count("planning"), runs.len(), "{statuses:?}");
    for run in &runs {
        beside.post(&format!("/runs/{}/actions/cancel", run.id), &json!({})).await.expect_status(202);
        assert_eq!(beside.planned(run).await.attribute("status"), "canceled");
    }
    assert_eq!(second.terminate().code, Some(0));
    assert_eq!(first.terminate().code, Some(0));
}
