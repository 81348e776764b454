//! What is no variable set.

use super::{make, many, named, no_agent, variable};
use futures_util::future::join_all;
use serde_json::json;
use terrane_testkit::{body, on_both};

on_both!(what_is_missing_or_wrong_is_named, no_agent(), |server| {
    let owner = &server.owner;
    named(owner, "taken").await;
    for (attributes, relationships, place) in [
        (json!({}), json!({}), "attributes/name"),
        (json!({ "name": "" }), json!({}), "attributes/name"),
        (json!({ "name": " " }), json!({}), "attributes/name"),
        (json!({ "name": "taken" }), json!({}), "attributes/name"),
        (json!({ "name": "x".repeat(256) }), json!({}), "attributes/name"),
        (json!({ "name": 7 }), json!({}), "attributes/name"),
        (json!({ "name": "a", "description": "x".repeat(513) }), json!({}), "attributes/description"),
        (json!({ "name": "a", "global": "yes" }), json!({}), "attributes/global"),
        (json!({ "name": "a", "priority": 1 }), json!({}), "attributes/priority"),
        (json!({ "name": "a" }), json!({ "workspaces": 7 }), "relationships/workspaces"),
        (json!({ "name": "a" }), json!({ "workspaces": { "data": {} } }), "relationships/workspaces"),
        (
            json!({ "name": "a" }),
            json!({ "workspaces": many("workspaces", &["ws-x"]) }),
            "relationships/workspaces/data/0/id",
        ),
        (
            json!({ "name": "a" }),
            json!({ "vars": { "data": [{}] } }),
            "relationships/vars/data/0/attributes/key",
        ),
        (
            json!({ "name": "a" }),
            json!({ "parent": { "data": { "type": "projects", "id": "prj-x" } } }),
            "relationships/parent",
        ),
        (
            json!({ "name": "a" }),
            json!({ "parent": { "data": { "type": "organizations", "id": "other" } } }),
            "relationships/parent",
        ),
        (
            json!({ "name": "a" }),
            json!({ "parent": { "data": { "type": "teams", "id": "x" } } }),
            "relationships/parent",
        ),
        (json!({ "name": "a" }), json!({ "parent": { "data": [] } }), "relationships/parent"),
    ] {
        let refused = make(owner, &attributes, &relationships).await.expect_status(422);
        assert_eq!(
            refused.at("/errors/0/source/pointer"),
            format!("/data/{place}").as_str(),
            "{attributes} {relationships}"
        );
    }
    let list = owner.get("/organizations/acme/varsets").await;
    assert_eq!(list.at("/meta/pagination/total-count"), 1, "nothing is left of them");
});

on_both!(a_project_s_set_is_not_global, no_agent(), |server| {
    let owner = &server.owner;
    let projects = owner.get("/organizations/acme/projects").await;
    let parent = json!({ "parent": { "data": { "type": "projects", "id": projects.at("/data/0/id") } } });
    let refused = make(owner, &json!({ "name": "a", "global": true }), &parent).await.expect_status(422);
    assert_eq!(refused.at("/errors/0/source/pointer"), "/data/attributes/global");
    let set = make(owner, &json!({ "name": "a" }), &parent).await.expect_status(201).id();
    owner
        .patch(&format!("/varsets/{set}"), &body("varsets", &json!({ "global": true })))
        .await
        .expect_status(422);
    // Another owner has its own names.
    named(owner, "a").await;
});

on_both!(two_global_sets_share_no_key, no_agent(), |server| {
    let owner = &server.owner;
    let global = json!({ "name": "one", "global": true });
    let one = make(owner, &global, &json!({})).await.expect_status(201).id();
    let two =
        make(owner, &json!({ "name": "two", "global": true }), &json!({})).await.expect_status(201).id();
    variable(owner, &one, "region", "north").await.expect_status(201);
    let refused = variable(owner, &two, "region", "south").await.expect_status(422);
    assert_eq!(refused.at("/errors/0/source/pointer"), "/data/attributes/key");
    assert!(refused.error().contains("\"one\"") && refused.error().contains("region"), "{}", refused.error());
    let wish = body("vars", &json!({ "key": "region", "value": "x", "category": "env" }));
    owner.post(&format!("/varsets/{two}/relationships/vars"), &wish).await.expect_status(201);
    let third = named(owner, "three").await;
    variable(owner, &third, "region", "east").await.expect_status(201);
    let refused = owner
        .patch(&format!("/varsets/{third}"), &body("varsets", &json!({ "global": true })))
        .await
        .expect_status(422);
    assert_eq!(refused.at("/errors/0/source/pointer"), "/data/attributes/global");
    let other = variable(owner, &two, "other", "south").await.expect_status(201);
    let path = format!("/varsets/{two}/relationships/vars/{}", other.id());
    owner.patch(&path, &body("vars", &json!({ "key": "region" }))).await.expect_status(422);
});

on_both!(of_two_that_meet_one_loses, no_agent(), |server| {
    let owner = &server.owner;
    let mut sets = Vec::new();
    for name in ["one", "two", "three"] {
        sets.push(
            make(owner, &json!({ "name": name, "global": true }), &json!({})).await.expect_status(201).id(),
        );
    }
    for round in 0..5 {
        let key = format!("key{round}");
        let made = join_all(sets.iter().map(|set| variable(owner, set, &key, "x"))).await;
        let mut statuses: Vec<u16> = made.iter().map(|answer| answer.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 422, 422], "{}", made[0].text());
    }
});

on_both!(concurrent_changes_lose_nothing, no_agent(), |server| {
    let owner = &server.owner;
    let set = named(owner, "shared").await;
    let path = format!("/varsets/{set}");
    let keys: Vec<String> = (0..8).map(|number| format!("k{number}")).collect();
    let made = join_all(keys.iter().map(|key| variable(owner, &set, key, "x"))).await;
    assert!(made.iter().all(|answer| answer.status == 201));
    let (first, second) =
        (body("varsets", &json!({ "description": "d" })), body("varsets", &json!({ "priority": true })));
    let (one, two) = tokio::join!(owner.patch(&path, &first), owner.patch(&path, &second));
    one.expect_status(200);
    two.expect_status(200);
    let read = owner.get(&path).await;
    assert_eq!((read.attribute("description"), read.attribute("priority")), (json!("d"), json!(true)));
    assert_eq!(read.attribute("var-count"), 8);
});
