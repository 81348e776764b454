//! `/organizations`.

use crate::support::assert_body;
use serde_json::json;
use terrane_testkit::{body, on_both};

on_both!(a_new_organization_is_complete, |server| {
    let wish = body("organizations", &json!({ "name": "northwind", "email": "ops@example.com" }));
    let made = server.owner.post("/organizations", &wish).await.expect_status(201);
    assert_body!("organization", made);
    let read = server.owner.get("/organizations/northwind").await.expect_status(200);
    assert_eq!(read.json(), made.json());
});

on_both!(entitlements_let_the_cli_run_remotely, |server| {
    let answer = server.owner.get("/organizations/acme/entitlement-set").await.expect_status(200);
    assert_body!("entitlements", answer);
    assert_eq!(answer.attribute("operations"), true);
    server.stranger.get("/organizations/acme/entitlement-set").await.expect_status(404);
});

on_both!(a_list_holds_what_the_caller_may_see, |server| {
    server.stranger.organization("elsewhere").await;
    let names = |answer: terrane_testkit::Answer| {
        let data = answer.expect_status(200).at("/data");
        data.as_array()
            .unwrap()
            .iter()
            .map(|item| item["id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(server.owner.get("/organizations").await), ["acme"]);
    assert_eq!(names(server.stranger.get("/organizations").await), ["elsewhere"]);
    assert_eq!(names(server.admin.get("/organizations").await), ["acme", "elsewhere"]);
    server.anonymous.get("/organizations").await.expect_status(401);
    let page = server.admin.get("/organizations?page%5Bsize%5D=1&page%5Bnumber%5D=2").await;
    assert_eq!(page.at("/meta/pagination/total-count"), 2);
    assert_eq!(names(page), ["elsewhere"]);
});

on_both!(names_are_checked_and_unique, |server| {
    for name in ["ab", "", "has space", "dot.dot", "a/b", "ünicode", &"x".repeat(41)] {
        let refused =
            server.owner.post("/organizations", &body("organizations", &json!({ "name": name }))).await;
        let refused = refused.expect_status(422);
        assert_eq!(refused.at("/errors/0/source/pointer"), "/data/attributes/name", "{name:?}");
        assert_eq!(refused.at("/errors/0/status"), "422");
    }
    let taken =
        server.stranger.post("/organizations", &body("organizations", &json!({ "name": "acme" }))).await;
    assert_eq!(taken.expect_status(422).error(), "Name has already been taken");
    let taken =
        server.stranger.post("/organizations", &body("organizations", &json!({ "name": "ACME" }))).await;
    taken.expect_status(422);
});

on_both!(only_owners_change_and_delete, |server| {
    let wish = body(
        "organizations",
        &json!({ "name": "acme-2", "email": "new@example.com", "stacks-enabled": true }),
    );
    for actor in [&server.stranger, &server.anonymous] {
        let status = if actor.token().is_empty() { 401 } else { 404 };
        actor.patch("/organizations/acme", &wish).await.expect_status(status);
        actor.delete("/organizations/acme").await.expect_status(status);
    }
    let changed = server.owner.patch("/organizations/acme", &wish).await.expect_status(200);
    assert_eq!((changed.id(), changed.attribute("email")), ("acme-2".to_owned(), json!("new@example.com")));
    server.owner.get("/organizations/acme").await.expect_status(404);
    server.owner.delete("/organizations/acme-2").await.expect_status(204);
    server.owner.get("/organizations/acme-2").await.expect_status(404);
});

on_both!(deleting_takes_everything_along_at_once, |server| {
    let workspace = server.owner.workspace("busy").await;
    let run = server.owner.run(&workspace, crate::support::hangs(), &json!({})).await;
    server.owner.wait_for(&run, &["planning"]).await;
    server.owner.delete("/organizations/acme").await.expect_status(204);
    for path in
        [format!("/workspaces/{workspace}"), format!("/runs/{}", run.id), format!("/plans/{}", run.plan)]
    {
        server.owner.get(&path).await.expect_status(404);
        server.admin.get(&path).await.expect_status(404);
    }
    server.owner.organization("acme").await;
});
