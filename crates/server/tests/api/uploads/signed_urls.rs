//! URLs that carry their own authority: good for one thing, one object, a limited time, and for nothing else.

use super::tight;
use crate::support::creates;
use reqwest::Method;
use secrecy::ExposeSecret;
use std::time::Duration;
use terrane_server::platform::http::Purpose;
use terrane_testkit::{Answer, TestServer, on_both};

/// An upload URL that was not used, and a download URL.
async fn urls(server: &TestServer) -> (String, String) {
    let workspace = server.owner.workspace("net").await;
    let id = server.owner.configuration(&workspace, creates(1)).await;
    let redirect =
        server.owner.get(&format!("/configuration-versions/{id}/download")).await.expect_status(302);
    let (_, upload) = server.owner.configuration_version(&workspace, false).await;
    (upload, redirect.header("location").to_owned())
}

async fn send(server: &TestServer, method: Method, url: &str) -> Answer {
    server.anonymous.send(server.anonymous.request(method, url).body("x")).await
}

#[track_caller]
fn assert_private(answer: &Answer) {
    assert_eq!(answer.header("cache-control"), "private, no-store", "{}", answer.status);
    assert_eq!(answer.header("referrer-policy"), "no-referrer", "{}", answer.status);
    assert_eq!(answer.header("x-content-type-options"), "nosniff", "{}", answer.status);
}

on_both!(a_url_is_good_for_its_own_method_only, tight(), |server| {
    let (upload, download) = urls(server).await;
    for (method, url) in [(Method::GET, &upload), (Method::HEAD, &upload), (Method::PUT, &download)] {
        let refused = send(server, method.clone(), url).await;
        assert_eq!(refused.status, 403, "{method}");
        assert_private(&refused);
        if method != Method::HEAD {
            assert_eq!(refused.text(), "this URL is not valid\n");
            assert!(refused.header("content-type").starts_with("text/plain"));
        }
    }
    for method in [Method::POST, Method::DELETE, Method::PATCH, Method::OPTIONS] {
        for url in [&upload, &download] {
            send(server, method.clone(), url).await.expect_status(404);
        }
    }
    // Whoever has the URL needs no token, and no token helps.
    let refused = server.admin.get(&upload).await.expect_status(403);
    assert_private(&refused);
    server.anonymous.get(&download).await.expect_status(200);
});

on_both!(an_upload_url_lives_as_long_as_a_run_may, tight(), |server| {
    let (upload, _) = urls(server).await;
    let life = server.app().config.limits.object_url_life;
    server.app().clock.advance(life - Duration::from_secs(30));
    server.anonymous.put(&upload, "no archive").await.expect_status(422);
    server.app().clock.advance(Duration::from_secs(30));
    let expired = server.anonymous.put(&upload, creates(1)).await.expect_status(403);
    assert!(expired.text().contains("expired"), "{}", expired.text());
    assert_private(&expired);
});

on_both!(a_refusal_is_heard_however_large_the_body_is, tight(), |server| {
    let (_, download) = urls(server).await;
    for _ in 0..10 {
        let refused = server.anonymous.put(&download, vec![7; 8 * 1024 * 1024]).await.expect_status(403);
        assert_eq!(refused.text(), "this URL is not valid\n");
    }
});

on_both!(a_changed_url_is_refused, tight(), |server| {
    let (upload, download) = urls(server).await;
    let start = download.rfind('/').expect("a path") + 1;
    for at in start..download.len() {
        let mut bytes = download.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).expect("still text");
        let refused = server.anonymous.get(&changed).await;
        assert_eq!(refused.status, 403, "byte {at} of {download}");
    }
    for url in [
        format!("{download}A"),
        format!("{download}="),
        format!("{download}.{download}"),
        download[..download.len() - 1].to_owned(),
    ] {
        let refused = server.anonymous.get(&url).await;
        assert!(matches!(refused.status, 403 | 404), "{}", refused.status);
    }
    // The signature of one URL with the payload of another.
    let token = |url: &str| url.rsplit('/').next().expect("a path").to_owned();
    let (one, other) = (token(&upload), token(&download));
    let (payload, _) = one.split_once('.').expect("two parts");
    let (_, mac) = other.split_once('.').expect("two parts");
    let mixed = format!("{}{payload}.{mac}", &download[..start]);
    server.anonymous.get(&mixed).await.expect_status(403);
    server.anonymous.put(&mixed, creates(1)).await.expect_status(403);
});

on_both!(a_url_of_another_kind_opens_nothing_else, tight(), |server| {
    let workspace = server.owner.workspace("net").await;
    let id = server.owner.configuration(&workspace, creates(1)).await;
    let app = server.app();
    let later = app.clock.now().plus(Duration::from_secs(60));
    for purpose in [Purpose::PlanLog, Purpose::PlanJson, Purpose::JobPlanFile, Purpose::JobPlanJson] {
        let url = app.url(app.signer.path(purpose, &id, later).expose_secret());
        let read = server.anonymous.get(&url).await;
        assert!(
            read.status == 403 || read.status == 404 || read.bytes.is_empty(),
            "{purpose:?}: {}",
            read.text()
        );
        let written = server.anonymous.put(&url, creates(2)).await;
        assert!(matches!(written.status, 403 | 404), "{purpose:?}: {}", written.status);
    }
});

on_both!(what_a_url_answers_is_private, tight(), |server| {
    let (upload, download) = urls(server).await;
    assert_private(&server.anonymous.get(&download).await.expect_status(200));
    assert_private(&server.anonymous.put(&upload, "no archive").await.expect_status(422));
    assert_private(&server.anonymous.put(&upload, creates(1)).await.expect_status(200));
    assert_private(&server.anonymous.get("//v1/object/nonsense").await.expect_status(403));
});
