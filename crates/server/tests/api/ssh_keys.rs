//! `/organizations/:org/ssh-keys`, `/ssh-keys/:id`. What a run does with one is in `engines/modules.rs`.

use serde_json::{Value, json};
use terrane_testkit::{Actor, Answer, Engines, Setup, body, on_both};

const LIST: &str = "/organizations/acme/ssh-keys";
const SECRET: &str = "canary-of-a-private-key";

fn no_agent() -> Setup {
    Setup { engines: Engines::Fake, configure: |config| config.agent_slots = 0 }
}

async fn make(owner: &Actor, attributes: &Value) -> Answer {
    owner.post(LIST, &body("ssh-keys", attributes)).await
}

on_both!(a_key_is_made_changed_and_deleted, no_agent(), |server| {
    let owner = &server.owner;
    let made = make(owner, &json!({ "name": "deploy", "value": SECRET })).await.expect_status(201);
    let path = format!("/ssh-keys/{}", made.id());
    assert_eq!(made.at("/data/attributes"), json!({ "name": "deploy" }));
    let changed = owner.patch(&path, &body("ssh-keys", &json!({ "name": "ci" }))).await.expect_status(200);
    assert_eq!((changed.id(), changed.attribute("name")), (made.id(), json!("ci")));
    owner.patch(&path, &body("ssh-keys", &json!({ "value": "another" }))).await.expect_status(200);
    // Names need not be unique.
    make(owner, &json!({ "name": "ci", "value": SECRET })).await.expect_status(201);
    let page = owner.get(&format!("{LIST}?page[size]=1")).await.expect_status(200);
    assert_eq!(page.at("/meta/pagination/total-count"), 2);
    assert_eq!(page.at("/data/0/id"), made.id().as_str(), "as made");
    for actor in [&server.stranger, &server.anonymous] {
        let status = if actor.token().is_empty() { 401 } else { 404 };
        actor.get(&path).await.expect_status(status);
        actor.get(LIST).await.expect_status(status);
        actor.delete(&path).await.expect_status(status);
    }
    owner.delete(&path).await.expect_status(204);
    owner.get(&path).await.expect_status(404);
});

on_both!(what_is_no_key_is_refused, no_agent(), |server| {
    let owner = &server.owner;
    for (attributes, place) in [
        (json!({ "value": SECRET }), "name"),
        (json!({ "name": "", "value": SECRET }), "name"),
        (json!({ "name": "x".repeat(256), "value": SECRET }), "name"),
        (json!({ "name": "a" }), "value"),
        (json!({ "name": "a", "value": "" }), "value"),
        (json!({ "name": "a", "value": 7 }), "value"),
        (json!({ "name": "a", "value": "x".repeat(70_000) }), "value"),
    ] {
        let refused = make(owner, &attributes).await.expect_status(422);
        assert_eq!(refused.at("/errors/0/source/pointer"), format!("/data/attributes/{place}").as_str());
        assert!(!refused.text().contains(SECRET));
    }
    assert_eq!(owner.get(LIST).await.at("/data"), json!([]));
});

on_both!(a_private_key_is_nowhere_to_be_read, no_agent(), |server| {
    let owner = &server.owner;
    let made = make(owner, &json!({ "name": "deploy", "value": SECRET })).await.expect_status(201);
    let read = owner.get(&format!("/ssh-keys/{}", made.id())).await;
    for answer in [&made, &read, &owner.get(LIST).await] {
        assert!(!answer.text().contains(SECRET), "{}", answer.text());
    }
    let files = std::fs::read_dir(server.folder().join("data")).unwrap();
    for file in files.filter_map(Result::ok).filter(|file| file.path().is_file()) {
        let bytes = std::fs::read(file.path()).unwrap();
        let found = bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes());
        assert!(!found, "{}", file.path().display());
    }
});
