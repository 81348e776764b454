//! `/configuration-versions/:id/actions/…`: what becomes of an archive after it was used.

use super::{make, no_agent};
use crate::support::creates;
use serde_json::{Value, json};
use terrane_testkit::{Actor, Answer, Run, on_both};

async fn dispose(actor: &Actor, id: &str, action: &str) -> Answer {
    actor.post(&format!("/configuration-versions/{id}/actions/{action}"), &json!({})).await
}

async fn status(actor: &Actor, id: &str) -> Value {
    actor.get(&format!("/configuration-versions/{id}")).await.expect_status(200).attribute("status")
}

on_both!(an_older_one_is_archived_and_the_current_one_is_not, |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    let first = owner.configuration(&workspace, creates(1)).await;
    let refused = dispose(owner, &first, "archive").await.expect_status(409);
    // Clients look for both (api-contract section 20 row 5).
    assert_eq!(refused.at("/errors/0/title"), "transition not allowed");
    assert_eq!(refused.error(), "configuration could not be archived because it is current");
    let second = owner.configuration(&workspace, creates(1)).await;
    let answer = dispose(owner, &first, "archive").await.expect_status(202);
    assert!(answer.bytes.is_empty());
    let read = owner.get(&format!("/configuration-versions/{first}")).await;
    assert_eq!(read.attribute("status"), "archived");
    assert!(read.attribute("status-timestamps")["archived-at"].is_string());
    owner.get(&format!("/configuration-versions/{first}/download")).await.expect_status(404);
    owner.get(&format!("/configuration-versions/{second}/download")).await.expect_status(302);
    let refused = owner.post_run(&workspace, &first, &json!({})).await.expect_status(422);
    assert!(refused.error().contains("archived"), "{}", refused.error());
    dispose(owner, &first, "archive").await.expect_status(409);
    dispose(&server.stranger, &second, "archive").await.expect_status(404);
    let (pending, _) = owner.configuration_version(&workspace, true).await;
    assert!(dispose(owner, &pending, "archive").await.expect_status(409).error().contains("it is pending"));
});

on_both!(what_a_run_needs_is_not_archived, |server| {
    let owner = &server.owner;
    let (workspace, other) = (owner.workspace("net").await, owner.workspace("other").await);
    let first = owner.configuration(&workspace, creates(1)).await;
    let run = owner.run_of(&workspace, &first, &json!({})).await;
    let speculative = owner.run_of(&other, &first, &json!({ "plan-only": true })).await;
    owner.planned(&run).await;
    owner.planned(&speculative).await;
    let second = owner.configuration(&workspace, creates(1)).await;
    let refused = dispose(owner, &first, "archive").await.expect_status(409);
    assert!(refused.error().contains(&run.id), "{}", refused.error());
    dispose(owner, &first, "soft_delete_backing_data").await.expect_status(400);
    owner.post(&format!("/runs/{}/actions/discard", run.id), &json!({})).await.expect_status(202);
    dispose(owner, &first, "archive").await.expect_status(202);
    assert_eq!(status(owner, &second).await, "uploaded");
    // The run still says what it was made of.
    let read = owner.get(&format!("/runs/{}/configuration-version", run.id)).await.expect_status(200);
    assert_eq!((read.id(), read.attribute("status")), (first, json!("archived")));
    owner.get(&format!("/runs/{}/configuration-version/download", run.id)).await.expect_status(404);
});

on_both!(another_workspace_s_run_needs_it_too, no_agent(), |server| {
    let owner = &server.owner;
    let (workspace, other) = (owner.workspace("net").await, owner.workspace("other").await);
    let first = owner.configuration(&workspace, creates(1)).await;
    owner.configuration(&workspace, creates(1)).await;
    let run: Run = owner.run_of(&other, &first, &json!({})).await;
    let refused = dispose(owner, &first, "archive").await.expect_status(409);
    assert!(refused.error().contains(&run.id), "{}", refused.error());
});

on_both!(backing_data_goes_softly_and_then_for_good, |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    let archive = creates(2);
    let first = owner.configuration(&workspace, archive.clone()).await;
    dispose(owner, &first, "soft_delete_backing_data").await.expect_status(400);
    owner.configuration(&workspace, creates(1)).await;
    let download = format!("/configuration-versions/{first}/download");
    dispose(owner, &first, "restore_backing_data").await.expect_status(400);
    dispose(owner, &first, "permanently_delete_backing_data").await.expect_status(400);
    dispose(owner, &first, "soft_delete_backing_data").await.expect_status(200);
    assert_eq!(status(owner, &first).await, "backing_data_soft_deleted");
    owner.get(&download).await.expect_status(404);
    owner.post_run(&workspace, &first, &json!({})).await.expect_status(422);
    dispose(owner, &first, "archive").await.expect_status(409);
    dispose(owner, &first, "restore_backing_data").await.expect_status(200);
    let url = owner.get(&download).await.expect_status(302).header("location").to_owned();
    assert_eq!(server.anonymous.get(&url).await.expect_status(200).bytes, archive);
    dispose(owner, &first, "soft_delete_backing_data").await.expect_status(200);
    dispose(owner, &first, "permanently_delete_backing_data").await.expect_status(200);
    assert_eq!(status(owner, &first).await, "backing_data_permanently_deleted");
    let refused = dispose(owner, &first, "restore_backing_data").await.expect_status(400);
    assert_eq!(refused.at("/errors/0/title"), "transition not allowed");
    server.anonymous.get(&url).await.expect_status(404);
    owner.get(&download).await.expect_status(404);
});

on_both!(archiving_meets_a_run_that_is_made_elsewhere, no_agent(), |server| {
    let owner = &server.owner;
    let (workspace, other) = (owner.workspace("net").await, owner.workspace("other").await);
    for _ in 0..6 {
        let configuration = owner.configuration(&workspace, creates(1)).await;
        owner.configuration(&workspace, creates(1)).await;
        let wish = json!({ "plan-only": true });
        let (archived, made) = tokio::join!(
            dispose(owner, &configuration, "archive"),
            owner.post_run(&other, &configuration, &wish)
        );
        let both = (archived.status, made.status);
        assert!(both == (202, 422) || both == (409, 201), "{both:?} {} {}", archived.text(), made.text());
    }
});

on_both!(the_newest_that_is_neither_speculative_nor_provisional_is_current, no_agent(), |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    let current = async || {
        let read = owner.get(&format!("/workspaces/{workspace}")).await;
        read.at("/data/relationships/current-configuration-version/data/id")
    };
    let uploaded = owner.configuration(&workspace, creates(1)).await;
    assert_eq!(current().await, uploaded.as_str());
    for wish in [json!({ "speculative": true }), json!({ "provisional": true })] {
        make(owner, &workspace, &wish).await.expect_status(201);
        assert_eq!(current().await, uploaded.as_str());
    }
    let waiting = make(owner, &workspace, &json!({ "auto-queue-runs": false })).await.expect_status(201).id();
    assert_eq!(current().await, waiting.as_str());
    // A run that names none does not wait for an archive that may never come.
    let related = json!({ "workspace": { "data": { "type": "workspaces", "id": workspace } } });
    let wish =
        json!({ "data": { "type": "runs", "attributes": { "plan-only": true }, "relationships": related } });
    let run = owner.post("/runs", &wish).await.expect_status(201);
    assert_eq!(run.at("/data/relationships/configuration-version/data/id"), uploaded.as_str());
});
