//! Lock, unlock, force-unlock: the statuses and texts that clients look for (api-contract 2.4, 8.3).

use super::{LIST, no_agent};
use crate::support::{creates, hangs};
use serde_json::{Value, json};
use terrane_testkit::on_both;

on_both!(one_holder_at_a_time, no_agent(), |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    let action = |name: &str| format!("/workspaces/{workspace}/actions/{name}");
    let not_locked = owner.post(&action("unlock"), &json!({})).await.expect_status(409);
    let text = not_locked.error();
    assert_eq!(text, "Unable to unlock workspace. The workspace is not locked.");
    assert!(!text.contains("is locked by"), "clients would name a holder");

    let locked = owner.post(&action("lock"), &json!({ "reason": "maintenance" })).await.expect_status(200);
    let ada = owner.get("/account/details").await.id();
    assert_eq!(locked.attribute("locked"), true);
    assert_eq!(locked.attribute("locked-reason"), "maintenance");
    assert_eq!(locked.at("/data/relationships/locked-by/data"), json!({ "type": "users", "id": ada }));
    let read = owner.get(&format!("{LIST}/net?include=locked_by")).await;
    assert_eq!(read.at("/included/0/attributes/username"), "ada");

    for actor in [owner, &server.admin] {
        let again = actor.post(&action("lock"), &json!({})).await.expect_status(409);
        assert_eq!(again.error(), "Unable to lock workspace. The workspace is already locked.");
    }
    let other = server.admin.post(&action("unlock"), &json!({})).await.expect_status(409);
    assert_eq!(other.error(), "Unable to unlock workspace. The workspace is locked by User ada.");

    let unlocked = owner.post(&action("unlock"), &json!({})).await.expect_status(200);
    assert_eq!(unlocked.attribute("locked"), false);
    assert_eq!(unlocked.attribute("locked-reason"), Value::Null);
    assert_eq!(unlocked.at("/data/relationships/locked-by/data"), Value::Null);
});

on_both!(a_lock_can_be_broken_by_force, no_agent(), |server| {
    let workspace = server.owner.workspace("net").await;
    let action = |name: &str| format!("/workspaces/{workspace}/actions/{name}");
    server.owner.post(&action("force-unlock"), &json!({})).await.expect_status(409);
    server.admin.post(&action("lock"), &json!({})).await.expect_status(200);
    server.owner.post(&action("unlock"), &json!({})).await.expect_status(409);
    let freed = server.owner.post(&action("force-unlock"), &json!({})).await.expect_status(200);
    assert_eq!(freed.attribute("locked"), false);
    server.owner.post(&action("lock"), &json!({})).await.expect_status(200);
});

on_both!(a_reason_comes_in_every_form_that_clients_send, no_agent(), |server| {
    let workspace = server.owner.workspace("net").await;
    let action = |name: &str| format!("/workspaces/{workspace}/actions/{name}");
    for (body, reason) in [
        ("", Value::Null),
        ("{}", Value::Null),
        (r#"{"reason":"plain"}"#, json!("plain")),
        (r#"{"reason":null}"#, Value::Null),
        (r#"{"data":{"type":"","attributes":{"reason":"in a document"}}}"#, json!("in a document")),
    ] {
        let request = server.owner.request(reqwest::Method::POST, &action("lock")).body(body);
        let locked = server.owner.send(request).await.expect_status(200);
        assert_eq!(locked.attribute("locked-reason"), reason, "{body}");
        server.owner.post(&action("unlock"), &json!({})).await.expect_status(200);
    }
    let wrong = server.owner.post(&action("lock"), &json!({ "reason": 7 })).await.expect_status(422);
    assert_eq!(wrong.at("/errors/0/source/pointer"), "/reason");
    assert_eq!(server.owner.get(&format!("/workspaces/{workspace}")).await.attribute("locked"), false);
    let long = json!({ "reason": "x".repeat(1_000_000) });
    server.owner.post(&action("lock"), &long).await.expect_status(422);
});

on_both!(a_run_holds_the_lock_until_it_ends, |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    let action = |name: &str| format!("/workspaces/{workspace}/actions/{name}");
    let run = owner.run(&workspace, hangs(), &json!({})).await;
    owner.wait_for(&run, &["planning"]).await;
    let read = owner.get(&format!("/workspaces/{workspace}")).await;
    assert_eq!(read.attribute("locked"), true);
    assert_eq!(read.at("/data/relationships/locked-by/data"), json!({ "type": "runs", "id": run.id }));
    owner.post(&action("lock"), &json!({})).await.expect_status(409);
    for name in ["unlock", "force-unlock"] {
        let refused = owner.post(&action(name), &json!({})).await.expect_status(409);
        let start = format!("Unable to unlock workspace. The workspace is locked by Run {}.", run.id);
        assert!(refused.error().starts_with(&start), "{}", refused.error());
    }
    owner.post(&format!("/runs/{}/actions/cancel", run.id), &json!({})).await.expect_status(202);
    owner.wait_for(&run, &["canceled"]).await;
    assert_eq!(owner.get(&format!("/workspaces/{workspace}")).await.attribute("locked"), false);
    owner.post(&action("lock"), &json!({})).await.expect_status(200);
});

on_both!(a_run_waits_while_a_person_holds_the_lock, |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    let action = |name: &str| format!("/workspaces/{workspace}/actions/{name}");
    owner.post(&action("lock"), &json!({})).await.expect_status(200);
    let run = owner.run(&workspace, creates(1), &json!({})).await;
    let speculative = owner.run(&workspace, creates(1), &json!({ "plan-only": true })).await;
    owner.wait_for(&speculative, &["planned_and_finished"]).await;
    let waiting = owner.get(&format!("/runs/{}", run.id)).await;
    assert_eq!(waiting.attribute("status"), "pending");
    let read = owner.get(&format!("/workspaces/{workspace}")).await;
    assert_eq!(read.at("/data/relationships/current-run/data/id"), run.id.as_str());
    owner.post(&action("unlock"), &json!({})).await.expect_status(200);
    owner.wait_for(&run, &["planned"]).await;
});

on_both!(of_many_who_lock_at_once_one_wins, no_agent(), |server| {
    let workspace = server.owner.workspace("net").await;
    let path = format!("/workspaces/{workspace}/actions/lock");
    let nothing = json!({});
    let asked = (0..12).map(|number| if number % 2 == 0 { &server.owner } else { &server.admin });
    let answers = futures_util::future::join_all(asked.map(|actor| actor.post(&path, &nothing))).await;
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [vec![200], vec![409; 11]].concat());
});

on_both!(strangers_do_not_learn_of_locks, no_agent(), |server| {
    let workspace = server.owner.workspace("net").await;
    for name in ["lock", "unlock", "force-unlock"] {
        let path = format!("/workspaces/{workspace}/actions/{name}");
        server.stranger.post(&path, &json!({})).await.expect_status(404);
        server.anonymous.post(&path, &json!({})).await.expect_status(401);
    }
    assert_eq!(server.owner.get(&format!("/workspaces/{workspace}")).await.attribute("locked"), false);
});
