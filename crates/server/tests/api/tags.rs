//! `/organizations/:org/tags`, `/tags/:id/relationships/workspaces`, `/workspaces/:id/relationships/tags`.

use crate::world::World;
use reqwest::Method;
use serde_json::{Value, json};
use terrane_testkit::{Actor, Answer, Engines, Setup, on_both};

const ALL: &str = "/organizations/acme/tags";

fn no_agent() -> Setup {
    Setup { engines: Engines::Fake, configure: |config| config.agent_slots = 0 }
}

fn by_name(names: &[&str]) -> Value {
    json!({ "data": names.iter().map(|name| json!({ "type": "tags", "attributes": { "name": name } })).collect::<Vec<_>>() })
}

fn by_id(kind: &str, ids: &[&str]) -> Value {
    json!({ "data": ids.iter().map(|id| json!({ "type": kind, "id": id })).collect::<Vec<_>>() })
}

async fn delete(actor: &Actor, path: &str, wish: &Value) -> Answer {
    actor.send(actor.request(Method::DELETE, path).json(wish)).await
}

fn names(list: &Answer) -> Vec<String> {
    let data = list.at("/data");
    data.as_array()
        .unwrap()
        .iter()
        .map(|tag| tag["attributes"]["name"].as_str().unwrap().to_owned())
        .collect()
}

fn id_of(list: &Answer, name: &str) -> String {
    let data = list.at("/data");
    let tag = data.as_array().unwrap().iter().find(|tag| tag["attributes"]["name"] == name).unwrap();
    tag["id"].as_str().unwrap().to_owned()
}

on_both!(a_workspace_gets_tags_and_loses_them, no_agent(), |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    let path = format!("/workspaces/{workspace}/relationships/tags");
    for _ in 0..2 {
        owner.post(&path, &by_name(&["prod", "net", "prod"])).await.expect_status(204);
    }
    let listed = owner.get(&path).await.expect_status(200);
    assert_eq!(names(&listed), ["net", "prod"]);
    assert_eq!(listed.at("/meta/pagination/total-count"), 2);
    let read = owner.get(&format!("/workspaces/{workspace}")).await;
    assert_eq!(read.attribute("tag-names"), json!(["net", "prod"]));
    assert_eq!(owner.get("/organizations/acme/workspaces").await.at("/data/0"), read.at("/data"));

    // By id and by name, together; a name that is no tag is not there already.
    let other = owner.workspace("other").await;
    let prod = id_of(&listed, "prod");
    let both = json!({ "data": [{ "type": "tags", "id": prod }, { "type": "tags", "attributes": { "name": "db" } }] });
    owner.post(&format!("/workspaces/{other}/relationships/tags"), &both).await.expect_status(204);
    let read = owner.get(&format!("/workspaces/{other}")).await;
    assert_eq!(read.attribute("tag-names"), json!(["db", "prod"]));
    delete(owner, &path, &by_id("tags", &[&prod])).await.expect_status(204);
    delete(owner, &path, &by_name(&["net", "nothing"])).await.expect_status(204);
    assert_eq!(names(&owner.get(&path).await), Vec::<String>::new());
    assert_eq!(owner.get(&format!("/workspaces/{workspace}")).await.attribute("tag-names"), json!([]));
});

on_both!(an_organization_lists_tags_and_deletes_them, no_agent(), |server| {
    let owner = &server.owner;
    let (a, b) = (owner.workspace("a").await, owner.workspace("b").await);
    owner
        .post(&format!("/workspaces/{a}/relationships/tags"), &by_name(&["prod", "net"]))
        .await
        .expect_status(204);
    owner.post(&format!("/workspaces/{b}/relationships/tags"), &by_name(&["prod"])).await.expect_status(204);
    let listed = owner.get(ALL).await.expect_status(200);
    assert_eq!(names(&listed), ["net", "prod"]);
    let counts = listed.at("/data");
    let count = |at: usize| counts[at]["attributes"]["instance-count"].as_i64();
    assert_eq!((count(0), count(1)), (Some(1), Some(2)));
    assert_eq!(listed.at("/data/0/relationships/organization/data/id"), "acme");
    assert_eq!(names(&owner.get(&format!("{ALL}?q=PRO")).await), ["prod"]);
    assert_eq!(names(&owner.get(&format!("{ALL}?filter[exclude][taggable][id]={b}")).await), ["net"]);
    let page = owner.get(&format!("{ALL}?page[size]=1&page[number]=2")).await;
    assert_eq!((names(&page), page.at("/meta/pagination/total-count")), (vec!["prod".to_owned()], json!(2)));

    let prod = id_of(&listed, "prod");
    delete(owner, ALL, &by_id("tags", &[&prod])).await.expect_status(204);
    assert_eq!(names(&owner.get(ALL).await), ["net"]);
    assert_eq!(owner.get(&format!("/workspaces/{a}")).await.attribute("tag-names"), json!(["net"]));
    let refused =
        delete(owner, ALL, &by_id("tags", &[&id_of(&listed, "net"), &prod])).await.expect_status(422);
    assert_eq!(refused.at("/errors/0/source/pointer"), "/data/1");
    assert_eq!(names(&owner.get(ALL).await), ["net"], "all or none");
});

on_both!(one_tag_for_many_workspaces, no_agent(), |server| {
    let owner = &server.owner;
    let foreign = World::of(owner, "north").await;
    let (a, b, c) = (owner.workspace("a").await, owner.workspace("b").await, owner.workspace("c").await);
    owner.post(&format!("/workspaces/{a}/relationships/tags"), &by_name(&["prod"])).await.expect_status(204);
    let path = format!("/tags/{}/relationships/workspaces", id_of(&owner.get(ALL).await, "prod"));
    let refused =
        owner.post(&path, &by_id("workspaces", &[&b, foreign.id("workspace_id")])).await.expect_status(422);
    assert_eq!(refused.at("/errors/0/source/pointer"), "/data/1");
    owner.post(&path, &by_id("workspaces", &[&b, &c, &a])).await.expect_status(204);
    assert_eq!(owner.get(ALL).await.at("/data/0/attributes/instance-count"), 3);
    server.stranger.post(&path, &by_id("workspaces", &[&b])).await.expect_status(404);
});

on_both!(names_that_are_none_and_tags_of_others_are_refused, no_agent(), |server| {
    let owner = &server.owner;
    let foreign = World::of(owner, "north").await;
    let workspace = owner.workspace("net").await;
    let path = format!("/workspaces/{workspace}/relationships/tags");
    for name in ["", "a b", "a,b", "a\n", &"x".repeat(256)] {
        let refused = owner.post(&path, &by_name(&["fine", name])).await.expect_status(422);
        let pointer = refused.at("/errors/0/source/pointer");
        assert!(pointer.as_str().unwrap().starts_with("/data/1"), "{name:?}: {pointer}");
    }
    let refused = owner.post(&path, &by_id("tags", &[foreign.id("tag_id")])).await.expect_status(422);
    assert_eq!(refused.at("/errors/0/source/pointer"), "/data/0");
    assert_eq!(owner.get(&path).await.at("/data"), json!([]));
    assert_eq!(owner.get(ALL).await.at("/data"), json!([]), "nothing was made");
});
