//! Outputs: lists, single ones, and who sees the sensitive ones (api-contract section 20 rows 2 and 21).

use super::{lock, write};
use crate::support::assert_body;
use serde_json::{Value, json};
use terrane_testkit::{Database, TestServer, on_both, state_file};

fn named<'a>(list: &'a [Value], name: &str) -> &'a Value {
    list.iter().find(|item| item["attributes"]["name"] == name).expect("an output of this name")
}

on_both!(sensitive_ones_are_null_in_the_current_list_and_shown_by_id, |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    let id = owner.state(&workspace, 1, &state_file(1)).await;
    let listed = owner.get(&format!("/workspaces/{workspace}/current-state-version-outputs")).await;
    assert_body!("current_state_version_outputs", listed);
    assert!(!listed.text().contains("canary"), "{}", listed.text());
    let list = listed.at("/data").as_array().cloned().expect("a list");
    let password = named(&list, "password");
    assert_eq!(password["attributes"]["value"], Value::Null);
    assert_eq!(password["attributes"]["detailed-type"], "string");
    let one = format!("/state-version-outputs/{}", password["id"].as_str().expect("an id"));
    let shown = owner.get(&one).await.expect_status(200);
    assert_eq!(shown.attribute("value"), "canary-of-an-output");

    // Whoever may read the state has the values anyway.
    let all = owner.get(&format!("/state-versions/{id}/outputs")).await.expect_status(200);
    let all = all.at("/data").as_array().cloned().expect("a list");
    assert_eq!(named(&all, "password"), &shown.at("/data"));
    let included = owner.get(&format!("/state-versions/{id}?include=outputs")).await.at("/included");
    assert_eq!(included.as_array(), Some(&all));
    let page = owner.get(&format!("/state-versions/{id}/outputs?page[size]=2&page[number]=2")).await;
    assert_eq!(page.at("/data/0"), all[2]);
    assert_eq!(page.at("/meta/pagination/total-count"), 3);
    for path in [&one, &format!("/state-versions/{id}/outputs")] {
        server.stranger.get(path).await.expect_status(404);
    }
});

on_both!(a_workspace_includes_its_outputs, |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    let path = "/organizations/acme/workspaces/net?include=outputs";
    assert_eq!(owner.get(path).await.at("/included"), Value::Null);
    let id = owner.state(&workspace, 1, &state_file(1)).await;
    let read = owner.get(path).await.expect_status(200);
    let included = read.at("/included").as_array().cloned().expect("outputs are included");
    assert!(included.iter().all(|item| item["type"] == "workspace-outputs"));
    assert_eq!(named(&included, "names")["attributes"]["value"], json!(["a", "b"]));
    assert_eq!(named(&included, "password")["attributes"]["value"], Value::Null);
    let outputs = owner.get(&format!("/state-versions/{id}/outputs")).await;
    let ids = |list: &Value| {
        let items = list.as_array().cloned().unwrap_or_default();
        items.iter().map(|item| item["id"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&read.at("/included")), ids(&outputs.at("/data")));
    assert_eq!(ids(&read.at("/data/relationships/outputs/data")), ids(&outputs.at("/data")));
    let listed = owner.get("/organizations/acme/workspaces?include=outputs,current_state_version").await;
    assert_eq!(listed.at("/included").as_array().map(Vec::len), Some(4));
    assert_eq!(ids(&listed.at("/data/0/relationships/outputs/data")), ids(&outputs.at("/data")));
});

on_both!(without_a_state_there_are_none, |server| {
    let workspace = server.owner.workspace("net").await;
    let path = format!("/workspaces/{workspace}/current-state-version-outputs");
    server.owner.get(&path).await.expect_status(404);
    server.owner.state(&workspace, 1, br#"{"version":4,"serial":1}"#).await;
    assert_eq!(server.owner.get(&path).await.expect_status(200).json(), json!({ "data": [] }));
});

/// Neither the state nor a value of an output stands readable in the database or in a stored object.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_value_is_readable_on_disk() {
    let server = TestServer::start(Database::Sqlite).await;
    let workspace = server.owner.workspace("net").await;
    lock(&server.owner, &workspace).await;
    for serial in 1..4 {
        write(&server.owner, &workspace, serial, &state_file(serial)).await.expect_status(201);
    }
    let mut searched = 0;
    let mut folders = vec![server.folder()];
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir_utf8().expect("a folder") {
            let entry = entry.expect("an entry");
            if entry.file_type().expect("a type").is_dir() {
                folders.push(entry.into_path());
                continue;
            }
            let bytes = std::fs::read(entry.path()).expect("a file");
            for canary in [b"canary-of-an-output".as_slice(), b"canary-of-a-resource"] {
                let is_there = bytes.windows(canary.len()).any(|window| window == canary);
                assert!(!is_there, "{}", entry.path());
            }
            // That it is searched where the rows are.
            searched += usize::from(bytes.windows(8).any(|window| window == b"password"));
        }
    }
    assert!(searched > 0);
    server.end().await;
}
