//! `/account/details`, `/users/:id`, user tokens.

use crate::support::assert_body;
use serde_json::json;
use std::time::Duration;
use terrane_testkit::{body, on_both};

on_both!(the_account_is_the_token_s_user, |server| {
    server.anonymous.get("/account/details").await.expect_status(401);
    let account = server.owner.get("/account/details").await.expect_status(200);
    assert_body!("account", account);
    assert_eq!(account.attribute("username"), "ada");
    assert_eq!(account.attribute("is-site-admin"), false);
    assert_eq!(server.admin.get("/account/details").await.attribute("is-site-admin"), true);
});

on_both!(others_see_a_user_without_the_address, |server| {
    let ada = server.owner.get("/account/details").await.id();
    let seen = server.stranger.get(&format!("/users/{ada}")).await.expect_status(200);
    assert_eq!(seen.attribute("username"), "ada");
    assert_eq!(seen.attribute("email"), json!(null));
    server.stranger.get("/users/user-nobody").await.expect_status(404);
    server.anonymous.get(&format!("/users/{ada}")).await.expect_status(401);
});

on_both!(a_token_is_shown_once_and_works_until_deleted, |server| {
    let ada = server.owner.get("/account/details").await.id();
    let tokens = format!("/users/{ada}/authentication-tokens");
    let wish = body("authentication-tokens", &json!({ "description": "laptop" }));
    let made = server.owner.post(&tokens, &wish).await.expect_status(201);
    assert_body!("token_made", made);
    let text = made.attribute("token").as_str().unwrap().to_owned();
    let laptop = server.owner.with_token(&text);
    laptop.get("/account/details").await.expect_status(200);

    let one = format!("/authentication-tokens/{}", made.id());
    assert_eq!(server.owner.get(&one).await.expect_status(200).attribute("token"), json!(null));
    let listed = server.owner.get(&tokens).await.expect_status(200);
    assert!(!listed.text().contains(&text));
    assert_eq!(listed.at("/data").as_array().unwrap().len(), 2);

    server.stranger.get(&one).await.expect_status(404);
    server.stranger.delete(&one).await.expect_status(404);
    server.stranger.post(&tokens, &wish).await.expect_status(404);
    assert_eq!(server.stranger.get(&tokens).await.expect_status(200).at("/data"), json!([]));

    server.owner.delete(&one).await.expect_status(204);
    laptop.get("/account/details").await.expect_status(401);
    server.owner.get(&one).await.expect_status(404);
});

on_both!(a_token_ends_at_its_time, |server| {
    let ada = server.owner.get("/account/details").await.id();
    let soon = server.app().clock.now().plus(Duration::from_secs(600));
    let wish = body("authentication-tokens", &json!({ "expired-at": soon.to_string() }));
    let made =
        server.owner.post(&format!("/users/{ada}/authentication-tokens"), &wish).await.expect_status(201);
    let short = server.owner.with_token(made.attribute("token").as_str().unwrap());
    short.get("/account/details").await.expect_status(200);
    server.app().clock.advance(Duration::from_secs(601));
    let refused = short.get("/account/details").await.expect_status(401);
    assert_eq!(refused.json(), json!({ "errors": [{ "status": "401", "title": "unauthorized" }] }));
    server.owner.get("/account/details").await.expect_status(200);
});

on_both!(a_token_without_an_end_lives_two_years, |server| {
    let ada = server.owner.get("/account/details").await.id();
    let wish = body("authentication-tokens", &json!({}));
    let made =
        server.owner.post(&format!("/users/{ada}/authentication-tokens"), &wish).await.expect_status(201);
    let life = server.app().config.limits.token_life;
    let end = made.attribute("expired-at").as_str().unwrap().to_owned();
    let made_at = terrane_server::clock::Time::parse(made.attribute("created-at").as_str().unwrap()).unwrap();
    assert_eq!(end, made_at.plus(life).to_string());
});

on_both!(bad_tokens_are_401, |server| {
    for token in ["x", "trn_", "trn_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "a b c"] {
        server.owner.with_token(token).get("/account/details").await.expect_status(401);
    }
    let basic =
        server.anonymous.request(reqwest::Method::GET, "/account/details").basic_auth("ada", Some("x"));
    server.anonymous.send(basic).await.expect_status(401);
    let ada = server.owner.get("/account/details").await.id();
    let tokens = format!("/users/{ada}/authentication-tokens");
    let wish = body("authentication-tokens", &json!({ "expired-at": "tomorrow" }));
    let refused = server.owner.post(&tokens, &wish).await.expect_status(422);
    assert_eq!(refused.at("/errors/0/source/pointer"), "/data/attributes/expired-at");
});

on_both!(an_agent_s_token_is_no_user_s, |server| {
    let now = server.app().clock.now();
    let text = terrane_server::tokens::embedded_agent_token(&server.app().db, "another", now).await.unwrap();
    let agent = server.owner.with_token(secrecy::ExposeSecret::expose_secret(&text));
    agent.get("/account/details").await.expect_status(401);
    server.owner.post("//agent/v1/claim", &json!({})).await.expect_status(401);
});
