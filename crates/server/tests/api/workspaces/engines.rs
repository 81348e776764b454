//! Which engine and version a workspace gets (api-contract section 20 rows 12 and 26).

use super::{LIST, make, no_agent};
use reqwest::Method;
use serde_json::{Value, json};
use terrane_testkit::{Answer, Engines, Setup, TestServer, body, on_both};

/// Makes a workspace as a client with these headers.
async fn make_as(server: &TestServer, headers: &[(&str, &str)], attributes: &Value) -> Answer {
    let mut request = server.owner.request(Method::POST, LIST).json(&body("workspaces", attributes));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    server.owner.send(request).await.expect_status(201)
}

/// The fake engines, of which only terraform has this version.
fn two_versions() -> Setup {
    Setup {
        engines: Engines::Fake,
        configure: |config| {
            config.agent_slots = 0;
            let terraform = config.engine_paths.last().expect("two engines");
            std::fs::write(format!("{terraform}.version"), "1.5.7").expect("the test's folder is writable");
        },
    }
}

on_both!(the_client_s_own_kind_comes_first, no_agent(), |server| {
    const TOFU: (&str, &str) = ("user-agent", "OpenTofu/1.12.6 (+https://opentofu.org) go-tfe");
    const GO_TFE: (&str, &str) = ("user-agent", "go-tfe");
    const VERSION: (&str, &str) = ("terraform-version", "1.11.4");
    const CLOUD: (&str, &str) = ("x-terraform-integration", "cloud");
    let made = async |name: &str, headers: &[(&str, &str)], engine: Option<&str>| {
        let attributes = engine
            .map_or_else(|| json!({ "name": name }), |engine| json!({ "name": name, "engine": engine }));
        let made = make_as(server, headers, &attributes).await;
        assert_eq!(made.attribute("terraform-version"), "1.99.0", "the newest here");
        (made.attribute("engine"), made.attribute("source"))
    };
    let (tofu, terraform) = (json!("tofu"), json!("terraform"));
    let (api, cli) = (json!("tfe-api"), json!("terraform"));
    assert_eq!(made("tofu", &[TOFU], None).await, (tofu.clone(), api.clone()));
    assert_eq!(made("tofu-cloud", &[TOFU, CLOUD], None).await, (tofu.clone(), cli.clone()));
    assert_eq!(made("terraform", &[GO_TFE, VERSION], None).await, (terraform.clone(), api.clone()));
    assert_eq!(made("cloud", &[GO_TFE, VERSION, CLOUD], None).await, (terraform.clone(), cli));
    assert_eq!(made("library", &[GO_TFE], None).await, (tofu.clone(), api.clone()), "the site's default");
    assert_eq!(made("asked", &[GO_TFE], Some("terraform")).await, (terraform.clone(), api.clone()));
    assert_eq!(made("plain", &[], Some("terraform")).await, (terraform, api.clone()));
    assert_eq!(made("both", &[TOFU], Some("terraform")).await, (tofu, api));
});

on_both!(a_version_that_only_one_kind_has_decides, two_versions(), |server| {
    let made =
        make(&server.owner, &json!({ "name": "old", "terraform-version": "1.5.7" })).await.expect_status(201);
    assert_eq!(
        (made.attribute("engine"), made.attribute("terraform-version")),
        (json!("terraform"), json!("1.5.7"))
    );
    let made = make(&server.owner, &json!({ "name": "new", "terraform-version": "1.99.0" }))
        .await
        .expect_status(201);
    assert_eq!(made.attribute("engine"), "tofu");
    let made = make(&server.owner, &json!({ "name": "none", "terraform-version": "0.11.1" }))
        .await
        .expect_status(201);
    assert_eq!(made.attribute("engine"), "tofu", "the site's default");
    let made =
        make(&server.owner, &json!({ "name": "kind", "engine": "terraform" })).await.expect_status(201);
    assert_eq!(made.attribute("terraform-version"), "1.5.7", "the newest of its kind");
});

on_both!(versions_need_not_be_installed_but_must_be_versions, no_agent(), |server| {
    let owner = &server.owner;
    for (number, version) in
        ["0.10.0", "0.11.1", "0.15.4", "1.0.0", "1.12.0-beta1", "latest", "~> 1.5", ">= 1.3.0, < 2.0.0"]
            .iter()
            .enumerate()
    {
        let attributes = json!({ "name": format!("w{number}"), "terraform-version": version });
        assert_eq!(
            make(owner, &attributes).await.expect_status(201).attribute("terraform-version"),
            *version
        );
    }
    let workspace = format!("{LIST}/w0");
    for version in ["banana", "", "1", "1.x", "v1.2.3", "1.2.3.4", "1.2.3; rm", "../1.2.3", &"1".repeat(5000)]
    {
        let attributes = json!({ "name": "bad", "terraform-version": version });
        let refused = make(owner, &attributes).await.expect_status(422);
        assert_eq!(refused.at("/errors/0/source/pointer"), "/data/attributes/terraform-version", "{version}");
        owner
            .patch(&workspace, &body("workspaces", &json!({ "terraform-version": version })))
            .await
            .expect_status(422);
    }
    assert_eq!(owner.get(&workspace).await.attribute("terraform-version"), "0.10.0");
    let changed =
        owner.patch(&workspace, &body("workspaces", &json!({ "terraform-version": "1.5.0" }))).await;
    assert_eq!(changed.expect_status(200).attribute("terraform-version"), "1.5.0");
});

on_both!(the_engine_can_be_changed, no_agent(), |server| {
    server.owner.workspace("net").await;
    let change = |engine: &str| body("workspaces", &json!({ "engine": engine }));
    let path = format!("{LIST}/net");
    let changed = server.owner.patch(&path, &change("terraform")).await.expect_status(200);
    assert_eq!(changed.attribute("engine"), "terraform");
    server.owner.patch(&path, &change("pulumi")).await.expect_status(422);
    let kept = server.owner.patch(&path, &json!({})).await.expect_status(200);
    assert_eq!(kept.attribute("engine"), "terraform");
});

on_both!(
    without_engines_a_workspace_asks_for_the_latest,
    Setup { engines: Engines::None, ..no_agent() },
    |server| {
        let made = make(&server.owner, &json!({ "name": "net" })).await.expect_status(201);
        assert_eq!(
            (made.attribute("engine"), made.attribute("terraform-version")),
            (json!("tofu"), json!("latest"))
        );
    }
);
