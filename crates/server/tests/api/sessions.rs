//! `/session`: signing in and out, who is told what, and how often it may be tried.

use std::time::Duration;
use terrane_server::passwords;
use terrane_testkit::{Answer, Browser, TestServer, on_both};

pub const PASSWORD: &str = "correct horse battery";

/// Gives a user a password.
pub async fn set_password(server: &TestServer, name: &str) {
    let app = server.app();
    let hash = app.hasher.hash(PASSWORD.into()).await.unwrap();
    let user = passwords::store::of_name(&app.db, name).await.unwrap().unwrap().user_id;
    let mut tx = app.db.begin().await.unwrap();
    passwords::store::set(&mut tx, &user, &hash, app.clock.now()).await.unwrap();
    tx.commit().await.unwrap();
}

async fn sign_in(browser: &Browser, name: &str, password: &str) -> Answer {
    browser.submit("/session", &[("name", name), ("password", password)]).await
}

fn browser(server: &TestServer) -> Browser {
    Browser::new(&server.app().public_url)
}

on_both!(a_password_opens_a_session_and_signing_out_ends_it, |server| {
    set_password(server, "ada").await;
    let browser = browser(server);
    let asked = browser.get("/app/settings/tokens?source=terraform-login").await.expect_status(303);
    let to = "/session?to=%2Fapp%2Fsettings%2Ftokens%3Fsource%3Dterraform-login";
    assert_eq!(asked.header("location"), to);
    let form = browser.get(to).await.expect_status(200);
    assert!(form.text().contains("value=\"/app/settings/tokens?source=terraform-login\""), "{}", form.text());
    let fields =
        [("name", "ada"), ("password", PASSWORD), ("to", "/app/settings/tokens?source=terraform-login")];
    let entered = browser.submit("/session", &fields).await.expect_status(303);
    assert_eq!(entered.header("location"), "/app/settings/tokens?source=terraform-login");
    let cookie = entered.header("set-cookie").to_owned();
    assert!(cookie.starts_with("terrane_session=") && cookie.contains("; Path=/;"), "{cookie}");
    assert!(cookie.contains("; HttpOnly") && cookie.contains("; SameSite=Lax"), "{cookie}");
    assert!(!cookie.contains("Secure"), "the server of this test speaks no TLS");
    // Whoever is signed in is not asked again.
    assert_eq!(browser.get("/session").await.expect_status(303).header("location"), "/app");
    let old = browser.cookies();
    let left = browser.submit("/session/end", &[]).await.expect_status(303);
    assert_eq!((left.header("location"), browser.cookies().as_str()), ("/session", ""));
    // Not only forgotten by the browser: over.
    browser.take(&old);
    browser.get("/session").await.expect_status(200);
});

on_both!(what_is_wrong_is_told_in_one_way, |server| {
    set_password(server, "ada").await;
    let mut answers = Vec::new();
    // A wrong password, a user without one, and no user; also an empty password, and that of another.
    for (name, password) in
        [("ada", "wrong"), ("mallory", PASSWORD), ("nobody", PASSWORD), ("ada", ""), ("ADA", PASSWORD)]
    {
        let browser = browser(server);
        let answer = sign_in(&browser, name, password).await.expect_status(401);
        assert_eq!(browser.cookies(), "");
        assert!(!answer.text().contains(PASSWORD), "a password is not shown again");
        answers.push(answer.text().replace(&format!("value=\"{name}\""), ""));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert!(answers[0].contains("The name or the password is wrong."), "{answers:?}");
});

on_both!(a_name_may_be_tried_so_often, |server| {
    set_password(server, "ada").await;
    for name in ["ada", "nobody"] {
        for _ in 0..10 {
            sign_in(&browser(server), name, "wrong").await.expect_status(401);
        }
        // The right one does not help either, and both are told the same.
        let refused = sign_in(&browser(server), name, PASSWORD).await.expect_status(429);
        assert!(refused.text().contains("too many wrong tries"), "{}", refused.text());
        assert!(refused.header("retry-after").parse::<u32>().unwrap() <= 960);
    }
    server.app().clock.advance(Duration::from_secs(16 * 60));
    sign_in(&browser(server), "ada", PASSWORD).await.expect_status(303);
});

on_both!(the_way_back_never_leads_elsewhere, |server| {
    set_password(server, "ada").await;
    let hostile = [
        "https://evil.example/app",
        "//evil.example/app",
        "/\\evil.example",
        "/app/../..//evil.example\r\nx: y",
        "javascript:alert(1)",
        "/session/end",
        "/apple",
    ];
    for to in hostile {
        let browser = browser(server);
        let form = browser.get(&format!("/session?{}", terrane_testkit::encoded(&[("to", to)]))).await;
        assert!(!form.text().contains("name=\"to\""), "{to}: {}", form.text());
        let fields = [("name", "ada"), ("password", PASSWORD), ("to", to)];
        let entered = browser.submit("/session", &fields).await.expect_status(303);
        assert_eq!(entered.header("location"), "/app", "{to}");
    }
});

on_both!(a_session_has_an_end, |server| {
    let browser = server.browser("ada").await;
    browser.get("/session").await.expect_status(303);
    server.app().clock.advance(server.app().config.limits.session_life);
    browser.get("/session").await.expect_status(200);
});

on_both!(of_many_sessions_the_newest_are_kept, |server| {
    let first = server.browser("ada").await;
    let other = server.browser("mallory").await;
    server.app().clock.advance(Duration::from_secs(1));
    let mut newest = None;
    for _ in 0..20 {
        newest = Some(server.browser("ada").await);
    }
    first.get("/session").await.expect_status(200);
    newest.unwrap().get("/session").await.expect_status(303);
    other.get("/session").await.expect_status(303);
});

on_both!(names_and_fields_are_text, |server| {
    let browser = browser(server);
    let hostile = "\"><script>alert(1)</script>";
    let answer = sign_in(&browser, hostile, "x").await.expect_status(401);
    assert!(!answer.text().contains("<script>"), "{}", answer.text());
    assert!(answer.text().contains("&quot;&gt;&lt;script&gt;"), "{}", answer.text());
    // What is no form is refused in words.
    for body in ["", "name=ada", "name=a%00&password=b", "name=a&name=b&password=c"] {
        let request =
            browser.request(reqwest::Method::POST, "/session").header("sec-fetch-site", "same-origin");
        browser.send(request.body(body)).await.expect_status(400);
    }
    let request = browser.request(reqwest::Method::POST, "/session").header("sec-fetch-site", "same-origin");
    browser.send(request.body("a".repeat(40_000))).await.expect_status(413);
});
