//! Every page, tried by every kind of visitor: a cookie opens pages and nothing else, a form of another site does
//! nothing, and what a visitor may not see is the 404 of what does not exist.

use super::strange::strange_ids;
use super::{Gate, UNKNOWN, gate};
use crate::direct::{Direct, Reply};
use crate::world::{World, parameters};
use axum::body::Body;
use axum::http::{Method, Request, header};
use terrane_server::platform::access::Needs;
use terrane_server::platform::http::Route;
use terrane_server::router::routes;
use terrane_testkit::{TestServer, on_both};

fn pages() -> Vec<Route> {
    routes().into_iter().filter(|route| gate(route.needs) == Gate::Page).collect()
}

fn is_for_anybody(route: &Route) -> bool {
    route.needs == Needs::Visitor
}

/// Of somebody's object, or of nobody's.
fn is_scoped(route: &Route) -> bool {
    !matches!(route.needs, Needs::Visitor | Needs::Session)
}

fn location(reply: &Reply) -> &str {
    reply.headers.get(header::LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// The same 404 for all.
#[track_caller]
fn expect_missing(reply: &Reply) {
    assert_eq!(reply.status, 404, "{}", reply.describe());
    assert!(reply.text().contains("There is no such page, or you may not see it."), "{}", reply.describe());
    assert!(!reply.text().contains("acme") && !reply.text().contains("north"), "{}", reply.describe());
}

/// A page, a way to one, or a refusal in words; with the headers that every page has.
#[track_caller]
fn expect_page(reply: &Reply) {
    assert!(reply.status < 500, "{}", reply.describe());
    let header =
        |name: &str| reply.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if header("content-type").starts_with("text/css") {
        return;
    }
    let policy = header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; style-src 'self';"), "{policy}: {}", reply.describe());
    assert!(!policy.contains("unsafe") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert_eq!(header("cache-control"), "private, no-store", "{}", reply.describe());
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("referrer-policy"), "same-origin");
    assert!(!reply.text().contains("<script") && !reply.text().contains(" style="), "{}", reply.describe());
}

/// Cookies that are nobody's.
async fn strangers_cookies(server: &TestServer) -> Vec<String> {
    let good = server.browser("ada").await.cookies();
    let ended = server.browser("ada").await.cookies();
    server
        .sql(
            "UPDATE sessions SET expires_at = 1 WHERE created_at = (SELECT MAX(created_at) FROM sessions)",
            &[],
        )
        .await;
    vec![
        String::new(),
        "terrane_session=".to_owned(),
        "terrane_session=swordfish".to_owned(),
        format!("{good}x"),
        ended,
        format!("terrane_session={}", server.owner.token()),
    ]
}

on_both!(whoever_is_not_signed_in_is_led_to_do_so, |server| {
    let (direct, world) = (Direct::new(server), World::of(&server.owner, "north").await);
    for cookies in strangers_cookies(server).await {
        for route in pages().iter().filter(|route| !is_for_anybody(route)) {
            let path = format!("{}?a=%2Fb", world.path(route.path, &[]));
            let reply = direct.visit(&route.method, &path, &cookies, "").await;
            expect_page(&reply);
            assert_eq!(reply.status, 303, "{cookies}: {}", reply.describe());
            let back = path.replace('%', "%25").replace('/', "%2F").replace('?', "%3F").replace('=', "%3D");
            // What was sent is not sent again by coming back.
            let wanted = if route.method == Method::GET {
                format!("/session?to={back}")
            } else {
                "/session".to_owned()
            };
            assert_eq!(location(&reply), wanted);
        }
    }
});

on_both!(a_token_opens_no_page_and_a_cookie_nothing_of_the_api, |server| {
    let (direct, world) = (Direct::new(server), World::of(&server.owner, "north").await);
    let cookies = server.browser("ada").await.cookies();
    for route in routes() {
        let path = world.path(route.path, &[]);
        match gate(route.needs) {
            Gate::Page if !is_for_anybody(&route) => {
                let request = Request::builder().method(&route.method).uri(&path);
                let request = request
                    .header(header::AUTHORIZATION, format!("Bearer {}", server.owner.token()))
                    .header("sec-fetch-site", "same-origin");
                let reply = direct.send(&route.method, &path, request.body(Body::empty()).unwrap()).await;
                assert_eq!(reply.status, 303, "{}", reply.describe());
            }
            Gate::AnyUser | Gate::Admin | Gate::Agent | Gate::Scoped | Gate::InBody | Gate::InQuery => {
                direct.visit(&route.method, &path, &cookies, "").await.expect_unauthorized();
            }
            Gate::Page | Gate::Open | Gate::Signed | Gate::Code => {}
        }
    }
});

on_both!(a_form_of_another_site_does_nothing, |server| {
    let (direct, world) = (Direct::new(server), World::of(&server.owner, "north").await);
    let cookies = server.browser("ada").await.cookies();
    let senders: [&[(&str, &str)]; 7] = [
        &[],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "cross-site"), ("origin", "http://127.0.0.1")],
        &[("origin", "https://evil.example"), ("host", "terrane.example")],
        &[("origin", "null")],
        &[("referer", "http://127.0.0.1/app")],
    ];
    for route in pages().iter().filter(|route| route.method != Method::GET) {
        let path = world.path(route.path, &[]);
        for sender in senders {
            let mut request =
                Request::builder().method(&route.method).uri(&path).header(header::COOKIE, &cookies);
            for (name, value) in sender {
                request = request.header(*name, *value);
            }
            let reply = direct.send(&route.method, &path, request.body(Body::empty()).unwrap()).await;
            expect_page(&reply);
            assert_eq!(reply.status, 403, "{sender:?}: {}", reply.describe());
        }
    }
    // Not even the session was ended.
    assert_eq!(direct.visit(&Method::GET, "/session", &cookies, "").await.status, 303);
});

