//! `/oauth`: what a code is good for, and for whom.

use serde_json::json;
use std::time::Duration;
use terrane_testkit::{Answer, Browser, TestServer, encoded, on_both};

/// Of the example in RFC 7636.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const REDIRECT: &str = "http://localhost:10005/login";
const ASKED: [(&str, &str); 6] = [
    ("response_type", "code"),
    ("client_id", "terraform-cli"),
    ("redirect_uri", REDIRECT),
    ("code_challenge", CHALLENGE),
    ("code_challenge_method", "S256"),
    ("state", "x y&z"),
];

/// The request with some of its fields replaced; an empty one is left out.
fn asked<'a>(replaced: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields: Vec<(&str, &str)> = ASKED.to_vec();
    for (name, value) in replaced {
        fields.retain(|(other, _)| other != name);
        if !value.is_empty() {
            fields.push((name, value));
        }
    }
    fields
}

/// What stands in the query of the CLI's address.
fn answered(led: &Answer) -> Vec<(String, String)> {
    let query = led.header("location").strip_prefix(&format!("{REDIRECT}?")).expect("it leads to the CLI");
    serde_html_form::from_str(query).unwrap()
}

async fn code(browser: &Browser) -> String {
    let led = browser.submit("/oauth/authorize", &asked(&[("decision", "allow")])).await.expect_status(303);
    let answered = answered(&led);
    assert_eq!(answered[1], ("state".to_owned(), "x y&z".to_owned()));
    assert_eq!(answered[0].0, "code");
    answered[0].1.clone()
}

async fn exchange(server: &TestServer, code: &str, replaced: &[(&str, &str)]) -> Answer {
    let mut fields = vec![
        ("grant_type", "authorization_code"),
        ("client_id", "terraform-cli"),
        ("code", code),
        ("code_verifier", VERIFIER),
        ("redirect_uri", REDIRECT),
    ];
    for (name, value) in replaced {
        fields.retain(|(other, _)| other != name);
        if !value.is_empty() {
            fields.push((name, value));
        }
    }
    // As a CLI does it: no cookie, no origin, no token.
    let request = server.anonymous.request(reqwest::Method::POST, "//oauth/token").body(encoded(&fields));
    server.anonymous.send(request).await
}

#[track_caller]
fn expect_error(answer: Answer, error: &str) {
    let answer = answer.expect_status(400);
    assert_eq!(answer.json()["error"], error, "{}", answer.text());
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("content-type"), "application/json");
}

on_both!(a_code_becomes_a_token_once, |server| {
    let browser = server.browser("ada").await;
    let code = code(&browser).await;
    let answer = exchange(server, &code, &[]).await.expect_status(200);
    let body = answer.json();
    assert_eq!((&body["token_type"], &body["expires_in"]), (&json!("bearer"), &json!(63_072_000)));
    let actor = server.owner.with_token(body["access_token"].as_str().unwrap());
    assert_eq!(actor.get("/account/details").await.expect_status(200).attribute("username"), "ada");
    // Used again, it ends that token: somebody has stolen the code.
    expect_error(exchange(server, &code, &[]).await, "invalid_grant");
    actor.get("/account/details").await.expect_status(401);
    expect_error(exchange(server, &code, &[]).await, "invalid_grant");
});

on_both!(what_does_not_fit_uses_the_code_up, |server| {
    let browser = server.browser("ada").await;
    let other = "a".repeat(43);
    let wrong: [(&str, &str); 4] = [
        ("code_verifier", &other),
        ("code_verifier", "short"),
        ("redirect_uri", "http://localhost:10006/login"),
        ("redirect_uri", "https://evil.example/"),
    ];
    for replaced in wrong {
        let code = code(&browser).await;
        expect_error(exchange(server, &code, &[replaced]).await, "invalid_grant");
        expect_error(exchange(server, &code, &[]).await, "invalid_grant");
    }
    expect_error(exchange(server, "nonsense", &[]).await, "invalid_grant");
});

