//! Unlocking while a state is awaited, and what an unlock makes current.

use super::{Pending, current, from_run, lock, run_in, unlock, write};
use serde_json::json;
use terrane_testkit::{on_both, state_file};

on_both!(a_state_that_is_awaited_keeps_the_lock, |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    lock(owner, &workspace).await;
    let state = state_file(1);
    let pending = Pending::announce(owner, &workspace, 1, &state).await;
    let refused = unlock(owner, &workspace).await.expect_status(422);
    // The words by which the CLI tries again; a 409 would be taken for "not locked".
    assert!(refused.text().contains("latest state version is still pending"), "{}", refused.text());
    assert!(refused.error().contains("latest state version is still pending"), "{}", refused.error());
    server.anonymous.put(&pending.state_url, state).await.expect_status(200);
    unlock(owner, &workspace).await.expect_status(200);
    unlock(owner, &workspace).await.expect_status(409);
});

on_both!(by_force_the_awaited_state_is_given_up, |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    lock(owner, &workspace).await;
    let state = state_file(1);
    let pending = Pending::announce(owner, &workspace, 1, &state).await;
    let force = format!("/workspaces/{workspace}/actions/force-unlock");
    server.admin.post(&force, &json!({})).await.expect_status(200);
    assert_eq!(pending.status(owner).await, "discarded");
    lock(&server.admin, &workspace).await;
    server.anonymous.put(&pending.state_url, state).await.expect_status(409);
    current(owner, &workspace).await.expect_status(404);
});

on_both!(the_newest_snapshot_becomes_current, |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    let run = run_in(owner, &workspace).await;
    lock(owner, &workspace).await;
    write(owner, &workspace, 4, &state_file(4)).await.expect_status(201);
    from_run(server, &workspace, &run, 0, 5, &state_file(5)).await;
    let newest = from_run(server, &workspace, &run, 1, 6, &state_file(6)).await;
    let read = owner.get(&format!("/state-versions/{newest}")).await;
    assert_eq!(read.attribute("intermediate"), true);
    assert_eq!(current(owner, &workspace).await.attribute("serial"), 4);
    unlock(owner, &workspace).await.expect_status(200);
    let now = current(owner, &workspace).await;
    assert_eq!((now.id(), now.attribute("intermediate")), (newest.as_str().to_owned(), json!(false)));
    // An older snapshot does not come up again once a person has written on, nor does one that comes late.
    lock(owner, &workspace).await;
    write(owner, &workspace, 7, &state_file(7)).await.expect_status(201);
    from_run(server, &workspace, &run, 2, 6, &state_file(66)).await;
    unlock(owner, &workspace).await.expect_status(200);
    assert_eq!(current(owner, &workspace).await.attribute("serial"), 7);
});
