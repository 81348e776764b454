//! `/varsets`, `/organizations/:org/varsets`, and what they are applied to.

mod applied;
mod in_workspace;
mod refused;

use crate::support::assert_body;
use serde_json::{Value, json};
use terrane_testkit::{Actor, Answer, Engines, Setup, body, on_both};

pub fn no_agent() -> Setup {
    Setup { engines: Engines::Fake, configure: |config| config.agent_slots = 0 }
}

/// A set in `acme`.
pub async fn make(actor: &Actor, attributes: &Value, relationships: &Value) -> Answer {
    let wish =
        json!({ "data": { "type": "varsets", "attributes": attributes, "relationships": relationships } });
    actor.post("/organizations/acme/varsets", &wish).await
}

/// A set in `acme` without relationships; its id.
pub async fn named(actor: &Actor, name: &str) -> String {
    make(actor, &json!({ "name": name }), &json!({})).await.expect_status(201).id()
}

pub async fn variable(actor: &Actor, set: &str, key: &str, value: &str) -> Answer {
    let wish = body("vars", &json!({ "key": key, "value": value, "category": "terraform" }));
    actor.post(&format!("/varsets/{set}/relationships/vars"), &wish).await
}

/// A relationship to many.
pub fn many(kind: &str, ids: &[&str]) -> Value {
    json!({ "data": ids.iter().map(|id| json!({ "type": kind, "id": id })).collect::<Vec<_>>() })
}

/// The names of a list of sets.
pub async fn names(actor: &Actor, path: &str) -> Vec<String> {
    let list = actor.get(path).await.expect_status(200);
    let data = list.at("/data");
    let sets = data.as_array().expect("a list").iter();
    sets.map(|set| set["attributes"]["name"].as_str().expect("a name").to_owned()).collect()
}

on_both!(a_new_set_is_complete, no_agent(), |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    let attributes = json!({ "name": "cloud-creds", "description": "keys", "priority": true });
    let vars = json!([
        { "type": "vars", "attributes": { "key": "a", "value": "1", "category": "terraform" } },
        { "type": "vars", "attributes": { "key": "b", "value": "2", "category": "env", "sensitive": true } }]);
    let relationships = json!({ "workspaces": many("workspaces", &[&workspace]), "vars": { "data": vars } });
    let made = make(owner, &attributes, &relationships).await.expect_status(201);
    assert_body!("varset", made);
    let path = format!("/varsets/{}", made.id());
    assert_eq!(owner.get(&path).await.expect_status(200).at("/data"), made.at("/data"));
    let list = owner.get("/organizations/acme/varsets").await.expect_status(200);
    assert_eq!(list.at("/data/0"), made.at("/data"));
    assert_eq!(list.at("/meta/pagination/total-count"), 1);
    let vars = owner.get(&format!("{path}/relationships/vars")).await.expect_status(200);
    assert_body!("varset_vars", vars);
    assert_eq!(vars.at("/data/1/attributes/value"), Value::Null, "sensitive");
    server.stranger.get(&path).await.expect_status(404);
});

on_both!(a_change_leaves_what_it_does_not_name, no_agent(), |server| {
    let owner = &server.owner;
    let (one, two) = (owner.workspace("one").await, owner.workspace("two").await);
    let relationships = json!({ "workspaces": many("workspaces", &[&one]) });
    let made =
        make(owner, &json!({ "name": "a", "description": "d" }), &relationships).await.expect_status(201);
    let path = format!("/varsets/{}", made.id());
    let changed = owner.patch(&path, &body("varsets", &json!({ "name": "b" }))).await.expect_status(200);
    assert_eq!((changed.attribute("name"), changed.attribute("description")), (json!("b"), json!("d")));
    assert_eq!(changed.attribute("workspace-count"), 1);
    assert_eq!(changed.at("/data/relationships"), made.at("/data/relationships"));
    // As go-tfe replaces them.
    let wish = json!({ "data": { "type": "varsets", "attributes": { "global": false },
        "relationships": { "workspaces": many("workspaces", &[&two]) } } });
    let replaced = owner.patch(&format!("{path}?include=workspaces"), &wish).await.expect_status(200);
    assert_eq!(replaced.at("/data/relationships/workspaces"), many("workspaces", &[&two]));
    assert_eq!(replaced.at("/included/0/attributes/name"), "two");
    let wish = json!({ "data": { "relationships": { "workspaces": many("workspaces", &[]) } } });
    let emptied = owner.patch(&path, &wish).await.expect_status(200);
    assert_eq!(emptied.at("/data/relationships/workspaces/data"), json!([]));
    let posted =
        owner.post(&path, &body("varsets", &json!({ "description": null }))).await.expect_status(200);
    assert_eq!(posted.attribute("description"), Value::Null);
    owner.delete(&path).await.expect_status(204);
    owner.get(&path).await.expect_status(404);
    owner.delete(&path).await.expect_status(404);
});