on_both!(for_a_stranger_there_is_no_page_of_the_owner, |server| {
    let (direct, world) = (Direct::new(server), World::of(&server.owner, "north").await);
    let stranger = server.browser("mallory").await.cookies();
    for route in pages().iter().filter(|route| is_scoped(route)) {
        let reply = direct.visit(&route.method, &world.path(route.path, &[]), &stranger, "").await;
        expect_missing(&reply);
    }
});

on_both!(what_there_is_not_is_the_same_404_for_all, |server| {
    let (direct, world) = (Direct::new(server), World::of(&server.owner, "north").await);
    for name in ["ada", "root", "mallory"] {
        let cookies = server.browser(name).await.cookies();
        for route in pages().iter().filter(|route| is_scoped(route)) {
            for parameter in parameters(route.path).into_iter().filter(|parameter| *parameter != "query") {
                let unknown =
                    if parameter == "run_id" { format!("run-{UNKNOWN}") } else { "nowhere".to_owned() };
                let path = world.path(route.path, &[(parameter, &unknown)]);
                expect_missing(&direct.visit(&route.method, &path, &cookies, "").await);
            }
        }
        expect_missing(&direct.visit(&Method::GET, "/app/a/b/c/d/e/f", &cookies, "").await);
    }
});

on_both!(owners_and_site_administrators_reach_every_page, |server| {
    let direct = Direct::new(server);
    for (number, name) in ["ada", "root"].into_iter().enumerate() {
        let world = World::of(&server.owner, &format!("world-{number}")).await;
        let mut order = pages();
        order.retain(is_scoped);
        order.sort_by_key(|route| route.method != Method::GET);
        for route in order {
            let cookies = server.browser(name).await.cookies();
            let reply = direct.visit(&route.method, &world.path(route.path, &[]), &cookies, "").await;
            expect_page(&reply);
            // A form without its fields, or one that comes too late.
            let is_reached =
                reply.status < 400 || route.method == Method::POST && matches!(reply.status, 400 | 409 | 422);
            assert!(is_reached, "{}", reply.describe());
            assert!(!location(&reply).starts_with("/session"), "{}", reply.describe());
        }
    }
});

on_both!(strange_ids_in_pages_are_404_and_never_5xx, |server| {
    let (direct, world) = (Direct::new(server), World::of(&server.owner, "north").await);
    let cookies = server.browser("root").await.cookies();
    for route in pages() {
        for parameter in parameters(route.path) {
            for id in strange_ids() {
                let path = world.path(route.path, &[(parameter, &id)]);
                let reply = direct.visit(&route.method, &path, &cookies, "").await;
                expect_page(&reply);
                if is_scoped(&route) && parameter != "query" {
                    expect_missing(&reply);
                } else {
                    assert!(matches!(reply.status, 200 | 303 | 400 | 404), "{}", reply.describe());
                }
            }
        }
    }
});
