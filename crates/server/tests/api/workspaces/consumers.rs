//! `/workspaces/:id/relationships/remote-state-consumers`.

use super::lists::names;
use super::no_agent;
use crate::world::World;
use reqwest::Method;
use serde_json::{Value, json};
use terrane_testkit::{Actor, body, on_both};

fn named(ids: &[&str]) -> Value {
    json!({ "data": ids.iter().map(|id| json!({ "type": "workspaces", "id": id })).collect::<Vec<_>>() })
}

async fn delete(actor: &Actor, path: &str, wish: &Value) -> terrane_testkit::Answer {
    actor.send(actor.request(Method::DELETE, path).json(wish)).await
}

on_both!(readers_are_added_replaced_and_removed, no_agent(), |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    let (a, b, c) = (owner.workspace("a").await, owner.workspace("b").await, owner.workspace("c").await);
    let path = format!("/workspaces/{workspace}/relationships/remote-state-consumers");
    let now = async || names(&owner.get(&path).await.expect_status(200));
    assert_eq!(now().await, Vec::<String>::new());
    for _ in 0..2 {
        owner.post(&path, &named(&[&b, &a, &a])).await.expect_status(204);
        assert_eq!(now().await, ["a", "b"]);
    }
    owner.patch(&path, &named(&[&c, &a])).await.expect_status(204);
    assert_eq!(now().await, ["a", "c"]);
    for _ in 0..2 {
        delete(owner, &path, &named(&[&a])).await.expect_status(204);
        assert_eq!(now().await, ["c"]);
    }
    let page = owner.get(&format!("{path}?page[size]=1")).await;
    assert_eq!(page.at("/meta/pagination/total-count"), 1);
    assert_eq!(page.at("/data/0"), owner.get(&format!("/workspaces/{c}")).await.at("/data"));
    owner.delete(&format!("/workspaces/{c}")).await.expect_status(204);
    assert_eq!(now().await, Vec::<String>::new());
    let read = owner.get(&format!("/workspaces/{workspace}")).await;
    let link = read.at("/data/relationships/remote-state-consumers/links/related");
    owner.get(&format!("/{}", link.as_str().unwrap())).await.expect_status(200);
});

on_both!(all_or_none_and_of_one_organization, no_agent(), |server| {
    let owner = &server.owner;
    let foreign = World::of(owner, "north").await;
    let workspace = owner.workspace("net").await;
    let a = owner.workspace("a").await;
    let path = format!("/workspaces/{workspace}/relationships/remote-state-consumers");
    owner.post(&path, &named(&[&a])).await.expect_status(204);
    for id in [foreign.id("workspace_id"), "ws-1111111111111111", "nonsense"] {
        let refused = owner.patch(&path, &named(&[id])).await.expect_status(422);
        assert_eq!(refused.at("/errors/0/source/pointer"), "/data/0");
        let refused = owner.post(&path, &named(&[&a, id])).await.expect_status(422);
        assert_eq!(refused.at("/errors/0/source/pointer"), "/data/1");
    }
    assert_eq!(names(&owner.get(&path).await), ["a"]);
});

on_both!(a_state_for_everybody_has_everybody_as_reader, no_agent(), |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    let a = owner.workspace("a").await;
    let path = format!("/workspaces/{workspace}/relationships/remote-state-consumers");
    owner.post(&path, &named(&[&a])).await.expect_status(204);
    let change = body("workspaces", &json!({ "global-remote-state": true }));
    owner.patch(&format!("/workspaces/{workspace}"), &change).await.expect_status(200);
    assert_eq!(names(&owner.get(&path).await), ["a", "net"]);
    assert_eq!(names(&owner.get(&format!("{path}?show_only_configured=true")).await), ["a"]);
});
