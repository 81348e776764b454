//! What a workspace gets of its sets, and what a run is made from.

use super::{make, many, named, no_agent, variable};
use serde_json::{Value, json};
use terrane_testkit::{Actor, Answer, body, on_both};

/// Key and value of each variable in a list.
fn values(list: &Answer) -> Vec<(String, Value)> {
    let data = list.at("/data");
    let variables = data.as_array().expect("a list").iter().map(|one| &one["attributes"]);
    variables.map(|one| (one["key"].as_str().expect("a key").to_owned(), one["value"].clone())).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, Value)> {
    expected.iter().map(|(key, value)| ((*key).to_owned(), json!(value))).collect()
}

async fn own(actor: &Actor, workspace: &str, key: &str, value: &str) -> String {
    let wish = json!({ "key": key, "value": value, "category": "terraform" });
    actor.variable(workspace, &wish).await.id()
}

on_both!(all_variables_are_those_that_count, no_agent(), |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    let on = json!({ "workspaces": many("workspaces", &[&workspace]) });
    let plain = make(owner, &json!({ "name": "plain" }), &on).await.expect_status(201).id();
    let strong =
        make(owner, &json!({ "name": "strong", "priority": true }), &on).await.expect_status(201).id();
    named(owner, "elsewhere").await;
    own(owner, &workspace, "mine", "workspace").await;
    let beaten = own(owner, &workspace, "forced", "workspace").await;
    let weak = variable(owner, &plain, "mine", "plain").await.id();
    variable(owner, &plain, "inherited", "plain").await;
    let winner = variable(owner, &strong, "forced", "strong").await.id();

    let all = owner.get(&format!("/workspaces/{workspace}/all-vars")).await.expect_status(200);
    assert_eq!(values(&all), pairs(&[("mine", "workspace"), ("forced", "strong"), ("inherited", "plain")]));
    assert_eq!(all.at("/data/0/relationships/overwritten"), many("vars", &[&weak]));
    assert_eq!(all.at("/data/1/relationships/overwritten"), many("vars", &[&beaten]));
    assert_eq!(all.at("/data/1/relationships/varset/data/id"), strong.as_str());
    // go-tfe reads this one as a workspace, whatever type it has.
    assert_eq!(all.at("/data/1/relationships/configurable"), Value::Null);
    let list = owner.get(&format!("/workspaces/{workspace}/vars")).await;
    assert_eq!(values(&list), pairs(&[("mine", "workspace"), ("forced", "workspace")]));

    let seen = format!("/workspaces/{workspace}/varsets/{plain}/relationships/vars");
    let listed = owner.get(&seen).await.expect_status(200);
    assert_eq!(values(&listed), pairs(&[("mine", "plain"), ("inherited", "plain")]));
    assert_eq!(listed.at("/data/1/relationships/overwriter/data"), Value::Null);
    let one = owner.get(&format!("{seen}/{weak}")).await.expect_status(200);
    assert_eq!(one.at("/data"), listed.at("/data/0"));
    assert_ne!(one.at("/data/relationships/overwriter/data/id"), Value::Null);
    owner.get(&format!("{seen}/{winner}")).await.expect_status(404);
});

on_both!(a_set_that_does_not_apply_is_not_seen, no_agent(), |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    let set = named(owner, "elsewhere").await;
    let path = format!("/workspaces/{workspace}/varsets/{set}/relationships/vars");
    owner.get(&path).await.expect_status(404);
    let apply = many("workspaces", &[&workspace]);
    owner.post(&format!("/varsets/{set}/relationships/workspaces"), &apply).await.expect_status(204);
    assert_eq!(owner.get(&path).await.expect_status(200).at("/data"), json!([]));
});

on_both!(no_sensitive_value_of_a_set_is_answered, no_agent(), |server| {
    const CANARY: &str = "canary-of-a-set";
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    let vars = json!([{ "type": "vars", "attributes": { "key": "s", "value": CANARY, "category": "env", "sensitive": true } }]);
    let relationships = json!({ "workspaces": many("workspaces", &[&workspace]), "vars": { "data": vars } });
    let made = make(owner, &json!({ "name": "secrets" }), &relationships).await.expect_status(201);
    let (set, id) = (made.id(), made.at("/data/relationships/vars/data/0/id"));
    let id = id.as_str().expect("an id");
    let configuration = owner.configuration(&workspace, crate::support::creates(1)).await;
    let run = owner.run_of(&workspace, &configuration, &json!({})).await;
    for path in [
        format!("/varsets/{set}?include=vars,workspaces,projects"),
        "/organizations/acme/varsets?include=vars".to_owned(),
        format!("/varsets/{set}/relationships/vars"),
        format!("/varsets/{set}/relationships/vars/{id}"),
        format!("/workspaces/{workspace}/all-vars"),
        format!("/workspaces/{workspace}/varsets?include=vars"),
        format!("/workspaces/{workspace}/varsets/{set}/relationships/vars"),
        format!("/runs/{}/vars", run.id),
        format!("/runs/{}", run.id),
    ] {
        let answer = owner.get(&path).await.expect_status(200);
        assert!(!answer.text().contains(CANARY), "{path}");
    }
});

