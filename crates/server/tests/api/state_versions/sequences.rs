//! Any order of writes, one after the other and at the same time: serials never decrease, and nothing forks (S1, S2).

use super::{current, lock, post};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use std::collections::HashMap;
use terrane_jsonapi::Page;
use terrane_server::ids::WorkspaceId;
use terrane_server::state_versions::store;
use terrane_testkit::{Actor, Database, LINEAGE, TestServer, md5_hex, on_both, state_body, state_file};

const CLIENTS: u64 = 16;
const WRITES_EACH: u64 = 20;

/// Looks at a workspace's whole history: in the order in which they were made, serials never decrease, and two with
/// the same serial have the same bytes.
async fn assert_one_line(server: &TestServer, workspace: &str) -> usize {
    let (db, mut all, mut number) = (&server.app().db, Vec::new(), 1);
    loop {
        let page = Page { number, size: 100 };
        let part = store::list(db, workspace, &store::Filter::default(), page).await.expect("a database");
        number += 1;
        if part.is_empty() {
            break;
        }
        all.extend(part);
    }
    all.retain(|version| version.status.as_str() == "finalized");
    all.reverse();
    for pair in all.windows(2) {
        let (one, next) = (&pair[0], &pair[1]);
        assert_eq!(one.lineage, next.lineage);
        let goes_on = next.serial > one.serial || next.serial == one.serial && next.md5 == one.md5;
        assert!(goes_on, "{} {} then {} {}", one.serial, one.md5, next.serial, next.md5);
    }
    let id = WorkspaceId::from(workspace.to_owned());
    let now = store::current(db, &id).await.expect("a database").map(|version| version.id);
    assert_eq!(now, all.last().map(|version| version.id.clone()), "the last one is current");
    all.len()
}

async fn a_client(actor: Actor, anonymous: Actor, workspace: String, number: u64) -> HashMap<u16, u64> {
    let mut answers = HashMap::new();
    for step in 0..WRITES_EACH {
        let now = current(&actor, &workspace).await;
        let known = if now.status == 200 { now.attribute("serial").as_i64().unwrap_or(0) } else { 0 };
        let serial = known + 1;
        // Each client has bytes of its own.
        let state = state_file(i64::try_from(number * 1000 + step).expect("a small number"));
        let status = if (number + step).is_multiple_of(2) {
            post(&actor, &workspace, &state_body(serial, Some(LINEAGE), &state)).await.status
        } else {
            let attributes = json!({ "serial": serial, "lineage": LINEAGE, "md5": md5_hex(&state) });
            let made = post(&actor, &workspace, &json!({ "data": { "attributes": attributes } })).await;
            match made.attribute("hosted-state-upload-url") {
                Value::String(url) => anonymous.put(&url, state).await.status,
                _ => made.status,
            }
        };
        *answers.entry(status).or_default() += 1;
    }
    answers
}

on_both!(sixteen_clients_at_the_same_time_make_one_line, |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    lock(owner, &workspace).await;
    let clients = (0..CLIENTS).map(|number| {
        tokio::spawn(a_client(owner.clone(), server.anonymous.clone(), workspace.clone(), number))
    });
    let mut answers: HashMap<u16, u64> = HashMap::new();
    for client in clients.collect::<Vec<_>>() {
        for (status, count) in client.await.expect("a client does not panic") {
            *answers.entry(status).or_default() += count;
        }
    }
    let taken = answers.get(&201).unwrap_or(&0) + answers.get(&200).unwrap_or(&0);
    let refused = answers.get(&409).copied().unwrap_or(0);
    assert_eq!(taken + refused, CLIENTS * WRITES_EACH, "only 200, 201 and 409: {answers:?}");
    assert!(taken > 0 && refused > 0, "they did meet: {answers:?}");
    assert_eq!(assert_one_line(server, &workspace).await as u64, taken, "what was acknowledged is there");
});

/// One step of a sequence.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// A whole state: how far the serial is from the current one, which bytes.
    Write(i64, i64),
    /// An announcement of the same.
    Announce(i64, i64),
    /// The bytes of the last announcement, or others.
    Upload(bool),
    /// Unlock and lock again.
    Unlock,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (-1_i64..3, 0_i64..3).prop_map(|(serial, bytes)| Step::Write(serial, bytes)),
        (-1_i64..3, 0_i64..3).prop_map(|(serial, bytes)| Step::Announce(serial, bytes)),
        proptest::bool::weighted(0.8).prop_map(Step::Upload),
        Just(Step::Unlock),
    ];
    proptest::collection::vec(step, 1..14)
}

async fn walk(server: &TestServer, workspace: &str, steps: &[Step]) {
    let owner = &server.owner;
    let mut announced: Option<(String, Vec<u8>)> = None;
    lock(owner, workspace).await;
    for step in steps {
        let now = current(owner, workspace).await;
        let known = if now.status == 200 { now.attribute("serial").as_i64().unwrap_or(0) } else { 0 };
        match *step {
            Step::Write(ahead, bytes) | Step::Announce(ahead, bytes) => {
                let (serial, state) = ((known + ahead).max(0), state_file(bytes));
                let mut body = state_body(serial, Some(LINEAGE), &state);
                if matches!(step, Step::Announce(..)) {
                    body["data"]["attributes"]["state"] = Value::Null;
                }
                let answer = post(owner, workspace, &body).await;
                assert!(matches!(answer.status, 201 | 409), "{}", answer.text());
                if let Value::String(url) = answer.attribute("hosted-state-upload-url") {
                    announced = Some((url, state));
                }
            }
            Step::Upload(is_right) => {
                let Some((url, state)) = &announced else { continue };
                let bytes = if is_right { state.clone() } else { state_file(99) };
                let status = server.anonymous.put(url, bytes).await.status;
                assert!(matches!(status, 200 | 409) || !is_right && status == 412, "{status}");
            }
            Step::Unlock => {
                let path = format!("/workspaces/{workspace}/actions/unlock");
                let status = owner.post(&path, &json!({})).await.status;
                assert!(matches!(status, 200 | 422), "{status}");
                if status == 200 {
                    lock(owner, workspace).await;
                }
            }
        }
    }
    assert_one_line(server, workspace).await;
}

/// Over HTTP some tens of sequences; the rules alone are tried far more often beside them.
fn any_sequence(database: Database) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime");
    let server = runtime.block_on(TestServer::start(database));
    let count = std::sync::atomic::AtomicUsize::new(0);
    let mut runner = TestRunner::new(Config { cases: 40, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&steps(), |steps| {
        let number = count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        runtime.block_on(async {
            let workspace = server.owner.workspace(&format!("w{number}")).await;
            walk(&server, &workspace, &steps).await;
        });
        Ok(())
    });
    runtime.block_on(server.end());
    outcome.expect("every sequence makes one line");
}

#[test]
fn any_sequence_makes_one_line_on_sqlite() {
    any_sequence(Database::Sqlite);
}

#[test]
fn any_sequence_makes_one_line_on_postgres() {
    any_sequence(Database::Postgres);
}
