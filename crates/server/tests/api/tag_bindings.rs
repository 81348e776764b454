//! Tag bindings of workspaces and projects, on both paths, and what a workspace inherits (api-contract 8.5).

use serde_json::{Value, json};
use terrane_testkit::{Actor, Answer, Engines, Setup, on_both};

fn no_agent() -> Setup {
    Setup { engines: Engines::Fake, configure: |config| config.agent_slots = 0 }
}

fn of(pairs: &[(&str, &str)]) -> Value {
    let items = pairs
        .iter()
        .map(|(key, value)| json!({ "type": "tag-bindings", "attributes": { "key": key, "value": value } }));
    json!({ "data": items.collect::<Vec<_>>() })
}

fn pairs(list: &Answer) -> Vec<(String, String)> {
    let data = list.at("/data");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let items = data.as_array().unwrap().iter().map(|item| &item["attributes"]);
    items.map(|item| (text(&item["key"]), text(&item["value"]))).collect()
}

fn expected(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// A workspace and its project, by their paths.
async fn owners(owner: &Actor) -> [String; 2] {
    let workspace = owner.workspace("net").await;
    let read = owner.get(&format!("/workspaces/{workspace}")).await;
    let project = read.at("/data/relationships/project/data/id");
    [format!("/workspaces/{workspace}"), format!("/projects/{}", project.as_str().unwrap())]
}

on_both!(both_paths_lead_to_the_same, no_agent(), |server| {
    let owner = &server.owner;
    for path in owners(owner).await {
        let (plain, related) = (format!("{path}/tag-bindings"), format!("{path}/relationships/tag-bindings"));
        assert_eq!(owner.get(&plain).await.expect_status(200).json(), json!({ "data": [] }));
        // What go-tfe calls adds and answers with the list.
        let listed = owner.patch(&plain, &of(&[("env", "dev"), ("team", "core")])).await.expect_status(200);
        assert_eq!(pairs(&listed), expected(&[("env", "dev"), ("team", "core")]));
        assert_eq!(listed.at("/data/0/type"), "tag-bindings");
        let changed = owner.patch(&plain, &of(&[("env", "prod")])).await.expect_status(200);
        assert_eq!(pairs(&changed), expected(&[("env", "prod"), ("team", "core")]));
        assert_eq!(changed.at("/data/0/id"), listed.at("/data/0/id"), "a new value, the same binding");
        // What the official file has adds or replaces, and answers 204.
        owner.post(&related, &of(&[("tier", "1")])).await.expect_status(204);
        assert_eq!(
            pairs(&owner.get(&related).await),
            expected(&[("env", "prod"), ("team", "core"), ("tier", "1")])
        );
        owner.patch(&related, &of(&[("tier", "2")])).await.expect_status(204);
        assert_eq!(pairs(&owner.get(&plain).await), expected(&[("tier", "2")]));
        owner.patch(&related, &of(&[])).await.expect_status(204);
        assert_eq!(pairs(&owner.get(&plain).await), []);
        server.stranger.get(&plain).await.expect_status(404);
        server.stranger.patch(&plain, &of(&[("a", "b")])).await.expect_status(404);
    }
});

on_both!(keys_and_values_are_checked_at_their_place, no_agent(), |server| {
    let owner = &server.owner;
    for path in owners(owner).await {
        let plain = format!("{path}/tag-bindings");
        for (key, value, place) in [
            ("", "x", "key"),
            ("a b", "x", "key"),
            ("a/b", "x", "key"),
            ("hc:x", "x", "key"),
            ("hcp:x", "x", "key"),
            (&"k".repeat(129), "x", "key"),
            ("a", "b c", "value"),
            ("a", &"v".repeat(257), "value"),
        ] {
            let refused = owner.patch(&plain, &of(&[("fine", "x"), (key, value)])).await.expect_status(422);
            let pointer = format!("/data/1/attributes/{place}");
            assert_eq!(refused.at("/errors/0/source/pointer"), pointer.as_str(), "{key:?} {value:?}");
        }
        let long = ("k".repeat(128), "v".repeat(256));
        let listed = owner.patch(&plain, &of(&[(&long.0, &long.1), ("a_.=+-@:1", "_.=+-@:")])).await;
        assert_eq!(pairs(&listed.expect_status(200)).len(), 2);
        let names: Vec<String> = (0..9).map(|number| format!("key-{number}")).collect();
        let nine: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
        let refused = owner.patch(&plain, &of(&nine)).await.expect_status(422);
        assert!(refused.error().contains("at most 10"), "{}", refused.error());
        owner.patch(&plain, &of(&nine[..8])).await.expect_status(200);
        owner.patch(&plain, &of(&nine[..8])).await.expect_status(200);
    }
});

on_both!(a_workspace_inherits_from_its_project, no_agent(), |server| {
    let owner = &server.owner;
    let [workspace, project] = owners(owner).await;
    owner
        .patch(&format!("{project}/tag-bindings"), &of(&[("env", "lab"), ("team", "core")]))
        .await
        .expect_status(200);
    owner
        .patch(&format!("{workspace}/tag-bindings"), &of(&[("env", "prod"), ("flag", "")]))
        .await
        .expect_status(200);
    let effective = owner.get(&format!("{workspace}/effective-tag-bindings")).await.expect_status(200);
    assert_eq!(pairs(&effective), expected(&[("env", "prod"), ("flag", ""), ("team", "core")]));
    let id = project.trim_start_matches("/projects/");
    let inherited = effective.at("/data/2");
    assert_eq!(inherited["type"], "effective-tag-bindings");
    assert_eq!(inherited["relationships"]["inherited-from"]["data"], json!({ "type": "projects", "id": id }));
    assert_eq!(inherited["links"]["inherited-from"], format!("/api/v2{project}").as_str());
    assert_eq!(effective.at("/data/0/relationships"), Value::Null);
    assert_eq!(pairs(&owner.get(&format!("{workspace}/tag-bindings")).await).len(), 2);
    let of_project = owner.get(&format!("{project}/effective-tag-bindings")).await.expect_status(200);
    assert_eq!(pairs(&of_project), expected(&[("env", "lab"), ("team", "core")]));
    // A key without value is a tag too: the CLI looks in both places.
    assert_eq!(owner.get(&workspace).await.attribute("tag-names"), json!(["flag"]));
    let read = owner.get(&format!("{workspace}?include=effective_tag_bindings")).await;
    assert_eq!(read.at("/included"), effective.at("/data"));
    assert_eq!(read.at("/data/relationships/effective-tag-bindings/data").as_array().map(Vec::len), Some(3));
});

on_both!(making_and_changing_an_owner_sets_its_bindings, no_agent(), |server| {
    let owner = &server.owner;
    for (list, kind) in [("workspaces", "workspaces"), ("projects", "projects")] {
        let wish = |attributes: Value, bindings: Value| json!({ "data": { "type": kind, "attributes": attributes, "relationships": { "tag-bindings": bindings } } });
        let list = format!("/organizations/acme/{list}");
        let made = owner
            .post(&list, &wish(json!({ "name": "networks" }), of(&[("env", "dev")])))
            .await
            .expect_status(201);
        let path = format!("/{kind}/{}", made.id());
        let now = async || pairs(&owner.get(&format!("{path}/tag-bindings")).await);
        assert_eq!(now().await, expected(&[("env", "dev")]));
        owner
            .patch(&path, &json!({ "data": { "attributes": { "description": "x" } } }))
            .await
            .expect_status(200);
        assert_eq!(now().await, expected(&[("env", "dev")]), "what is not named stays");
        owner.patch(&path, &wish(json!({}), of(&[("tier", "1")]))).await.expect_status(200);
        assert_eq!(now().await, expected(&[("tier", "1")]));
        let refused = owner
            .patch(&path, &wish(json!({ "name": "other" }), of(&[("a b", "")])))
            .await
            .expect_status(422);
        let place = "/data/relationships/tag-bindings/data/0/attributes/key";
        assert_eq!(refused.at("/errors/0/source/pointer"), place);
        assert_eq!(owner.get(&path).await.attribute("name"), "networks", "nothing was changed");
        owner.patch(&path, &wish(json!({}), of(&[]))).await.expect_status(200);
        assert_eq!(now().await, []);
    }
});

on_both!(of_many_who_add_at_once_none_adds_too_many, no_agent(), |server| {
    let owner = &server.owner;
    for path in owners(owner).await {
        let names: Vec<String> = (0..14).map(|number| format!("key-{number}")).collect();
        let bodies: Vec<Value> = names.iter().map(|name| of(&[(name, "")])).collect();
        let plain = format!("{path}/tag-bindings");
        let answers =
            futures_util::future::join_all(bodies.iter().map(|wish| owner.patch(&plain, wish))).await;
        let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [vec![200; 10], vec![422; 4]].concat());
    }
});