on_both!(a_run_keeps_what_it_was_made_from, no_agent(), |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    let on = json!({ "workspaces": many("workspaces", &[&workspace]) });
    let strong =
        make(owner, &json!({ "name": "strong", "priority": true }), &on).await.expect_status(201).id();
    let forced = variable(owner, &strong, "forced", "strong").await.expect_status(201);
    own(owner, &workspace, "mine", "workspace").await;
    own(owner, &workspace, "given", "workspace").await;
    let configuration = owner.configuration(&workspace, crate::support::creates(1)).await;
    let variables = json!([{ "key": "given", "value": "\"1\"" }, { "key": "forced", "value": "\"2\"" },
        { "key": "given", "value": "\"3\"" }]);
    let run = owner.run_of(&workspace, &configuration, &json!({ "variables": variables })).await;
    let path = format!("/runs/{}/vars", run.id);
    let used = owner.get(&path).await.expect_status(200);
    let origins: Vec<(Value, Value)> = used
        .at("/data")
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| (one["attributes"]["key"].clone(), one["attributes"]["origin"].clone()))
        .collect();
    let expected = [("mine", "workspace"), ("forced", "varset"), ("given", "run")];
    assert_eq!(origins, expected.map(|(key, origin)| (json!(key), json!(origin))));
    assert!(!used.text().contains("value\""), "{}", used.text());
    assert_eq!(used.at("/data/1/relationships/varset/data/id"), strong.as_str());
    assert_eq!(used.at("/data/1/relationships/variable/data/id"), forced.id().as_str());
    assert_eq!(used.at("/data/1/attributes/version-id"), forced.attribute("version-id"));
    // Whatever happens to them afterwards.
    owner.delete(&format!("/varsets/{strong}")).await.expect_status(204);
    own(owner, &workspace, "late", "workspace").await;
    assert_eq!(owner.get(&path).await.json(), used.json());
});

on_both!(many_variables_are_changed_at_once, no_agent(), |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    let (one, two) = (own(owner, &workspace, "one", "1").await, own(owner, &workspace, "two", "2").await);
    let path = format!("/workspaces/{workspace}/relationships/vars");
    let item = |id: &str, attributes: Value| json!({ "type": "vars", "id": id, "attributes": attributes });
    let wish =
        json!({ "data": [item(&one, json!({ "value": "3" })), item(&two, json!({ "sensitive": true }))] });
    owner.patch(&path, &wish).await.expect_status(204);
    let list = owner.get(&format!("/workspaces/{workspace}/vars")).await;
    assert_eq!(values(&list), [("one".to_owned(), json!("3")), ("two".to_owned(), Value::Null)]);
    let wish = json!({ "data": [item(&one, json!({ "value": "4" })), item(&two, json!({ "key": "one" }))] });
    let refused = owner.patch(&path, &wish).await.expect_status(422);
    assert_eq!(refused.at("/errors/0/source/pointer"), "/data/1/attributes/key");
    let wish = json!({ "data": [item(&one, json!({ "value": "4" })), item("var-nothing", json!({}))] });
    owner.patch(&path, &wish).await.expect_status(404);
    let refused = owner.patch(&path, &json!({ "data": [{ "type": "vars" }] })).await.expect_status(422);
    assert_eq!(refused.at("/errors/0/source/pointer"), "/data/0/id");
    let list = owner.get(&format!("/workspaces/{workspace}/vars")).await;
    assert_eq!(values(&list)[0], ("one".to_owned(), json!("3")), "all or none");
    let other = owner.workspace("other").await;
    let foreign = json!({ "data": [item(&one, json!({ "value": "5" }))] });
    owner.patch(&format!("/workspaces/{other}/relationships/vars"), &foreign).await.expect_status(404);
    owner.patch(&path, &body("vars", &json!({}))).await.expect_status(422);
});
