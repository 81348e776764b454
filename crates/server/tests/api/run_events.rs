//! `/runs/:id/run-events`, `/run-events/:id`.

use crate::support::{assert_body, creates};
use serde_json::json;
use terrane_testkit::on_both;

on_both!(each_step_of_a_run_is_an_event, |server| {
    let workspace = server.owner.workspace("net").await;
    let run = server.owner.run(&workspace, creates(1), &json!({})).await;
    let path = format!("/runs/{}/run-events", run.id);
    server.owner.get(&path).await.expect_status(200);
    server.owner.planned(&run).await;
    server.owner.post(&format!("/runs/{}/actions/discard", run.id), &json!({})).await.expect_status(202);
    let listed = server.owner.get(&format!("{path}?include=actor,comment")).await.expect_status(200);
    assert_body!("run_events", listed);
    let data = listed.at("/data").as_array().unwrap().clone();
    let actions: Vec<&str> =
        data.iter().map(|event| event["attributes"]["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["created", "queued", "planning", "planned", "discarded"]);
    let last = data.last().unwrap();
    let one =
        server.owner.get(&format!("/run-events/{}", last["id"].as_str().unwrap())).await.expect_status(200);
    assert_eq!(&one.at("/data"), last);
    let read = server.owner.get(&format!("/runs/{}", run.id)).await;
    assert_eq!(read.at("/data/relationships/run-events/data").as_array().unwrap().len(), data.len());
});

on_both!(who_did_it_and_what_was_said_are_included, |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    let run = owner.run(&workspace, creates(1), &json!({})).await;
    owner.planned(&run).await;
    let said = json!({ "comment": "no" });
    owner.post(&format!("/runs/{}/actions/discard", run.id), &said).await.expect_status(202);
    let path = format!("/runs/{}/run-events", run.id);
    let listed = owner.get(&format!("{path}?include=actor,comment")).await.expect_status(200);
    let included = listed.at("/included").as_array().unwrap().clone();
    let kinds: Vec<&str> = included.iter().map(|one| one["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["users", "comments"], "each once");
    assert_eq!(
        (&included[0]["attributes"]["username"], &included[1]["attributes"]["body"]),
        (&json!("ada"), &json!("no"))
    );
    let events = listed.at("/data").as_array().unwrap().clone();
    let of =
        |action: &str| events.iter().find(|event| event["attributes"]["action"] == action).unwrap().clone();
    for (action, has_actor) in
        [("created", true), ("queued", false), ("planning", false), ("discarded", true)]
    {
        assert_eq!(of(action)["relationships"]["actor"]["data"].is_object(), has_actor, "{action}");
    }
    let commented = of("commented")["id"].as_str().unwrap().to_owned();
    let one = owner.get(&format!("/run-events/{commented}?include=comment")).await.expect_status(200);
    assert_eq!(one.at("/included/0"), included[1]);
    let other = of("created")["id"].as_str().unwrap().to_owned();
    let none = owner.get(&format!("/run-events/{other}?include=comment")).await.expect_status(200);
    assert!(none.at("/included").is_null(), "{}", none.text());
});

on_both!(comments_have_pages_when_asked_for, |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    let run = owner.run(&workspace, creates(1), &json!({})).await;
    owner.planned(&run).await;
    let path = format!("/runs/{}/comments", run.id);
    for number in 0..25 {
        let wish = terrane_testkit::body("comments", &json!({ "body": format!("c{number}") }));
        owner.post(&path, &wish).await.expect_status(201);
    }
    let all = owner.get(&path).await.expect_status(200);
    assert_eq!(all.at("/data").as_array().map(Vec::len), Some(25));
    let page = owner.get(&format!("{path}?page[number]=3&page[size]=10")).await.expect_status(200);
    assert_eq!(page.at("/meta/pagination/total-count"), 25);
    assert_eq!(
        (page.at("/data/0/attributes/body"), page.at("/data/5")),
        (json!("c20"), serde_json::Value::Null)
    );
    for wrong in
        [json!({}), json!({ "body": "" }), json!({ "body": 7 }), json!({ "body": "x".repeat(10_001) })]
    {
        let refused = owner.post(&path, &terrane_testkit::body("comments", &wrong)).await.expect_status(422);
        assert_eq!(refused.at("/errors/0/source/pointer"), "/data/attributes/body");
    }
});

on_both!(a_history_that_is_not_legal_is_found, |server| {
    let workspace = server.owner.workspace("net").await;
    let run = server.owner.run(&workspace, creates(1), &json!({ "plan-only": true })).await;
    server.owner.planned(&run).await;
    assert_eq!(server.check_histories().await, Ok(()));
    let change = "UPDATE run_events SET action = $1 WHERE run_id = $2 AND action = $3";
    server.sql(change, &["applying", &run.id, "planning"]).await;
    let found = server.check_histories().await.unwrap_err();
    assert!(found.contains(&run.id) && found.contains("PlanQueued does not become Applying"), "{found}");
    server.sql(change, &["planning", &run.id, "applying"]).await;
});