on_both!(a_code_ends_soon, |server| {
    let code = code(&server.browser("ada").await).await;
    server.app().clock.advance(Duration::from_secs(61));
    expect_error(exchange(server, &code, &[]).await, "invalid_grant");
});

on_both!(of_many_exchanges_at_once_none_leaves_a_token, |server| {
    let browser = server.browser("ada").await;
    let code = code(&browser).await;
    let all = (0..5).map(|_| exchange(server, &code, &[]));
    let answers = futures_util::future::join_all(all).await;
    let good: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(good.len(), 1, "{answers:?}");
    let token = good[0].json()["access_token"].as_str().unwrap().to_owned();
    server.owner.with_token(&token).get("/account/details").await.expect_status(401);
});

on_both!(requests_that_are_not_whole_are_told_by_their_names, |server| {
    let code = code(&server.browser("ada").await).await;
    for (replaced, error) in [
        (("grant_type", "password"), "unsupported_grant_type"),
        (("grant_type", ""), "invalid_request"),
        (("client_id", "another"), "invalid_client"),
        (("client_id", ""), "invalid_client"),
        (("code", ""), "invalid_request"),
        (("code_verifier", ""), "invalid_request"),
        (("redirect_uri", ""), "invalid_request"),
    ] {
        expect_error(exchange(server, &code, &[replaced]).await, error);
    }
    let request = server.anonymous.request(reqwest::Method::POST, "//oauth/token").body("{\"a\":\"%00\"}");
    expect_error(server.anonymous.send(request).await, "invalid_request");
    // None of this was a try.
    exchange(server, &code, &[]).await.expect_status(200);
});

on_both!(nobody_is_led_to_a_stranger, |server| {
    let browser = server.browser("ada").await;
    for replaced in [
        ("redirect_uri", "https://evil.example/login"),
        ("redirect_uri", "http://localhost:10005@evil.example/login"),
        ("redirect_uri", "http://localhost:80/login"),
        ("redirect_uri", ""),
        ("client_id", "another"),
        ("client_id", ""),
    ] {
        let query = encoded(&asked(&[replaced]));
        let page = browser.get(&format!("/oauth/authorize?{query}")).await.expect_status(400);
        assert!(page.text().contains("Nothing was granted."), "{}", page.text());
        let fields = asked(&[replaced, ("decision", "allow")]);
        browser.submit("/oauth/authorize", &fields).await.expect_status(400);
    }
    browser.get("/oauth/authorize?client_id=a&client_id=b").await.expect_status(400);
});

on_both!(a_cli_is_told_why_there_is_no_code, |server| {
    let browser = server.browser("ada").await;
    for (replaced, error) in [
        (("response_type", "token"), "unsupported_response_type"),
        (("code_challenge", ""), "invalid_request"),
        (("code_challenge_method", "plain"), "invalid_request"),
        (("code_challenge_method", ""), "invalid_request"),
    ] {
        let query = encoded(&asked(&[replaced]));
        let led = browser.get(&format!("/oauth/authorize?{query}")).await.expect_status(303);
        assert_eq!(answered(&led)[0], ("error".to_owned(), error.to_owned()));
    }
    for decision in ["deny", "", "perhaps"] {
        let led =
            browser.submit("/oauth/authorize", &asked(&[("decision", decision)])).await.expect_status(303);
        assert_eq!(answered(&led)[0], ("error".to_owned(), "access_denied".to_owned()));
    }
});

on_both!(to_look_at_the_page_grants_nothing, |server| {
    let browser = server.browser("ada").await;
    let hostile = "\"><script>alert(1)</script>";
    let query = encoded(&asked(&[("state", hostile)]));
    let page = browser.get(&format!("/oauth/authorize?{query}")).await.expect_status(200);
    assert!(!page.text().contains("<script>"), "{}", page.text());
    assert!(page.text().contains("<b>ada</b>"), "it says who grants: {}", page.text());
    let tokens = browser.get("/app/settings/tokens").await.text();
    assert!(!tokens.contains("terraform login</td>") && !tokens.contains("made by tofu login"), "{tokens}");
});
