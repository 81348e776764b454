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

on_both!(each_setting_goes_round, |server| {
    let owner = &server.owner;
    let wish = json!({ "email": "ops@example.com", "session-timeout": 60, "session-remember": 20160,
        "collaborator-auth-policy": "two_factor_mandatory", "cost-estimation-enabled": true,
        "speculative-plan-management-enabled": false, "aggregated-commit-status-enabled": false,
        "send-passing-statuses-for-untriggered-speculative-plans": true, "assessments-enforced": true,
        "allow-force-delete-workspaces": true, "default-execution-mode": "local" });
    let mut named = wish.clone();
    named["name"] = json!("northwind");
    let made = owner.post("/organizations", &body("organizations", &named)).await.expect_status(201);
    let changed = owner.patch("/organizations/acme", &body("organizations", &wish)).await.expect_status(200);
    let listed = owner.get("/organizations").await;
    for (name, value) in wish.as_object().unwrap() {
        assert_eq!(made.attribute(name), *value, "{name}");
        assert_eq!(changed.attribute(name), *value, "{name}");
        assert_eq!(owner.get("/organizations/northwind").await.attribute(name), *value, "{name}");
        assert_eq!(listed.at("/data/0/attributes")[name], *value, "{name}");
    }
    let nothing = owner.patch("/organizations/acme", &json!({})).await.expect_status(200);
    assert_eq!(nothing.json(), changed.json());
    let cleared = json!({ "session-timeout": null, "session-remember": null });
    let cleared =
        owner.patch("/organizations/acme", &body("organizations", &cleared)).await.expect_status(200);
    assert_eq!(cleared.attribute("session-timeout"), serde_json::Value::Null);
    for (name, value) in [
        ("session-timeout", json!(0)),
        ("session-remember", json!(-5)),
        ("default-execution-mode", json!("agent-ish")),
        ("collaborator-auth-policy", json!("none")),
        ("email", json!("x".repeat(400))),
    ] {
        let refused =
            owner.patch("/organizations/acme", &body("organizations", &json!({ name: value }))).await;
        let place = format!("/data/attributes/{name}");
        assert_eq!(refused.expect_status(422).at("/errors/0/source/pointer"), place.as_str());
    }
});

on_both!(a_list_is_searched_by_name_and_address, |server| {
    let owner = &server.owner;
    for (name, email) in
        [("net-one", Some("ops@example.com")), ("net_two", None), ("lab", Some("net@example.com"))]
    {
        owner
            .post("/organizations", &body("organizations", &json!({ "name": name, "email": email })))
            .await
            .expect_status(201);
    }
    server.stranger.organization("net-theirs").await;
    let names = async |query: &str| {
        let list = owner.get(&format!("/organizations?{query}")).await.expect_status(200).at("/data");
        list.as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names("q=NET").await, ["lab", "net-one", "net_two"]);
    assert_eq!(names("q[name]=net").await, ["net-one", "net_two"]);
    assert_eq!(names("q%5Bemail%5D=net").await, ["lab"]);
    assert_eq!(names("q[email]=example").await, ["lab", "net-one"]);
    assert_eq!(names("q=net_").await, ["net_two"]);
    assert_eq!(names("q=nothing").await, Vec::<String>::new());
    let page = owner.get("/organizations?q=net&page[size]=2").await;
    assert_eq!(page.at("/meta/pagination/total-count"), 3);
});

on_both!(of_many_changes_at_once_none_is_lost, |server| {
    let changes = [
        json!({ "email": "a@example.com" }),
        json!({ "session-timeout": 7 }),
        json!({ "assessments-enforced": true }),
        json!({ "default-execution-mode": "local" }),
    ];
    let bodies = changes.each_ref().map(|change| body("organizations", change));
    let asked = bodies.iter().map(|wish| server.owner.patch("/organizations/acme", wish));
    let answers = futures_util::future::join_all(asked).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    let read = server.owner.get("/organizations/acme").await;
    for change in changes {
        let (name, value) = change.as_object().unwrap().iter().next().unwrap();
        assert_eq!(read.attribute(name), *value, "{name}");
    }
});
