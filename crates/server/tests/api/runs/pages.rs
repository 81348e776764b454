//! The pages of runs and workspaces: what they show, to whom it is text, and what may be decided there.

use crate::support::creates;
use serde_json::json;
use terrane_testkit::{Browser, TestServer, body, fake_archive, on_both};

const HOSTILE: &str = "</h1><script>alert(1)</script><img src=x onerror=alert(1)>\u{202e}\"'";

async fn text(browser: &Browser, path: &str) -> String {
    let answer = browser.get(path).await.expect_status(200);
    let text = answer.text();
    assert!(!text.contains("<script") && !text.contains("<img"), "{path}: {text}");
    text
}

on_both!(a_run_is_shown_decided_and_applied, |server| {
    let (owner, browser) = (&server.owner, server.browser("ada").await);
    let workspace = owner.workspace("net").await;
    let run = owner.run(&workspace, creates(2), &json!({ "message": HOSTILE })).await;
    owner.planned(&run).await;
    let path = format!("/app/acme/net/runs/{}", run.id);
    let page = text(&browser, &path).await;
    for part in
        ["planned", "started by ada", "<b>2</b> to create", "&lt;script&gt;", "Confirm and apply", &run.id]
    {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("http-equiv=\"refresh\""), "nobody's comment is lost: {page}");
    let log = owner.log(&run).await;
    let last = log.lines().rev().find(|line| line.len() > 5).unwrap();
    assert!(page.contains(&last.replace('"', "&quot;")), "{last}: {page}");
    let whole = browser.get(&format!("{path}/plan-log")).await.expect_status(200);
    assert_eq!(whole.header("content-type"), "text/plain; charset=utf-8");
    assert!(log.ends_with(&whole.text()), "the preamble is for clients");
    // Decided on the page, with a comment.
    let led =
        browser.submit(&format!("{path}/confirm"), &[("comment", "looks fine")]).await.expect_status(303);
    assert_eq!(led.header("location"), path);
    owner.wait_for(&run, &["applied"]).await;
    let page = text(&browser, &path).await;
    for part in ["applied", "confirmed by ada", "<b>0</b> created"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let comments = owner.get(&format!("/runs/{}/comments", run.id)).await;
    assert_eq!(comments.at("/data/0/attributes/body"), "looks fine");
    // Too late.
    for action in ["confirm", "discard", "cancel"] {
        let late = browser.submit(&format!("{path}/{action}"), &[]).await.expect_status(409);
        assert!(late.text().contains("it is applied"), "{}", late.text());
    }
});

on_both!(a_run_is_discarded_and_canceled_on_its_page, |server| {
    let (owner, browser) = (&server.owner, server.browser("ada").await);
    let workspace = owner.workspace("net").await;
    let run = owner.run(&workspace, creates(1), &json!({})).await;
    owner.planned(&run).await;
    browser.submit(&format!("/app/acme/net/runs/{}/discard", run.id), &[]).await.expect_status(303);
    owner.wait_for(&run, &["discarded"]).await;
    let hanging = fake_archive(&json!({ "plan": [{ "print": "hanging\n" }, { "hang": true }] }));
    let run = owner.run(&workspace, hanging, &json!({})).await;
    owner.wait_for_log(&run, "hanging").await;
    let path = format!("/app/acme/net/runs/{}", run.id);
    let page = text(&browser, &path).await;
    assert!(page.contains("http-equiv=\"refresh\"") && page.contains("hanging"), "{page}");
    browser.submit(&format!("{path}/cancel"), &[]).await.expect_status(303);
    owner.wait_for(&run, &["canceled"]).await;
    assert!(text(&browser, &path).await.contains("canceled by ada"));
});

on_both!(of_a_long_log_the_end_is_shown_as_text, |server| {
    let (owner, browser) = (&server.owner, server.browser("ada").await);
    let workspace = owner.workspace("net").await;
    let lines: String = (0..9000).map(|number| format!("line {number} of a long log <b>\n")).collect();
    let end = format!("\u{1b}[1m\u{1b}[31mred {HOSTILE}\u{1b}[0m\u{7}end\n");
    let archive = fake_archive(&json!({ "plan": [{ "print": lines }, { "print": end }] }));
    let run = owner.run(&workspace, archive, &json!({ "plan-only": true })).await;
    owner.planned(&run).await;
    let path = format!("/app/acme/net/runs/{}", run.id);
    let page = text(&browser, &path).await;
    assert!(page.len() < 300_000 && page.contains("KiB before it are left out"), "{}", page.len());
    assert!(
        page.contains("line 8999 of a long log &lt;b&gt;") && !page.contains("line 10 of"),
        "{}",
        page.len()
    );
    assert!(page.contains("red &lt;/h1&gt;&lt;script&gt;") && !page.contains('\u{1b}'), "{}", page.len());
    let whole = browser.get(&format!("{path}/plan-log")).await.expect_status(200).text();
    assert!(whole.contains("line 10 of a long log <b>\n") && whole.contains(&end));
});

on_both!(a_run_is_only_below_its_own_workspace, |server| {
    let browser = server.browser("ada").await;
    let workspace = server.owner.workspace("net").await;
    server.owner.workspace("other").await;
    let run = server.owner.run(&workspace, creates(1), &json!({ "plan-only": true })).await;
    browser.get(&format!("/app/acme/net/runs/{}", run.id)).await.expect_status(200);
    browser.get(&format!("/app/acme/other/runs/{}", run.id)).await.expect_status(404);
    browser.get(&format!("/app/nobody/net/runs/{}", run.id)).await.expect_status(404);
    server.browser("mallory").await.get(&format!("/app/acme/net/runs/{}", run.id)).await.expect_status(404);
    server.browser("root").await.get(&format!("/app/acme/net/runs/{}", run.id)).await.expect_status(200);
});

/// A workspace whose texts are markup.
async fn hostile_workspace(server: &TestServer) {
    let owner = &server.owner;
    let workspace = owner.workspace_with(&json!({ "name": "net", "description": HOSTILE })).await;
    let variable = json!({ "key": "region", "value": "hidden-value", "category": "env", "sensitive": true,
        "description": HOSTILE });
    owner.variable(&workspace, &variable).await;
    owner.post(&format!("/workspaces/{workspace}/actions/lock"), &json!({ "reason": HOSTILE })).await;
}

on_both!(organizations_workspaces_and_variables_have_pages, |server| {
    let browser = server.browser("ada").await;
    hostile_workspace(server).await;
    assert!(text(&browser, "/app").await.contains("href=\"/app/acme/workspaces\""));
    assert!(text(&browser, "/app/acme/workspaces").await.contains("href=\"/app/acme/workspaces/net\""));
    for path in ["/app/acme", "/app/acme/net"] {
        browser.follow(browser.get(path).await.expect_status(303)).await.expect_status(200);
    }
    let page = text(&browser, "/app/acme/workspaces/net").await;
    assert!(page.contains("Locked by a user: &lt;/h1&gt;") && page.contains("No runs."), "{page}");
    assert!(text(&browser, "/app/acme/net/runs?page=3").await.contains("No runs."));
    let page = text(&browser, "/app/acme/net/variables").await;
    assert!(
        page.contains("region") && page.contains("sensitive") && !page.contains("hidden-value"),
        "{page}"
    );
    // What somebody else has is in no list.
    let page = text(&server.browser("mallory").await, "/app").await;
    assert!(!page.contains("acme"), "{page}");
});

on_both!(runs_are_listed_by_page_newest_first, |server| {
    let (owner, browser) = (&server.owner, server.browser("ada").await);
    let workspace = owner.workspace("net").await;
    let configuration = owner.configuration(&workspace, creates(1)).await;
    owner.post(&format!("/workspaces/{workspace}/actions/lock"), &json!({})).await.expect_status(200);
    for number in 0..31 {
        let message = json!({ "message": format!("number {number}.") });
        owner.run_of(&workspace, &configuration, &message).await;
    }
    let first = text(&browser, "/app/acme/net/runs").await;
    assert!(
        first.contains("number 30.") && !first.contains("number 0.") && first.contains("?page=2"),
        "{first}"
    );
    let second = text(&browser, "/app/acme/net/runs?page=2").await;
    assert!(
        second.contains("number 0.") && !second.contains("?page=3") && second.contains("by ada").eq(&false)
    );
    let start = text(&browser, "/app/acme/workspaces/net").await;
    assert!(
        start.contains("number 21.") && !start.contains("number 20.") && start.contains("All runs"),
        "{start}"
    );
});

on_both!(a_name_that_is_the_place_of_pages_is_refused, |server| {
    let wish = body("organizations", &json!({ "name": "settings" }));
    let refused = server.owner.post("/organizations", &wish).await.expect_status(422);
    assert!(refused.error().contains("choose another name"), "{}", refused.text());
    server.owner.patch("/organizations/acme", &wish).await.expect_status(422);
    let fine = body("organizations", &json!({ "name": "settings2" }));
    server.owner.post("/organizations", &fine).await.expect_status(201);
});
