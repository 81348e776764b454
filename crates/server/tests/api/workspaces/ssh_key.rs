//! `PATCH /workspaces/:id/relationships/ssh-key`.

use super::no_agent;
use crate::world::World;
use serde_json::{Value, json};
use terrane_testkit::{body, on_both};

on_both!(a_key_is_assigned_and_taken_away_in_both_forms, no_agent(), |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    let path = format!("/workspaces/{workspace}/relationships/ssh-key");
    let wish = body("ssh-keys", &json!({ "name": "deploy", "value": "secret" }));
    let key = owner.post("/organizations/acme/ssh-keys", &wish).await.expect_status(201).id();
    let at = "/data/relationships/ssh-key/data";
    let assigned = json!({ "type": "ssh-keys", "id": key });
    // go-tfe and the documentation; the official file.
    for (give, take) in [
        (body("workspaces", &json!({ "id": key })), body("workspaces", &json!({ "id": null }))),
        (json!({ "data": assigned }), json!({ "data": null })),
    ] {
        let given = owner.patch(&path, &give).await.expect_status(200);
        assert_eq!((given.id(), given.at(at)), (workspace.clone(), assigned.clone()));
        assert_eq!(owner.get(&format!("/workspaces/{workspace}")).await.at(at), assigned);
        assert_eq!(owner.patch(&path, &take).await.expect_status(200).at(at), Value::Null);
    }
    owner.patch(&path, &json!({ "data": assigned })).await.expect_status(200);
    owner.delete(&format!("/ssh-keys/{key}")).await.expect_status(204);
    assert_eq!(owner.get(&format!("/workspaces/{workspace}")).await.at(at), Value::Null);
});

on_both!(keys_of_others_are_refused, no_agent(), |server| {
    let foreign = World::of(&server.owner, "north").await;
    let workspace = server.owner.workspace("net").await;
    let path = format!("/workspaces/{workspace}/relationships/ssh-key");
    for id in [foreign.id("ssh_key_id"), "sshkey-1111111111111111", "nonsense"] {
        let refused =
            server.owner.patch(&path, &body("workspaces", &json!({ "id": id }))).await.expect_status(422);
        assert_eq!(refused.at("/errors/0/source/pointer"), "/data/attributes/id");
        let wish = json!({ "data": { "type": "ssh-keys", "id": id } });
        let refused = server.owner.patch(&path, &wish).await.expect_status(422);
        assert_eq!(refused.at("/errors/0/source/pointer"), "/data/id");
    }
    let wrong = server.owner.patch(&path, &body("workspaces", &json!({ "id": 7 }))).await.expect_status(422);
    assert_eq!(wrong.at("/errors/0/source/pointer"), "/data/attributes/id");
});
