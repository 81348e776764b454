//! `/configuration-versions/:id/ingress-attributes`, and who includes them.

use super::{make, no_agent};
use crate::support::creates;
use serde_json::{Value, json};
use terrane_testkit::on_both;

fn wish(attributes: &Value) -> Value {
    let ingress = json!({ "data": { "type": "ingress-attributes", "attributes": attributes } });
    json!({ "data": { "type": "configuration-versions", "attributes": { "auto-queue-runs": false },
        "relationships": { "ingress-attributes": ingress } } })
}

on_both!(what_version_control_says_is_kept_and_included, no_agent(), |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    let list = format!("/workspaces/{workspace}/configuration-versions");
    let said = json!({ "branch": "main", "commit-sha": "0a1b", "commit-url": "https://git.example/0a1b", "tag": null,
        "commit-message": "fix\n\nall", "identifier": "acme/net", "is-pull-request": true, "pull-request-number": 7,
        "sender-username": "ada", "unknown": 1 });
    let made = owner.post(&list, &wish(&said)).await.expect_status(201);
    let path = format!("/configuration-versions/{}", made.id());
    let shown = owner.get(&format!("{path}/ingress-attributes")).await.expect_status(200);
    for name in ["branch", "commit-sha", "commit-url", "commit-message", "identifier", "pull-request-number"]
    {
        assert_eq!(shown.attribute(name), said[name], "{name}");
    }
    assert_eq!(
        (shown.attribute("is-pull-request"), shown.attribute("on-default-branch")),
        (json!(true), json!(false))
    );
    assert_eq!(shown.at("/data/attributes").get("clone-url"), None, "nobody has said it");
    let id = made.at("/data/relationships/ingress-attributes/data/id");
    assert_eq!(id, shown.id().as_str());
    assert!(owner.get(&path).await.at("/included").is_null());
    let url = made.attribute("upload-url").as_str().expect("an upload URL").to_owned();
    owner.put(&url, creates(1)).await.expect_status(200);
    let run = owner.run_of(&workspace, &made.id(), &json!({})).await;
    for (path, index) in [
        (format!("{path}?include=ingress_attributes"), 0),
        (format!("{list}?include=ingress-attributes"), 0),
        (format!("/runs/{}/configuration-version?include=ingress_attributes", run.id), 0),
        (format!("/runs/{}?include=configuration_version.ingress_attributes", run.id), 1),
    ] {
        let answer = owner.get(&path).await.expect_status(200);
        assert_eq!(answer.at(&format!("/included/{index}")), shown.at("/data"), "{path}");
    }
    server.stranger.get(&format!("{path}/ingress-attributes")).await.expect_status(404);
});

on_both!(one_that_nobody_has_described_has_none, no_agent(), |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    let made = make(owner, &workspace, &json!({})).await.expect_status(201);
    assert_eq!(made.at("/data/relationships/ingress-attributes/data"), Value::Null);
    let path = format!("/configuration-versions/{}", made.id());
    owner.get(&format!("{path}/ingress-attributes")).await.expect_status(404);
    assert!(owner.get(&format!("{path}?include=ingress_attributes")).await.at("/included").is_null());
});

on_both!(what_is_wrong_of_it_is_named, no_agent(), |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    let list = format!("/workspaces/{workspace}/configuration-versions");
    for (attributes, name) in [
        (json!({ "branch": 7 }), "branch"),
        (json!({ "tag": ["v1"] }), "tag"),
        (json!({ "is-pull-request": "yes" }), "is-pull-request"),
        (json!({ "pull-request-number": "7" }), "pull-request-number"),
        (json!({ "commit-url": "x".repeat(2001) }), "commit-url"),
        (json!({ "commit-message": "x".repeat(50_001) }), "commit-message"),
    ] {
        let refused = owner.post(&list, &wish(&attributes)).await.expect_status(422);
        let place = format!("/data/relationships/ingress-attributes/data/attributes/{name}");
        assert_eq!(refused.at("/errors/0/source/pointer"), place.as_str());
    }
    let mut wrong = wish(&json!({}));
    wrong["data"]["relationships"]["ingress-attributes"] = json!({ "data": [] });
    let refused = owner.post(&list, &wrong).await.expect_status(422);
    assert_eq!(refused.at("/errors/0/source/pointer"), "/data/relationships/ingress-attributes");
    assert_eq!(owner.get(&list).await.at("/data"), json!([]));
});

on_both!(runs_are_found_by_their_commit, no_agent(), |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    let list = format!("/workspaces/{workspace}/configuration-versions");
    let mut runs = Vec::new();
    for commit in ["0a1b2c", "0A1Bff", "ffff00"] {
        let made = owner.post(&list, &wish(&json!({ "commit-sha": commit }))).await.expect_status(201);
        let url = made.attribute("upload-url").as_str().expect("an upload URL").to_owned();
        owner.put(&url, creates(1)).await.expect_status(200);
        runs.push(owner.run_of(&workspace, &made.id(), &json!({ "message": "m" })).await.id);
    }
    let plain = owner.configuration(&workspace, creates(1)).await;
    owner.run_of(&workspace, &plain, &json!({ "message": "m" })).await;
    for (query, expected) in [
        ("search[commit]=0a1b", vec![1, 0]),
        ("search[commit]=0a1b2c", vec![0]),
        ("search[commit]=a1b", vec![]),
        ("search[commit]=%25", vec![]),
        ("search[commit]=0a1b&search[user]=ada", vec![1, 0]),
        ("search[commit]=0a1b&search[user]=mallory", vec![]),
        ("search[commit]=ffff&search[basic]=m", vec![2]),
        ("search[basic]=ffff", vec![2]),
    ] {
        let found = owner.get(&format!("/workspaces/{workspace}/runs?{query}")).await.expect_status(200);
        let data = found.at("/data");
        let ids: Vec<&Value> = data.as_array().expect("a list").iter().map(|run| &run["id"]).collect();
        let expected: Vec<Value> = expected.iter().map(|index: &usize| json!(runs[*index])).collect();
        assert_eq!(ids, expected.iter().collect::<Vec<_>>(), "{query}");
    }
});
