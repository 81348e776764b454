//! Lists of workspaces by their flat tags and by keys with values (api-contract 8.1, 8.5).

use super::lists::asked;
use super::no_agent;
use serde_json::{Value, json};
use terrane_testkit::{Actor, on_both};

/// Flat tags of a workspace.
async fn tag(owner: &Actor, workspace: &str, names: &[&str]) {
    let items: Vec<Value> =
        names.iter().map(|name| json!({ "type": "tags", "attributes": { "name": name } })).collect();
    let path = format!("/workspaces/{workspace}/relationships/tags");
    owner.post(&path, &json!({ "data": items })).await.expect_status(204);
}

/// Keys with values, of a workspace or a project.
pub(super) fn bindings(pairs: &[(&str, &str)]) -> Value {
    let items: Vec<Value> = pairs
        .iter()
        .map(|(key, value)| json!({ "type": "tag-bindings", "attributes": { "key": key, "value": value } }))
        .collect();
    json!({ "data": items })
}

on_both!(lists_by_flat_tags, no_agent(), |server| {
    let owner = &server.owner;
    for (name, tags) in
        [("net", vec!["prod", "net"]), ("db", vec!["prod"]), ("lab", vec!["net"]), ("bare", vec![])]
    {
        let workspace = owner.workspace(name).await;
        tag(owner, &workspace, &tags).await;
    }
    let keyed = owner.workspace("keyed").await;
    let path = format!("/workspaces/{keyed}/tag-bindings");
    owner.patch(&path, &bindings(&[("prod", ""), ("net", "dmz")])).await.expect_status(200);
    // A key counts as a tag, whatever its value.
    assert_eq!(asked(owner, "search[tags]=prod").await, ["net", "db", "keyed"]);
    assert_eq!(asked(owner, "search%5Btags%5D=prod,net").await, ["net", "keyed"]);
    assert_eq!(asked(owner, "search[tags]=PROD").await, Vec::<String>::new());
    assert_eq!(asked(owner, "search[tags]=nothing").await, Vec::<String>::new());
    assert_eq!(asked(owner, "search[exclude-tags]=prod").await, ["lab", "bare"]);
    assert_eq!(asked(owner, "search[exclude-tags]=prod,net").await, ["bare"]);
    assert_eq!(asked(owner, "search[tags]=net&search[exclude-tags]=prod").await, ["lab"]);
    assert_eq!(asked(owner, "search[tags]=prod&search[name]=d&sort=-name").await, ["keyed", "db"]);
    let page = owner.get("/organizations/acme/workspaces?search[tags]=prod&page[size]=1").await;
    assert_eq!(page.at("/meta/pagination/total-count"), 3);
});

on_both!(lists_by_keys_and_values, no_agent(), |server| {
    let owner = &server.owner;
    let project = owner
        .post("/organizations/acme/projects", &json!({ "data": { "attributes": { "name": "networks" } } }))
        .await
        .expect_status(201)
        .id();
    let of_project = bindings(&[("team", "core"), ("env", "lab")]);
    owner.patch(&format!("/projects/{project}/tag-bindings"), &of_project).await.expect_status(200);
    for (name, pairs) in [
        ("a", vec![("env", "prod"), ("tier", "1")]),
        ("b", vec![("env", "prod")]),
        ("c", vec![("env", "dev")]),
        ("inherits", vec![("tier", "1")]),
    ] {
        let relation = json!({ "data": { "attributes": { "name": name }, "relationships": {
            "tag-bindings": bindings(&pairs),
            "project": { "data": (name == "inherits").then(|| json!({ "type": "projects", "id": project })) } } } });
        owner.post("/organizations/acme/workspaces", &relation).await.expect_status(201);
    }
    let flat = owner.workspace("flat").await;
    tag(owner, &flat, &["env"]).await;
    let filter = |pairs: &[(&str, Option<&str>)]| {
        let parts = pairs.iter().enumerate().map(|(number, (key, value))| {
            let value =
                value.map_or_else(String::new, |value| format!("&filter[tagged][{number}][value]={value}"));
            format!("filter[tagged][{number}][key]={key}{value}")
        });
        parts.collect::<Vec<_>>().join("&")
    };
    assert_eq!(asked(owner, &filter(&[("env", Some("prod"))])).await, ["a", "b"]);
    assert_eq!(asked(owner, &filter(&[("env", Some("prod")), ("tier", Some("1"))])).await, ["a"]);
    // A client that knows them names their keys as tags, too.
    let as_tags = format!("search[tags]=env,tier&{}", filter(&[("env", Some("prod")), ("tier", Some("1"))]));
    assert_eq!(asked(owner, &as_tags).await, ["a"]);
    assert_eq!(asked(owner, &filter(&[("env", None)])).await, ["a", "b", "c", "inherits", "flat"]);
    // What a project sets holds for its workspaces, unless they say otherwise.
    assert_eq!(asked(owner, &filter(&[("env", Some("lab"))])).await, ["inherits"]);
    assert_eq!(asked(owner, &filter(&[("team", Some("core"))])).await, ["inherits"]);
    assert_eq!(asked(owner, &filter(&[("tier", Some("2"))])).await, Vec::<String>::new());
    let either = format!("{}&filter[tag-union]=true", filter(&[("env", Some("dev")), ("tier", None)]));
    assert_eq!(asked(owner, &either).await, ["a", "c", "inherits"]);
    let without = format!("{}&filter[tag-value-default-null]=true", filter(&[("env", None)]));
    assert_eq!(asked(owner, &without).await, ["flat"]);
    let both = format!("{}&filter[project][id]={project}", filter(&[("tier", None)]));
    assert_eq!(asked(owner, &both).await, ["inherits"]);
});
