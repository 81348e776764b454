//! What deleted workspaces leave (api-contract section 20 row 28).

mod under_way;

use serde_json::{Value, json};
use std::time::Duration;
use terrane_testkit::{Actor, Answer, TestServer, body, on_both, state_file};

const ITEMS: &str = "/organizations/acme/recoverable-items";
const DAY: Duration = Duration::from_secs(24 * 3600);

async fn delete(owner: &Actor, workspace: &str) {
    owner.delete(&format!("/workspaces/{workspace}")).await.expect_status(204);
}

/// The bytes of an item's state, and the signed URL they came from.
async fn state_of(server: &TestServer, actor: &Actor, item: &str) -> (Vec<u8>, String) {
    let told = actor.get(&format!("/recoverable-items/{item}/state")).await.expect_status(307);
    let url = told.header("location").to_owned();
    (server.anonymous.get(&url).await.expect_status(200).bytes.clone(), url)
}

fn names(list: &Answer) -> Vec<String> {
    let data = list.at("/data");
    let name = |item: &Value| item["attributes"]["recoverable-name"].as_str().unwrap().to_owned();
    data.as_array().unwrap().iter().map(name).collect()
}

/// Waits until a swept thing is so.
async fn until(mut is_so: impl AsyncFnMut() -> bool) {
    for _ in 0..200 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("nothing has happened for ten seconds");
}

on_both!(the_last_state_of_a_deleted_workspace_is_kept_for_thirty_days, |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    owner.state(&workspace, 1, &state_file(1)).await;
    owner.state(&workspace, 2, &state_file(2)).await;
    let project = owner.get(&format!("/workspaces/{workspace}")).await.at("/data/relationships/project/data");
    // One that never had a state leaves nothing.
    let bare = owner.workspace("bare").await;
    delete(owner, &bare).await;
    delete(owner, &workspace).await;
    owner.get(&format!("/workspaces/{workspace}")).await.expect_status(404);
    let list = owner.get(ITEMS).await.expect_status(200);
    assert_eq!(names(&list), ["net"]);
    let item = list.at("/data/0/id").as_str().unwrap().to_owned();
    let one = owner.get(&format!("/recoverable-items/{item}")).await.expect_status(200);
    assert_eq!(one.at("/data"), list.at("/data/0"));
    assert_eq!((one.attribute("unmanaged-resources"), one.attribute("serial")), (json!(3), json!(2)));
    assert_eq!(
        (one.attribute("apply-under-way"), one.attribute("organization-name")),
        (json!(false), json!("acme"))
    );
    assert_eq!(one.at("/data/relationships/project/data"), project);
    assert_eq!(
        one.at("/data/relationships/recoverable/data"),
        json!({ "type": "workspaces", "id": workspace })
    );
    let (state, url) = state_of(server, owner, &item).await;
    assert_eq!(state, state_file(2));
    // Nobody else knows of it.
    server.stranger.get(&format!("/recoverable-items/{item}/state")).await.expect_status(404);
    assert_eq!(names(&server.stranger.get("/recoverable-items").await), Vec::<String>::new());
    assert_eq!(names(&server.admin.get("/recoverable-items").await), ["net"]);

    server.app().clock.advance(29 * DAY);
    assert_eq!(state_of(server, owner, &item).await.0, state_file(2), "swept too early");
    server.anonymous.get(&url).await.expect_status(403);
    server.app().clock.advance(2 * DAY);
    until(async || owner.get(ITEMS).await.at("/meta/pagination/total-count") == 0).await;
    owner.get(&format!("/recoverable-items/{item}")).await.expect_status(404);
});

on_both!(a_deleted_workspace_is_made_again, |server| {
    let owner = &server.owner;
    let settings = json!({ "name": "net", "description": "kept", "auto-apply": true, "execution-mode": "local",
        "terraform-version": "1.5.7", "engine": "terraform", "trigger-prefixes": ["a"], "working-directory": "x",
        "auto-destroy-activity-duration": "14d" });
    let workspace = owner.workspace_with(&settings).await;
    owner.state(&workspace, 7, &state_file(7)).await;
    let before = owner.get(&format!("/workspaces/{workspace}")).await;
    delete(owner, &workspace).await;
    let item = owner.get(ITEMS).await.at("/data/0/id").as_str().unwrap().to_owned();
    let recover = format!("/recoverable-items/{item}/actions/recover");
    // Its name is taken meanwhile.
    let other = owner.workspace("net").await;
    let refused = owner.put(&recover, "").await.expect_status(422);
    assert!(refused.error().contains("taken"), "{}", refused.error());
    delete(owner, &other).await;
    server.stranger.put(&recover, "").await.expect_status(404);
    owner.put(&recover, "").await.expect_status(204);
    let after = owner.get(&format!("/workspaces/{workspace}")).await.expect_status(200);
    for name in [
        "name",
        "description",
        "auto-apply",
        "execution-mode",
        "terraform-version",
        "engine",
        "trigger-prefixes",
        "working-directory",
        "resource-count",
        "setting-overwrites",
    ] {
        assert_eq!(after.attribute(name), before.attribute(name), "{name}");
    }
    assert_eq!(after.attribute("auto-destroy-at"), Value::Null, "nothing acts by itself");
    let state = owner.get(&format!("/workspaces/{workspace}/current-state-version")).await.expect_status(200);
    assert_eq!((state.attribute("serial"), state.attribute("status")), (json!(7), json!("finalized")));
    let url = state.attribute("hosted-state-download-url");
    assert_eq!(owner.get(url.as_str().unwrap()).await.expect_status(200).bytes, state_file(7));
    assert_eq!(state.at("/data/relationships/outputs/data").as_array().unwrap().len(), 3);
    // The item is the workspace again.
    owner.put(&recover, "").await.expect_status(404);
    assert_eq!(names(&owner.get(ITEMS).await), Vec::<String>::new());
    owner.state(&workspace, 8, &state_file(8)).await;
});