on_both!(variables_of_a_set_are_changed_and_deleted, no_agent(), |server| {
    let owner = &server.owner;
    let set = named(owner, "shared").await;
    let made = variable(owner, &set, "region", "north").await.expect_status(201);
    let path = format!("/varsets/{set}/relationships/vars/{}", made.id());
    assert_eq!(made.at("/data/links/self"), format!("/api/v2{path}").as_str());
    assert_eq!(made.at("/data/relationships/varset/data/id"), set.as_str());
    assert_eq!(owner.get(&path).await.expect_status(200).json(), made.json());
    let wish = body("vars", &json!({ "value": "south", "sensitive": true }));
    let changed = owner.patch(&path, &wish).await.expect_status(200);
    assert_eq!((changed.attribute("key"), changed.attribute("value")), (json!("region"), Value::Null));
    assert_ne!(changed.attribute("version-id"), made.attribute("version-id"));
    owner.patch(&path, &body("vars", &json!({ "sensitive": false }))).await.expect_status(422);
    let taken = variable(owner, &set, "region", "again").await.expect_status(422);
    assert_eq!(taken.error(), "Key has already been taken");
    // Whoever keeps the set's document sees that it has changed.
    assert_eq!(owner.get(&format!("/varsets/{set}")).await.attribute("var-count"), 1);
    let other = named(owner, "other").await;
    owner.get(&path.replace(&set, &other)).await.expect_status(404);
    owner.delete(&path.replace(&set, &other)).await.expect_status(404);
    owner.delete(&path).await.expect_status(204);
    owner.get(&path).await.expect_status(404);
});

on_both!(a_change_may_bring_variables, no_agent(), |server| {
    let owner = &server.owner;
    let set = named(owner, "shared").await;
    let first = variable(owner, &set, "a", "1").await.expect_status(201);
    let vars = json!([{ "type": "vars", "id": first.id(), "attributes": { "value": "2" } },
        { "type": "vars", "attributes": { "key": "b", "value": "3", "category": "env" } }]);
    let wish = json!({ "data": { "type": "varsets", "relationships": { "vars": { "data": vars } } } });
    let changed = owner.patch(&format!("/varsets/{set}?include=vars"), &wish).await.expect_status(200);
    let values: Vec<Value> =
        (0..2).map(|index| changed.at(&format!("/included/{index}/attributes/value"))).collect();
    assert_eq!(values, [json!("2"), json!("3")]);
    let vars = json!([{ "type": "vars", "attributes": { "key": "c", "category": "env" } },
        { "type": "vars", "attributes": { "key": "d", "category": "nonsense" } }]);
    let wish = json!({ "data": { "type": "varsets", "relationships": { "vars": { "data": vars } } } });
    let refused = owner.patch(&format!("/varsets/{set}"), &wish).await.expect_status(422);
    assert_eq!(refused.at("/errors/0/source/pointer"), "/data/relationships/vars/data/1/attributes/category");
    assert_eq!(owner.get(&format!("/varsets/{set}")).await.attribute("var-count"), 2, "all or none");
});

on_both!(lists_are_searched_and_paged, no_agent(), |server| {
    let owner = &server.owner;
    for name in ["beta", "Alpha", "a_b", "gamma"] {
        named(owner, name).await;
    }
    make(owner, &json!({ "name": "everywhere", "global": true }), &json!({})).await.expect_status(201);
    let list = "/organizations/acme/varsets";
    assert_eq!(names(owner, list).await, ["Alpha", "a_b", "beta", "everywhere", "gamma"]);
    assert_eq!(names(owner, &format!("{list}?q=ALPHA")).await, ["Alpha"]);
    assert_eq!(names(owner, &format!("{list}?q=_")).await, ["a_b"], "no wildcard");
    assert_eq!(names(owner, &format!("{list}?filter[global]=true")).await, ["everywhere"]);
    assert_eq!(names(owner, &format!("{list}?filter[global]=false&q=e")).await, ["beta"]);
    assert_eq!(names(owner, &format!("{list}?page[size]=2&page[number]=2")).await, ["beta", "everywhere"]);
    owner.get(&format!("{list}?filter[global]=perhaps")).await.expect_status(400);
    owner.get(&format!("{list}?scope=nonsense")).await.expect_status(400);
    owner.get(&format!("{list}?q={}", "a".repeat(1001))).await.expect_status(400);
});
