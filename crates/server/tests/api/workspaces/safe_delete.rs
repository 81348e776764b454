//! `POST …/actions/safe-delete`: the words that clients look for (api-contract 2.4).

use super::{LIST, no_agent};
use crate::support::{base64, md5};
use serde_json::json;
use terrane_testkit::{on_both, state_file};

on_both!(an_empty_workspace_is_deleted_by_either_path, no_agent(), |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("a").await;
    server
        .stranger
        .post(&format!("/workspaces/{workspace}/actions/safe-delete"), &json!({}))
        .await
        .expect_status(404);
    owner.post(&format!("/workspaces/{workspace}/actions/safe-delete"), &json!({})).await.expect_status(204);
    owner.get(&format!("/workspaces/{workspace}")).await.expect_status(404);
    owner.workspace("b").await;
    owner.post(&format!("{LIST}/b/actions/safe-delete"), &json!({})).await.expect_status(204);
    owner.post(&format!("{LIST}/b/actions/safe-delete"), &json!({})).await.expect_status(404);
});

on_both!(what_would_be_lost_is_told, no_agent(), |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    let path = |action: &str| format!("/workspaces/{workspace}/{action}");
    let refused = async || {
        let by_id = owner.post(&path("actions/safe-delete"), &json!({})).await.expect_status(409).error();
        let by_name =
            owner.post(&format!("{LIST}/net/actions/safe-delete"), &json!({})).await.expect_status(409);
        assert_eq!(by_name.error(), by_id);
        by_id
    };
    owner.post(&path("actions/lock"), &json!({})).await.expect_status(200);
    let text = refused().await;
    assert!(text.contains("locked") && !text.contains("being processed"), "{text}");

    // A state that was announced and has not come.
    let state = state_file(1);
    let pending =
        json!({ "data": { "type": "state-versions", "attributes": { "serial": 1, "md5": md5(&state) } } });
    let made = owner.post(&path("state-versions"), &pending).await.expect_status(201);
    server
        .sql("UPDATE workspaces SET lock_kind = NULL, lock_holder_id = NULL WHERE id = $1", &[&workspace])
        .await;
    let text = refused().await;
    assert!(text.contains("being processed") && !text.contains("locked"), "{text}");

    let url = made.attribute("hosted-state-upload-url").as_str().unwrap().to_owned();
    owner.put(&url, state.clone()).await.expect_status(200);
    let text = refused().await;
    assert!(text.contains("not safe to delete") && text.contains("3 resources"), "{text}");
    assert!(!text.contains("locked") && !text.contains("being processed"), "{text}");

    let empty = br#"{"version":4,"serial":2,"lineage":"a","outputs":{},"resources":[]}"#;
    owner.post(&path("actions/lock"), &json!({})).await.expect_status(200);
    let wish = json!({ "data": { "type": "state-versions",
        "attributes": { "serial": 2, "md5": md5(empty), "state": base64(empty) } } });
    owner.post(&path("state-versions"), &wish).await.expect_status(201);
    owner.post(&path("actions/unlock"), &json!({})).await.expect_status(200);
    owner.post(&path("actions/safe-delete"), &json!({})).await.expect_status(204);
});
