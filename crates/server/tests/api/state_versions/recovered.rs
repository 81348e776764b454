//! What an apply left: snapshots, repeats of them, and recovered states that wait for a person.

use super::{current, from_run, lock, run_in, unlock, write};
use serde_json::{Value, json};
use terrane_server::ids::{RunId, StateVersionId, WorkspaceId};
use terrane_server::platform::db::Tx;
use terrane_server::state_versions::{mark_recovered, promote, store};
use terrane_testkit::{Actor, Answer, Engines, Run, Setup, TestServer, on_both, state_file};

fn nothing_runs() -> Setup {
    Setup { engines: Engines::Fake, configure: |config| config.agent_slots = 0 }
}

async fn accept(actor: &Actor, id: &StateVersionId) -> Answer {
    actor.post(&format!("/state-versions/{id}/actions/accept"), &json!({})).await
}

async fn begin(server: &TestServer) -> Tx {
    server.app().db.begin().await.expect("a transaction")
}

async fn recover(server: &TestServer, id: &StateVersionId, completed: &[&str]) -> bool {
    let completed: Vec<String> = completed.iter().map(|&address| address.to_owned()).collect();
    let mut tx = begin(server).await;
    let is_marked = mark_recovered(&mut tx, id, &completed).await.expect("a database");
    tx.commit().await.expect("a database");
    is_marked
}

async fn promoted(server: &TestServer, workspace: &str, id: &StateVersionId) -> bool {
    let mut tx = begin(server).await;
    let workspace = WorkspaceId::from(workspace.to_owned());
    let is_current = promote(&mut tx, &workspace, id, server.app().clock.now()).await.expect("a database");
    tx.commit().await.expect("a database");
    is_current
}

on_both!(a_recovered_one_is_current_once_accepted, nothing_runs(), |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    let run = run_in(owner, &workspace).await;
    let before = owner.state(&workspace, 4, &state_file(4)).await;
    let id = from_run(server, &workspace, &run, 0, 5, &state_file(5)).await;
    assert!(recover(server, &id, &["terraform_data.lost[0]", "module.a[\"x\"].terraform_data.b"]).await);
    let read = owner.get(&format!("/state-versions/{id}")).await.expect_status(200);
    assert_eq!((read.attribute("recovered"), read.attribute("intermediate")), (json!(true), json!(false)));
    let lost = json!(["terraform_data.lost[0]", "module.a[\"x\"].terraform_data.b"]);
    assert_eq!(read.attribute("completed-but-not-in-state"), lost);
    assert_eq!(read.at("/data/relationships/run/data/id"), run.as_str());

    // Neither an unlock nor the end of a run makes it current.
    lock(owner, &workspace).await;
    unlock(owner, &workspace).await.expect_status(200);
    assert!(!promoted(server, &workspace, &id).await);
    assert_eq!(current(owner, &workspace).await.id(), before);
    assert_eq!(current(owner, &workspace).await.attribute("completed-but-not-in-state"), Value::Null);

    accept(&server.stranger, &id).await.expect_status(404);
    let accepted = accept(owner, &id).await.expect_status(200);
    assert_eq!(accepted.id(), id.as_str());
    assert_eq!(current(owner, &workspace).await.json(), accepted.json());
    assert_eq!(accept(owner, &id).await.expect_status(200).json(), accepted.json());
    assert!(!recover(server, &id, &[]).await, "what is current stays so");
});

on_both!(what_cannot_be_accepted, nothing_runs(), |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    let run = run_in(owner, &workspace).await;
    let plain = StateVersionId::from(owner.state(&workspace, 4, &state_file(4)).await);
    let refused = accept(owner, &plain).await.expect_status(409);
    assert!(refused.error().contains("Only a recovered state version"), "{}", refused.error());
    let snapshot = from_run(server, &workspace, &run, 0, 5, &state_file(5)).await;
    accept(owner, &snapshot).await.expect_status(409);
    recover(server, &snapshot, &[]).await;

    // Somebody else may be writing.
    lock(&server.admin, &workspace).await;
    accept(owner, &snapshot).await.expect_status(409);
    write(&server.admin, &workspace, 6, &state_file(6)).await.expect_status(201);
    unlock(&server.admin, &workspace).await.expect_status(200);
    let refused = accept(owner, &snapshot).await.expect_status(409);
    assert!(refused.error().contains("older than"), "{}", refused.error());
    let behind = from_run(server, &workspace, &run, 1, 5, &state_file(55)).await;
    recover(server, &behind, &[]).await;
    accept(owner, &behind).await.expect_status(409);
    assert_eq!(current(owner, &workspace).await.attribute("serial"), 6);
});

on_both!(a_repeat_from_a_run_changes_nothing, nothing_runs(), |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    let run = run_in(owner, &workspace).await;
    let first = from_run(server, &workspace, &run, 0, 1, &state_file(1)).await;
    assert_eq!(from_run(server, &workspace, &run, 0, 1, &state_file(1)).await, first);
    let second = from_run(server, &workspace, &run, 1, 2, &state_file(2)).await;
    let db = &server.app().db;
    let newest = store::newest_of_run(db, &RunId::from(run.clone())).await.expect("a database");
    assert_eq!(newest.expect("there is one").id, second);
    let apply = owner.apply(&Run { id: run, plan: String::new() }).await;
    let states = apply.at("/data/relationships/state-versions/data");
    let ids: Vec<_> = states.as_array().expect("a list").iter().map(|state| state["id"].clone()).collect();
    assert_eq!(ids, [second.as_str(), first.as_str()]);
    assert!(promoted(server, &workspace, &second).await && promoted(server, &workspace, &second).await);
    assert!(!promoted(server, &workspace, &first).await, "an older one");
    let other = owner.workspace("other").await;
    assert!(!promoted(server, &other, &second).await, "another workspace's");
    assert_eq!(current(owner, &workspace).await.id(), second.as_str());
    let id = WorkspaceId::from(workspace);
    assert_eq!(store::current(db, &id).await.expect("a database").map(|version| version.id), Some(second));
});
