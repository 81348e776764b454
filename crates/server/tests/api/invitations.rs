//! `/invitations/{invitation}`: a link by which a password is set, once.

use crate::sessions::PASSWORD;
use secrecy::ExposeSecret;
use std::time::Duration;
use terrane_server::invitations::invite;
use terrane_testkit::{Browser, TestServer, on_both};

async fn invitation(server: &TestServer, name: &str) -> String {
    let app = server.app();
    let invited = invite(&app.db, name, app.config.limits.invitation_life, app.clock.now()).await.unwrap();
    format!("/invitations/{}", invited.secret.expose_secret())
}

fn browser(server: &TestServer) -> Browser {
    Browser::new(&server.app().public_url)
}

fn twice(password: &str) -> [(&str, &str); 2] {
    [("password", password), ("again", password)]
}

on_both!(it_sets_a_password_once, |server| {
    let link = invitation(server, "grace").await;
    let browser = browser(server);
    // To look changes nothing.
    for _ in 0..3 {
        assert!(browser.get(&link).await.expect_status(200).text().contains("grace"));
    }
    let entered = browser.submit(&link, &twice(PASSWORD)).await.expect_status(303);
    assert_eq!(entered.header("location"), "/app");
    browser.get("/session").await.expect_status(303);
    let again = Browser::new(&server.app().public_url);
    assert!(again.get(&link).await.expect_status(404).text().contains("good no more"));
    let stolen = twice("another long password");
    again.submit(&link, &stolen).await.expect_status(404);
    again.submit("/session", &[("name", "grace"), ("password", PASSWORD)]).await.expect_status(303);
});

on_both!(a_new_password_ends_all_sessions, |server| {
    let old = server.browser("ada").await;
    old.get("/session").await.expect_status(303);
    let link = invitation(server, "ada").await;
    browser(server).submit(&link, &twice(PASSWORD)).await.expect_status(303);
    old.get("/session").await.expect_status(200);
});

on_both!(it_is_good_for_some_days_and_until_the_next, |server| {
    let (first, second) = (invitation(server, "grace").await, invitation(server, "grace").await);
    browser(server).get(&first).await.expect_status(404);
    server.app().clock.advance(Duration::from_secs(3 * 24 * 3600 - 60));
    browser(server).get(&second).await.expect_status(200);
    server.app().clock.advance(Duration::from_secs(120));
    browser(server).get(&second).await.expect_status(404);
    browser(server).submit(&second, &twice(PASSWORD)).await.expect_status(404);
});

on_both!(of_many_at_once_one_wins, |server| {
    let link = invitation(server, "grace").await;
    let tries = (0..6).map(|_| {
        let (browser, link) = (browser(server), link.clone());
        tokio::spawn(async move { browser.submit(&link, &twice(PASSWORD)).await.status })
    });
    let mut statuses = Vec::new();
    for one in tries.collect::<Vec<_>>() {
        statuses.push(one.await.unwrap());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 404, 404, 404, 404, 404]);
});

on_both!(a_poor_password_is_refused_and_the_link_stays_good, |server| {
    let link = invitation(server, "grace").await;
    let refused = [
        ("elevenchars", "elevenchars", "too short"),
        ("aaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaa", "easy to guess"),
        (PASSWORD, "correct horse batterx", "differ"),
    ];
    for (password, again, says) in refused {
        let fields = [("password", password), ("again", again)];
        let answer = browser(server).submit(&link, &fields).await.expect_status(422);
        assert!(answer.text().contains(says) && !answer.text().contains(password), "{}", answer.text());
    }
    browser(server).submit(&link, &twice(PASSWORD)).await.expect_status(303);
});
