//! The catalogue of engine versions (`/admin/terraform-versions`), of both engines.

use crate::agents::NO_AGENT;
use crate::support::creates;
use serde_json::{Value, json};
use terrane_testkit::{Answer, TestServer, body, on_both};

const LIST: &str = "/admin/terraform-versions";
const SHA: &str = "84ccfb8e13b5fce63051294f787885b76a1fedef6bdbecf51c5e586c9e20c9b7";

async fn make(server: &TestServer, attributes: &Value) -> Answer {
    server.admin.post(LIST, &body("terraform-versions", attributes)).await
}

async fn change(server: &TestServer, id: &str, attributes: &Value) -> Answer {
    server.admin.patch(&format!("{LIST}/{id}"), &body("terraform-versions", attributes)).await
}

fn names(list: &Answer) -> Vec<String> {
    let data = list.at("/data");
    let name = |row: &Value| {
        let of = |key: &str| row["attributes"][key].as_str().unwrap().to_owned();
        format!("{} {}", of("engine"), of("version"))
    };
    data.as_array().unwrap().iter().map(name).collect()
}

/// The row of an engine that is installed.
async fn installed(server: &TestServer, engine: &str) -> String {
    let list = server.admin.get(&format!("{LIST}?filter[engine]={engine}&filter[version]=1.99.0")).await;
    assert_eq!(list.at("/meta/pagination/total-count"), 1);
    list.at("/data/0/id").as_str().unwrap().to_owned()
}

on_both!(what_is_installed_stands_in_the_list, NO_AGENT, |server| {
    server.owner.workspace_with(&json!({ "name": "net", "engine": "tofu" })).await;
    let list = server.admin.get(LIST).await.expect_status(200);
    assert_eq!(names(&list), ["terraform 1.99.0", "tofu 1.99.0"]);
    let tofu = list.at("/data/1/attributes");
    for (name, expected) in [
        ("enabled", json!(true)),
        ("installed", json!(true)),
        ("official", json!(false)),
        ("usage", json!(1)),
        ("url", Value::Null),
    ] {
        assert_eq!(tofu[name], expected, "{name}");
    }
    server.owner.get(LIST).await.expect_status(404);
    server.stranger.post(LIST, &json!({})).await.expect_status(404);
    let id = installed(server, "tofu").await;
    let refused = server.admin.delete(&format!("{LIST}/{id}")).await.expect_status(422);
    assert!(refused.error().contains("1 workspaces name it"), "{}", refused.error());
    let id = installed(server, "terraform").await;
    let refused = server.admin.delete(&format!("{LIST}/{id}")).await.expect_status(422);
    assert!(refused.error().contains("installed here"), "{}", refused.error());
});

on_both!(versions_are_made_changed_and_deleted, NO_AGENT, |server| {
    let wish = json!({ "version": "1.5.7", "url": "https://mirror/terraform_1.5.7.zip", "sha": SHA,
        "deprecated": true, "deprecated-reason": "old", "enabled": false });
    let made = make(server, &wish).await.expect_status(201);
    assert_eq!((made.attribute("engine"), made.attribute("installed")), (json!("terraform"), json!(false)));
    for (name, value) in wish.as_object().unwrap() {
        assert_eq!(made.attribute(name), *value, "{name}");
    }
    let path = format!("{LIST}/{}", made.id());
    assert_eq!(server.admin.get(&path).await.expect_status(200).json(), made.json());
    let archives = json!([{ "url": "https://a", "sha": "0".repeat(64), "os": "linux", "arch": "arm64" },
        { "url": "https://b", "sha": SHA, "os": "linux", "arch": "amd64" }]);
    let tofu = json!({ "version": "1.5.7", "engine": "tofu", "archs": archives, "beta": true });
    let tofu = make(server, &tofu).await.expect_status(201);
    assert_eq!((tofu.attribute("url"), tofu.attribute("sha")), (json!("https://b"), json!(SHA)));
    make(server, &json!({ "version": "1.12.0-beta2" })).await.expect_status(201);
    make(server, &json!({ "version": "0.11.15" })).await.expect_status(201);
    let list = server.admin.get(LIST).await.expect_status(200);
    assert_eq!(
        names(&list),
        [
            "terraform 1.99.0",
            "tofu 1.99.0",
            "terraform 1.12.0-beta2",
            "terraform 1.5.7",
            "tofu 1.5.7",
            "terraform 0.11.15"
        ]
    );
    assert_eq!(names(&server.admin.get(&format!("{LIST}?search[version]=5.7")).await).len(), 2);
    assert_eq!(names(&server.admin.get(&format!("{LIST}?filter[version]=1.5")).await).len(), 0);
    assert_eq!(names(&server.admin.get(&format!("{LIST}?filter[engine]=tofu&page[size]=1")).await).len(), 1);
    let taken = make(server, &json!({ "version": "1.5.7" })).await.expect_status(422);
    assert_eq!(taken.error(), "Version has already been taken");
    for (key, value) in [
        ("version", json!("latest")),
        ("version", json!("~> 1.5")),
        ("version", json!("1.5")),
        ("version", json!(7)),
        ("engine", json!("pulumi")),
        ("sha", json!("abc")),
        ("url", json!("x".repeat(5000))),
        ("deprecated-reason", json!("x".repeat(5000))),
        ("enabled", json!("yes")),
    ] {
        let mut wish = json!({ "version": "1.6.0" });
        wish[key] = value;
        let refused = make(server, &wish).await.expect_status(422);
        assert_eq!(refused.at("/errors/0/source/pointer"), format!("/data/attributes/{key}"), "{wish}");
    }
    let changed = change(server, &made.id(), &json!({ "version": "1.5.8", "deprecated-reason": null })).await;
    let changed = changed.expect_status(200);
    assert_eq!(
        (changed.attribute("version"), changed.attribute("deprecated-reason"), changed.attribute("url")),
        (json!("1.5.8"), Value::Null, wish["url"].clone())
    );
    server.admin.delete(&path).await.expect_status(204);
    server.admin.get(&path).await.expect_status(404);
    let official = make(server, &json!({ "version": "1.7.0", "official": true })).await.expect_status(201);
    server.admin.delete(&format!("{LIST}/{}", official.id())).await.expect_status(422);
    let refused = change(server, &official.id(), &json!({ "version": "1.7.1" })).await.expect_status(422);
    assert_eq!(refused.at("/errors/0/source/pointer"), "/data/attributes/version");
});

