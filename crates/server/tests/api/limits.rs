//! Limits on requests: how many (api-contract 2.7), and how long one may take.

use axum::http::Method;
use serde_json::json;
use std::time::Duration;
use terrane_server::platform::db::{Exec, sql};
use terrane_testkit::{Actor, Answer, Engines, Setup, TestServer, on_both};

fn setup(configure: fn(&mut terrane_server::config::Config)) -> Setup {
    Setup { engines: Engines::None, configure }
}

fn few() -> Setup {
    setup(|config| {
        config.agent_slots = 0;
        config.limits.requests_per_second = 5;
    })
}

/// So many at once that more than a second's are among them.
async fn many(actor: &Actor, path: &str) -> (Vec<Answer>, Vec<Answer>) {
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..40 {
        let (actor, path) = (actor.clone(), path.to_owned());
        all.spawn(async move { actor.get(&path).await });
    }
    all.join_all().await.into_iter().partition(|answer| answer.status != 429)
}

/// Every limited answer tells the limit; a refusal also how long to wait.
#[track_caller]
fn check_headers(answer: &Answer, limit: &str) {
    assert_eq!(answer.header("x-ratelimit-limit"), limit);
    let number =
        |name: &str| answer.header(name).parse::<f64>().unwrap_or_else(|_| panic!("{name} is a number"));
    assert!(number("x-ratelimit-remaining") >= 0.0);
    let reset = number("x-ratelimit-reset");
    if answer.status == 429 {
        assert!(reset > 0.0 && reset <= 60.0, "{reset}");
        assert!(number("retry-after") >= 1.0);
        assert_eq!(answer.at("/errors/0/title"), "Too many requests");
        assert_eq!(answer.at("/errors/0/status"), "429");
    }
}

/// The clock stands still for nobody, so every test moves it past what it has used.
fn later(server: &TestServer) {
    server.app().clock.advance(Duration::from_secs(120));
}

on_both!(each_user_has_an_allowance_whatever_the_token, few(), |server| {
    later(server);
    let (answered, refused) = many(&server.owner, "/account/details").await;
    assert!(answered.len() >= 5 && !refused.is_empty(), "{} answered", answered.len());
    for answer in answered.iter().chain(&refused) {
        check_headers(answer, "5");
    }
    assert!(answered.iter().all(|answer| answer.status == 200));
    // What does not exist costs as much, and other users have their own.
    server.stranger.get("/runs/run-none").await.expect_status(404);
    let second = server.actor("ada").await;
    later(server);
    let (_, refused) = many(&server.owner, "/account/details").await;
    assert!(!refused.is_empty());
    let (_, refused) = many(&second, "/runs/run-none").await;
    assert!(refused.len() > 20, "{}", refused.len());
});

on_both!(without_a_good_token_the_address_counts, few(), |server| {
    later(server);
    let (answered, refused) = many(&server.anonymous.with_token("nonsense"), "/account/details").await;
    assert!(answered.iter().all(|answer| answer.status == 401) && !refused.is_empty());
    refused.iter().for_each(|answer| check_headers(answer, "5"));
    // The same address, with a good token.
    server.owner.get("/account/details").await.expect_status(200);
    later(server);
    let ping = server.anonymous.get("/ping").await.expect_status(204);
    assert_eq!((ping.header("x-ratelimit-limit"), ping.header("x-ratelimit-remaining")), ("5", "4"));
});

on_both!(what_is_no_api_is_not_counted, few(), |server| {
    later(server);
    for path in ["/healthz", "/.well-known/terraform.json", "/v1/object/nonsense"] {
        let url = format!("{}{path}", server.app().public_url);
        let (answered, refused) = many(&server.anonymous, &url).await;
        assert!(
            refused.is_empty() && answered.iter().all(|answer| answer.header("x-ratelimit-limit").is_empty())
        );
    }
});

on_both!(
    run_lists_have_a_limit_a_minute,
    setup(|config| {
        config.agent_slots = 0;
        config.limits.requests_per_second = 1000;
        config.limits.run_lists_per_minute = 3;
    }),
    |server| {
        let workspace = server.owner.workspace("net").await;
        let paths = [format!("/workspaces/{workspace}/runs"), "/organizations/acme/runs".to_owned()];
        for path in &paths {
            later(server);
            for _ in 0..3 {
                server.owner.get(path).await.expect_status(200);
            }
            let refused = server.owner.get(path).await.expect_status(429);
            assert!(refused.header("x-ratelimit-reset").parse::<f64>().unwrap() > 1.0);
            server.owner.get(&format!("/workspaces/{workspace}")).await.expect_status(200);
            server.admin.get(path).await.expect_status(200);
        }
        server.app().clock.advance(Duration::from_secs(21));
        server.owner.get(&paths[0]).await.expect_status(200);
    }
);

on_both!(without_a_limit_nothing_is_told, |server| {
    let (answered, refused) = many(&server.owner, "/account/details").await;
    assert!(refused.is_empty());
    assert!(answered.iter().all(|answer| answer.header("x-ratelimit-limit").is_empty()));
});

on_both!(
    a_request_past_its_deadline_is_504_and_changes_nothing,
    setup(|config| {
        config.agent_slots = 0;
        config.limits.request_timeout = Duration::from_millis(1500);
    }),
    |server| {
        let body =
            |email: &str| json!({ "data": { "type": "organizations", "attributes": { "email": email } } });
        // Somebody else has the row, and on SQLite the only writer.
        let mut tx = server.app().db.begin().await.unwrap();
        tx.run(sql("UPDATE organizations SET email = 'held@example.com' WHERE name = 'acme'")).await.unwrap();
        let late =
            server.owner.patch("/organizations/acme", &body("late@example.com")).await.expect_status(504);
        assert_eq!(late.at("/errors/0/status"), "504");
        assert!(late.error().contains("longer than"), "{}", late.error());
        drop(tx);
        let read = server.owner.get("/organizations/acme").await.expect_status(200);
        assert_ne!(read.attribute("email"), "late@example.com");
        server.owner.patch("/organizations/acme", &body("early@example.com")).await.expect_status(200);
        let request = server.owner.request(Method::GET, "/organizations/acme");
        assert_eq!(server.owner.send(request).await.attribute("email"), "early@example.com");
    }
);
