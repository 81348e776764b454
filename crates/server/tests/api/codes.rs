//! Every status code of api-contract 2.5 where the contract says: those of a working server here, 429 and 504 in
//! `limits`.

use crate::support::creates;
use axum::http::Method;
use serde_json::{Value, json};
use terrane_testkit::{Answer, body, on_both, state_body, state_file};

/// A refusal speaks JSON:API, with its own status as text.
#[track_caller]
fn refusal(answer: Answer, status: u16) -> Answer {
    let answer = answer.expect_status(status);
    assert_eq!(answer.header("content-type"), "application/vnd.api+json", "{}", answer.text());
    assert_eq!(answer.at("/errors/0/status"), status.to_string(), "{}", answer.text());
    assert!(
        answer.at("/errors/0/title").as_str().is_some_and(|title| !title.is_empty()),
        "{}",
        answer.text()
    );
    answer
}

on_both!(each_code_that_succeeds_or_leads_on, |server| {
    let owner = &server.owner;
    let made =
        owner.post("/organizations/acme/workspaces", &body("workspaces", &json!({ "name": "net" }))).await;
    let workspace = made.expect_status(201).id();
    let read = owner.get(&format!("/workspaces/{workspace}")).await.expect_status(200);
    assert_eq!(read.header("content-type"), "application/vnd.api+json");
    owner
        .patch(&format!("/workspaces/{workspace}"), &body("workspaces", &json!({})))
        .await
        .expect_status(200);
    assert!(server.anonymous.get("/ping").await.expect_status(204).bytes.is_empty());

    let configuration = owner.configuration(&workspace, creates(1)).await;
    let run = owner.run_of(&workspace, &configuration, &json!({})).await;
    owner.wait_for(&run, &["planned"]).await;
    for (path, status) in [
        (format!("/configuration-versions/{configuration}/download"), 302),
        (format!("/plans/{}/json-output", run.plan), 307),
    ] {
        let redirect = owner.get(&path).await.expect_status(status);
        let location = redirect.header("location");
        assert!(location.starts_with(&server.app().public_url), "{location}");
        server.anonymous.get(location).await.expect_status(200);
    }
    let discarded = owner.post(&format!("/runs/{}/actions/discard", run.id), &json!({})).await;
    assert!(discarded.expect_status(202).bytes.is_empty());
    assert!(owner.delete(&format!("/workspaces/{workspace}")).await.expect_status(204).bytes.is_empty());
});

on_both!(each_code_that_refuses, |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    let run = owner.run(&workspace, creates(1), &json!({})).await;
    owner.wait_for(&run, &["planned"]).await;
    let path = format!("/workspaces/{workspace}");
    let send = async |text: &'static str| {
        let request = owner.request(Method::POST, "/organizations/acme/workspaces").body(text);
        owner.send(request).await
    };

    refusal(send("{\"data\": ").await, 400);
    refusal(server.anonymous.get(&path).await, 401);
    refusal(server.anonymous.with_token("trn_nonsense").get(&path).await, 401);
    let force = format!("/runs/{}/actions/force-execute", run.id);
    refusal(owner.post(&force, &json!({})).await, 403);
    let hidden = refusal(server.stranger.get(&path).await, 404);
    assert_eq!(hidden.text(), refusal(owner.get("/workspaces/ws-none").await, 404).text());
    refusal(owner.get("/nothing/here").await, 404);
    let lock = format!("{path}/actions/lock");
    refusal(owner.post(&lock, &json!({})).await, 409);

    let free = owner.workspace("free").await;
    owner.post(&format!("/workspaces/{free}/actions/lock"), &json!({})).await.expect_status(200);
    let mut state = state_body(1, None, &state_file(1));
    state["data"]["attributes"]["md5"] = Value::from("0".repeat(32));
    refusal(owner.post(&format!("/workspaces/{free}/state-versions"), &state).await, 412);
    let nameless =
        owner.post("/organizations/acme/workspaces", &body("workspaces", &json!({ "name": "a b" }))).await;
    assert_eq!(refusal(nameless, 422).at("/errors/0/source/pointer"), "/data/attributes/name");
});

on_both!(each_code_of_a_server_that_cannot, |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    let configuration = owner.configuration(&workspace, creates(1)).await;
    let ready = format!("{}/readyz", server.app().public_url);
    server.anonymous.get(&ready).await.expect_status(200);
    let download = owner.get(&format!("/configuration-versions/{configuration}/download")).await;
    let location = download.expect_status(302).header("location").to_owned();
    // The disk with the objects is gone, and nothing can be put in its place.
    let blobs = server.folder().join("data/blobs");
    std::fs::remove_dir_all(&blobs).unwrap();
    std::fs::write(&blobs, "").unwrap();
    let broken = refusal(server.anonymous.get(&location).await, 500);
    assert!(broken.error().contains("its log says why"), "{}", broken.text());
    assert!(!broken.text().contains("blobs"), "{}", broken.text());
    server.anonymous.get(&ready).await.expect_status(503);
    // What needs no object goes on.
    owner.get(&format!("/workspaces/{workspace}")).await.expect_status(200);
});