on_both!(a_disabled_version_is_refused_and_an_unknown_one_is_not, |server| {
    let owner = &server.owner;
    let workspace = owner.workspace_with(&json!({ "name": "net", "engine": "tofu" })).await;
    let latest = json!({ "name": "latest", "engine": "tofu", "terraform-version": "latest" });
    let latest = owner.workspace_with(&latest).await;
    let configurations =
        [owner.configuration(&workspace, creates(1)).await, owner.configuration(&latest, creates(1)).await];
    let planned = owner.run_of(&workspace, &configurations[0], &json!({})).await;
    owner.wait_for(&planned, &["planned"]).await;
    let id = installed(server, "tofu").await;
    change(server, &id, &json!({ "enabled": false })).await.expect_status(200);

    let path = format!("/workspaces/{workspace}");
    let again = json!({ "terraform-version": "1.99.0" });
    let refused = owner.patch(&path, &body("workspaces", &again)).await.expect_status(422);
    assert_eq!(refused.at("/errors/0/source/pointer"), "/data/attributes/terraform-version");
    assert!(refused.error().contains("OpenTofu 1.99.0 is disabled"), "{}", refused.error());
    // Other settings can be changed, versions be named that are not known, and those of the other engine.
    owner.patch(&path, &body("workspaces", &json!({ "description": "x" }))).await.expect_status(200);
    owner
        .workspace_with(&json!({ "name": "unknown", "engine": "tofu", "terraform-version": "0.10.0" }))
        .await;
    owner
        .workspace_with(&json!({ "name": "other", "engine": "terraform", "terraform-version": "1.99.0" }))
        .await;
    let fresh = owner.workspace_with(&json!({ "name": "fresh", "engine": "tofu" })).await;
    let fresh = owner.get(&format!("/workspaces/{fresh}")).await;
    assert_eq!(fresh.attribute("terraform-version"), "latest", "no enabled one is here");

    let refused = owner.post_run(&workspace, &configurations[0], &json!({})).await.expect_status(422);
    assert!(refused.error().contains("is disabled on this site"), "{}", refused.error());
    let named = json!({ "plan-only": true, "terraform-version": "1.99.0" });
    let refused = owner.post_run(&latest, &configurations[1], &named).await.expect_status(422);
    assert_eq!(refused.at("/errors/0/source/pointer"), "/data/attributes/terraform-version");
    // A run that names no version finds that nothing is left.
    let run = owner.run_of(&latest, &configurations[1], &json!({})).await;
    owner.wait_for(&run, &["errored"]).await;
    let log = owner.log(&run).await;
    assert!(log.contains("tofu 1.99.0 is disabled on this site"), "{log}");
    // What was planned before is applied.
    owner.post(&format!("/runs/{}/actions/apply", planned.id), &json!({})).await.expect_status(202);
    owner.wait_for(&planned, &["applied"]).await;

    change(server, &id, &json!({ "enabled": true })).await.expect_status(200);
    let run = owner.run_of(&latest, &configurations[1], &json!({ "plan-only": true })).await;
    owner.wait_for(&run, &["planned_and_finished"]).await;
});

on_both!(the_only_kind_that_has_a_version_is_the_workspace_s, NO_AGENT, |server| {
    make(server, &json!({ "version": "1.4.2", "engine": "terraform" })).await.expect_status(201);
    make(server, &json!({ "version": "1.8.3", "engine": "tofu" })).await.expect_status(201);
    for (version, expected) in
        [("1.4.2", "terraform"), ("1.8.3", "tofu"), ("1.99.0", "tofu"), ("9.9.9", "tofu")]
    {
        let name = version.replace('.', "-");
        let made = server.owner.workspace_with(&json!({ "name": name, "terraform-version": version })).await;
        let made = server.owner.get(&format!("/workspaces/{made}")).await;
        assert_eq!(made.attribute("engine"), expected, "{version}");
    }
});
