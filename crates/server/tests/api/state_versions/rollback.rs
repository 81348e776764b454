//! `PATCH /workspaces/:id/state-versions`.

use super::{Pending, current, lock, write};
use serde_json::{Value, json};
use terrane_testkit::{Actor, Answer, on_both, state_file};

async fn roll_back(actor: &Actor, workspace: &str, to: &str) -> Answer {
    let to = json!({ "data": { "type": "state-versions", "id": to } });
    let body =
        json!({ "data": { "type": "state-versions", "relationships": { "rollback-state-version": to } } });
    actor.patch(&format!("/workspaces/{workspace}/state-versions"), &body).await
}

on_both!(only_the_serial_in_the_file_changes, |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    lock(owner, &workspace).await;
    let odd = b"{ \"serial\" :1,\n\t\"version\": 4, \"lineage\":\"x\", \"serials\":{\"serial\":1} }".to_vec();
    let old = write(owner, &workspace, 1, &odd).await.expect_status(201).id();
    write(owner, &workspace, 41, &state_file(41)).await.expect_status(201);
    let made = roll_back(owner, &workspace, &old).await.expect_status(201);
    assert_eq!((made.attribute("serial"), made.attribute("status")), (json!(42), json!("finalized")));
    assert_eq!(made.at("/data/relationships/rollback-state-version/data/id"), old.as_str());
    assert_eq!(current(owner, &workspace).await.json(), made.json());
    let url = made.attribute("hosted-state-download-url").as_str().expect("a URL").to_owned();
    let text = server.anonymous.get(&url).await.expect_status(200).text();
    assert_eq!(text, String::from_utf8_lossy(&odd).replacen(":1,", ":42,", 1));
    assert_eq!(owner.get(&format!("/workspaces/{workspace}")).await.attribute("resource-count"), 0);
    // The next write goes on from there.
    write(owner, &workspace, 42, &state_file(42)).await.expect_status(409);
    write(owner, &workspace, 43, &state_file(43)).await.expect_status(201);
});

on_both!(who_may_roll_back_to_what, |server| {
    let owner = &server.owner;
    let (workspace, other) = (owner.workspace("net").await, owner.workspace("other").await);
    let foreign = owner.state(&other, 1, &state_file(1)).await;
    let old = owner.state(&workspace, 1, &state_file(1)).await;
    roll_back(owner, &workspace, &old).await.expect_status(409);
    lock(&server.admin, &workspace).await;
    roll_back(owner, &workspace, &old).await.expect_status(409);
    roll_back(&server.stranger, &workspace, &old).await.expect_status(404);
    let pending = Pending::announce(&server.admin, &workspace, 2, &state_file(2)).await;
    for to in [foreign.as_str(), "sv-1111111111111111", "nonsense", "", &pending.id] {
        let refused = roll_back(&server.admin, &workspace, to).await.expect_status(422);
        assert_eq!(refused.at("/errors/0/source/pointer"), "/data/relationships/rollback-state-version");
    }
    let made = roll_back(&server.admin, &workspace, &old).await.expect_status(201);
    assert_eq!(made.attribute("serial"), 2);
    assert_eq!(pending.status(owner).await, "discarded");
    let admin = server.admin.get("/account/details").await.id();
    assert_eq!(made.at("/data/relationships/created-by/data/id"), admin.as_str());
    assert_ne!(made.at("/data/relationships/previous-state-version/data/id"), Value::Null);
});
