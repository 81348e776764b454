//! `/app/settings/tokens`: a user's tokens as a page.

use terrane_testkit::on_both;

const PATH: &str = "/app/settings/tokens";

/// The token that a page shows.
fn shown(page: &str) -> Option<&str> {
    page.split("<code class=\"secret\">").nth(1)?.split('<').next()
}

on_both!(a_token_is_made_shown_once_and_revoked, |server| {
    let browser = server.browser("ada").await;
    let made =
        browser.submit(PATH, &[("description", "<b>laptop</b>"), ("days", "30")]).await.expect_status(200);
    let (page, token) = (made.text(), shown(&made.text()).expect("it is shown").to_owned());
    assert!(page.contains("&lt;b&gt;laptop&lt;/b&gt;") && !page.contains("<b>laptop"), "{page}");
    let actor = server.owner.with_token(&token);
    assert_eq!(actor.get("/account/details").await.expect_status(200).attribute("username"), "ada");
    let list = browser.get(PATH).await.expect_status(200).text();
    assert!(list.contains("laptop") && !list.contains(&token) && shown(&list).is_none(), "{list}");
    let id =
        list.split(&format!("{PATH}/")).nth(1).and_then(|rest| rest.split('/').next()).unwrap().to_owned();
    // Nobody else revokes it, not even a site administrator.
    let revoke = format!("{PATH}/{id}/delete");
    for other in ["mallory", "root"] {
        server.browser(other).await.submit(&revoke, &[]).await.expect_status(404);
    }
    actor.get("/account/details").await.expect_status(200);
    browser.submit(&revoke, &[]).await.expect_status(303);
    actor.get("/account/details").await.expect_status(401);
    browser.submit(&revoke, &[]).await.expect_status(404);
});

on_both!(a_wish_that_is_not_clear_makes_nothing, |server| {
    let browser = server.browser("mallory").await;
    let count = async |browser: &terrane_testkit::Browser| {
        browser.get(PATH).await.text().matches("/delete\"").count()
    };
    let before = count(&browser).await;
    let long = "a".repeat(600);
    for fields in [[("description", " "), ("days", "30")], [("description", &long), ("days", "30")]] {
        browser.submit(PATH, &fields).await.expect_status(422);
    }
    browser.submit(PATH, &[("description", "x"), ("days", "99999")]).await.expect_status(422);
    browser.submit(PATH, &[("description", "x"), ("days", "-1")]).await.expect_status(400);
    assert_eq!(count(&browser).await, before);
});

on_both!(whoever_comes_from_the_command_line_is_told_so, |server| {
    let page =
        server.browser("ada").await.get(&format!("{PATH}?source=terraform-login")).await.expect_status(200);
    assert!(page.text().contains("The command line waits for a token"), "{}", page.text());
});