on_both!(what_is_kept_can_be_deleted_for_good, |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    owner.state(&workspace, 1, &state_file(1)).await;
    delete(owner, &workspace).await;
    let item = owner.get(ITEMS).await.at("/data/0/id").as_str().unwrap().to_owned();
    let (_, url) = state_of(server, owner, &item).await;
    let forget = format!("/recoverable-items/{item}/actions/permanently-delete");
    server.stranger.put(&forget, "").await.expect_status(404);
    owner.put(&forget, "").await.expect_status(204);
    owner.put(&forget, "").await.expect_status(404);
    server.anonymous.get(&url).await.expect_status(404);
    assert_eq!(names(&owner.get(ITEMS).await), Vec::<String>::new());
});

on_both!(who_owned_a_deleted_organization_keeps_its_states, |server| {
    let owner = &server.owner;
    owner.organization("other").await;
    let wish = body("workspaces", &json!({ "name": "net" }));
    for round in 1..=2 {
        let made = owner.post("/organizations/other/workspaces", &wish).await.expect_status(201);
        owner.state(&made.id(), round, &state_file(round)).await;
        if round == 1 {
            delete(owner, &made.id()).await;
        }
    }
    owner.delete("/organizations/other").await.expect_status(204);
    owner.get("/organizations/other/recoverable-items").await.expect_status(404);
    let list = owner.get("/recoverable-items?sort=-expires_at").await.expect_status(200);
    assert_eq!(names(&list), ["net", "net"]);
    let item = list.at("/data/0/id").as_str().unwrap().to_owned();
    assert_eq!(state_of(server, owner, &item).await.0, state_file(2));
    let refused = owner.put(&format!("/recoverable-items/{item}/actions/recover"), "").await;
    assert!(refused.expect_status(422).error().contains("its organization is deleted"));
    // A new organization of that name is another one.
    server.stranger.organization("other").await;
    let of_other = server.stranger.get("/organizations/other/recoverable-items").await.expect_status(200);
    assert_eq!(names(&of_other), Vec::<String>::new());
    server.stranger.get(&format!("/recoverable-items/{item}")).await.expect_status(404);
    state_of(server, &server.admin, &item).await;
});

on_both!(lists_have_filters_and_an_order, |server| {
    let owner = &server.owner;
    for (name, serial) in [("net-a", 1), ("db", 2), ("net-b", 3)] {
        let workspace = owner.workspace(name).await;
        if name == "db" {
            owner.state(&workspace, serial, &nothing()).await;
        } else {
            owner.state(&workspace, serial, &state_file(serial)).await;
        }
        delete(owner, &workspace).await;
    }
    for (query, expected) in [
        ("", vec!["net-a", "db", "net-b"]),
        ("sort=-expires_at", vec!["net-b", "db", "net-a"]),
        ("sort=recoverable_name", vec!["db", "net-a", "net-b"]),
        ("sort=unmanaged_resources&page[size]=1", vec!["db"]),
        ("filter[search]=NET", vec!["net-a", "net-b"]),
        ("filter[having_managed_resources]=true", vec!["net-a", "net-b"]),
        ("filter[expires_after]=2200-01-01T00:00:00Z", vec![]),
        ("filter[recoverable_type]=workspaces&sort=nonsense", vec!["net-a", "db", "net-b"]),
        ("filter[recoverable_type]=stacks", vec![]),
    ] {
        assert_eq!(
            names(&owner.get(&format!("{ITEMS}?{query}")).await.expect_status(200)),
            expected,
            "{query}"
        );
    }
    owner.get(&format!("{ITEMS}?filter[expires_after]=yesterday")).await.expect_status(400);
});

/// A state that manages nothing.
fn nothing() -> Vec<u8> {
    json!({ "version": 4, "serial": 2, "lineage": "one", "outputs": {}, "resources": [] })
        .to_string()
        .into_bytes()
}
