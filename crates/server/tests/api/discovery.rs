//! What a client asks before it has a token.

use serde_json::json;
use terrane_testkit::on_both;

on_both!(services_are_discovered, |server| {
    let answer = server.anonymous.get("//.well-known/terraform.json").await.expect_status(200);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(
        answer.json(),
        json!({ "tfe.v2": "/api/v2/", "tfe.v2.1": "/api/v2/", "tfe.v2.2": "/api/v2/", "state.v2": "/api/v2/",
            "login.v1": { "client": "terraform-cli", "grant_types": ["authz_code"], "authz": "/oauth/authorize",
                "token": "/oauth/token", "ports": [10_000, 10_010] } })
    );
});

on_both!(ping_tells_the_level_of_the_api, |server| {
    let answer = server.anonymous.get("/ping").await.expect_status(204);
    assert_eq!(answer.header("tfp-api-version"), "2.6");
    let month = answer.header("x-tfe-version").strip_prefix('v').expect("the monthly form").to_owned();
    assert!(month.replace('-', "").parse::<u64>().is_ok(), "clients parse {month} as numbers");
    assert!(answer.header("server").starts_with("terrane/"));
});

on_both!(every_answer_of_the_api_tells_its_level, |server| {
    for path in ["/runs/run-nothing", "/no-such-thing", "/account/details"] {
        assert_eq!(server.anonymous.get(path).await.header("tfp-api-version"), "2.6", "{path}");
        assert_eq!(server.owner.get(path).await.header("cache-control"), "private, no-store", "{path}");
    }
});

on_both!(health_and_readiness_need_no_token, |server| {
    assert_eq!(server.anonymous.get("//healthz").await.expect_status(200).text(), "ok\n");
    server.anonymous.get("//readyz").await.expect_status(200);
});

on_both!(metrics_are_for_site_administrators, |server| {
    server.anonymous.get("//metrics").await.expect_status(401);
    server.stranger.get("//metrics").await.expect_status(404);
    server.owner.get("//metrics").await.expect_status(404);
    let metrics = server.admin.get("//metrics").await.expect_status(200);
    assert!(metrics.header("content-type").starts_with("text/plain"));
});

on_both!(what_does_not_exist_is_a_json_api_404, |server| {
    for path in ["/nothing", "//nothing", "//apps", "/plans", "/api/v2/runs"] {
        let answer = server.owner.get(path).await.expect_status(404);
        assert_eq!(answer.json(), json!({ "errors": [{ "status": "404", "title": "not found" }] }), "{path}");
        assert_eq!(answer.header("content-type"), "application/vnd.api+json", "{path}");
    }
    let wrong_verb = server.owner.delete("/account/details").await;
    wrong_verb.expect_status(404);
});

on_both!(the_api_is_described, |server| {
    let answer = server.anonymous.get("/openapi.json").await.expect_status(200);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(&answer.json(), terrane_testkit::OpenApi::ours().document());
    assert_eq!(answer.at("/paths/~1api~1v2~1runs/post/operationId"), "createRun");
    assert_eq!(answer.at("/paths/~1agent~1v1~1claim"), serde_json::Value::Null);
});
