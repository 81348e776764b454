//! Lists, includes, and what is left of a deleted workspace.

use super::{Pending, current, lock, post, run_in, write};
use serde_json::{Value, json};
use terrane_server::platform::db::{Exec, sql};
use terrane_testkit::{Answer, on_both, state_body, state_file};

const LIST: &str = "/state-versions?filter[workspace][name]=net&filter[organization][name]=acme";

fn ids(list: &Answer) -> Vec<String> {
    let items = list.at("/data").as_array().cloned().unwrap_or_default();
    items.iter().filter_map(|item| item["id"].as_str().map(str::to_owned)).collect()
}

on_both!(lists_are_of_one_workspace_newest_first, |server| {
    let owner = &server.owner;
    let (workspace, other) = (owner.workspace("net").await, owner.workspace("other").await);
    owner.state(&other, 1, &state_file(1)).await;
    lock(owner, &workspace).await;
    let mut made = Vec::new();
    for serial in 1..4 {
        made.insert(0, write(owner, &workspace, serial, &state_file(serial)).await.expect_status(201).id());
    }
    let old = Pending::announce(owner, &workspace, 4, &state_file(4)).await;
    let new = Pending::announce(owner, &workspace, 5, &state_file(5)).await;
    let finalized = made.clone();
    made.splice(0..0, [new.id.clone(), old.id.clone()]);
    let all = owner.get(LIST).await.expect_status(200);
    assert_eq!(ids(&all), made);
    assert_eq!(all.at("/meta/pagination/total-count"), 5);
    for (status, wanted) in [
        ("finalized", finalized.clone()),
        ("pending", vec![new.id.clone()]),
        ("discarded", vec![old.id.clone()]),
        ("pending,discarded", vec![new.id.clone(), old.id.clone()]),
        ("nonsense", Vec::new()),
    ] {
        let listed = owner.get(&format!("{LIST}&filter[status]={status}")).await.expect_status(200);
        assert_eq!(ids(&listed), wanted, "{status}");
    }
    let page = owner.get(&format!("{LIST}&page[size]=2&page[number]=2")).await.expect_status(200);
    assert_eq!(ids(&page), made[2..4]);
    assert_eq!(page.at("/data/0"), owner.get(&format!("/state-versions/{}", made[2])).await.at("/data"));
    assert_eq!(page.at("/data/0/relationships/previous-state-version/data/id"), made[3].as_str());
    assert_eq!(page.at("/data/0/relationships/next-state-version/data/id"), made[1].as_str());
});

on_both!(a_list_names_its_workspace, |server| {
    server.owner.workspace("net").await;
    for path in [
        "/state-versions",
        "/state-versions?filter[workspace][name]=net",
        "/state-versions?filter[organization][name]=acme",
        "/state-versions?filter[workspace][name]=&filter[organization][name]=",
    ] {
        let refused = server.owner.get(path).await.expect_status(400);
        assert!(refused.error().contains("filter["), "{}", refused.error());
    }
    server.stranger.get(LIST).await.expect_status(404);
    server.anonymous.get(LIST).await.expect_status(401);
    assert_eq!(server.owner.get(LIST).await.expect_status(200).at("/data"), json!([]));
});

on_both!(what_is_included, |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    let run = run_in(owner, &workspace).await;
    lock(owner, &workspace).await;
    let mut body = state_body(1, None, &state_file(1));
    body["data"]["relationships"] = json!({ "run": { "data": { "type": "runs", "id": run } } });
    let made = post(owner, &workspace, &body).await.expect_status(201);
    assert_eq!(made.at("/data/relationships/run/data/id"), run.as_str());
    assert_eq!(made.attribute("intermediate"), false);
    for (include, kinds) in [
        ("nonsense", vec![]),
        ("run", vec!["runs"]),
        ("created_by", vec!["users"]),
        ("run.created_by", vec!["runs", "users"]),
        ("run,run.configuration-version", vec!["runs", "configuration-versions"]),
        ("outputs", vec!["state-version-outputs"; 3]),
    ] {
        for path in [
            format!("/state-versions/{}?", made.id()),
            format!("/workspaces/{workspace}/current-state-version?"),
            format!("{LIST}&"),
        ] {
            let read = owner.get(&format!("{path}include={include}")).await.expect_status(200);
            let included = read.at("/included").as_array().cloned().unwrap_or_default();
            let found: Vec<_> = included.iter().filter_map(|item| item["type"].as_str()).collect();
            assert_eq!(found, kinds, "{path} {include}");
        }
    }
});

on_both!(a_deleted_workspace_takes_its_states_with_it, |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    lock(owner, &workspace).await;
    let mut body = state_body(1, None, &state_file(1));
    body["data"]["attributes"]["json-state"] = json!("e30=");
    let made = post(owner, &workspace, &body).await.expect_status(201);
    let pending = Pending::announce(owner, &workspace, 2, &state_file(2)).await;
    let url = made.attribute("hosted-state-download-url").as_str().expect("a URL").to_owned();
    let output = made.at("/data/relationships/outputs/data/0/id").as_str().expect("an output").to_owned();
    owner.delete(&format!("/workspaces/{workspace}")).await.expect_status(204);
    for path in [format!("/state-versions/{}", made.id()), format!("/state-version-outputs/{output}"), url] {
        owner.get(&path).await.expect_status(404);
    }
    server.anonymous.put(&pending.state_url, state_file(2)).await.expect_status(404);
    let garbage = async || {
        let count = "SELECT CAST(COUNT(*) AS BIGINT) FROM object_garbage";
        let (count,): (i64,) = server.app().db.one(sql(count)).await.expect("a database");
        count
    };
    assert_eq!(garbage().await, 1, "the JSON form waits for the sweep; the last state is kept");
    let items = owner.get("/organizations/acme/recoverable-items").await.expect_status(200);
    let item = items.at("/data/0/id").as_str().expect("an item").to_owned();
    owner.put(&format!("/recoverable-items/{item}/actions/permanently-delete"), "").await.expect_status(204);
    assert_eq!(garbage().await, 2, "then it waits for the sweep, too");
});

// A state that cannot be read must never look like "no state yet" (S3).
on_both!(a_lost_state_is_not_taken_for_no_state, |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    owner.state(&workspace, 1, &state_file(1)).await;
    let read = current(owner, &workspace).await.expect_status(200);
    let url = read.attribute("hosted-state-download-url").as_str().expect("a URL").to_owned();
    let find = "SELECT object_id FROM state_versions";
    let (object,): (String,) = server.app().db.one(sql(find)).await.expect("a database");
    let id = terrane_blob::ObjectId::parse(&object).expect("an id");
    server.app().blobs.delete(&id).await.expect("it can be deleted");
    server.anonymous.get(&url).await.expect_status(500);
    assert_eq!(current(owner, &workspace).await.expect_status(200).json(), read.json());
    assert_ne!(read.attribute("size"), Value::Null);
});
