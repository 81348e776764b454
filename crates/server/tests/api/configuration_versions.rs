//! `/workspaces/:id/configuration-versions`, `/configuration-versions/:id` and their downloads. Uploads have a file of
//! their own.

mod disposed;
mod ingress;

use crate::support::{assert_body, creates};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use terrane_testkit::{Actor, Answer, Engines, Setup, body, on_both};

fn no_agent() -> Setup {
    Setup { engines: Engines::Fake, configure: |config| config.agent_slots = 0 }
}

async fn make(actor: &Actor, workspace: &str, attributes: &Value) -> Answer {
    let path = format!("/workspaces/{workspace}/configuration-versions");
    actor.post(&path, &body("configuration-versions", attributes)).await
}

fn ids(list: &Answer) -> Vec<String> {
    let data = list.at("/data");
    let items = data.as_array().expect("a list").iter();
    items.map(|item| item["id"].as_str().expect("an id").to_owned()).collect()
}

on_both!(a_new_one_waits_for_its_archive, |server| {
    let workspace = server.owner.workspace("net").await;
    let made = make(&server.owner, &workspace, &json!({})).await.expect_status(201);
    assert_body!("configuration_version_made", made);
    let url = made.attribute("upload-url").as_str().expect("an upload URL").to_owned();
    assert!(url.starts_with(&format!("{}/v1/object/", server.app().public_url)), "{url}");
    let read = server.owner.get(&format!("/configuration-versions/{}", made.id())).await.expect_status(200);
    assert_eq!(read.attribute("status"), "pending");
});

on_both!(the_upload_url_is_shown_once, |server| {
    let workspace = server.owner.workspace("net").await;
    let (id, url) = server.owner.configuration_version(&workspace, true).await;
    let one = format!("/configuration-versions/{id}");
    let list = format!("/workspaces/{workspace}/configuration-versions");
    let secret = url.rsplit('/').next().expect("a path").to_owned();
    for uploaded in [false, true] {
        for path in [&one, &list] {
            let answer = server.owner.get(path).await.expect_status(200);
            assert!(
                !answer.text().contains("upload-url") && !answer.text().contains(&secret),
                "{}",
                answer.text()
            );
        }
        if !uploaded {
            server.owner.put(&url, creates(1)).await.expect_status(200);
        }
    }
    let run = server.owner.run_of(&workspace, &id, &json!({})).await;
    let with = server.owner.get(&format!("/runs/{}?include=configuration_version", run.id)).await;
    assert_eq!(with.at("/included/0/id"), id.as_str());
    assert!(!with.text().contains("upload-url"));
});

on_both!(the_archive_comes_back_as_it_was_sent, |server| {
    let workspace = server.owner.workspace("net").await;
    let archive = creates(3);
    let id = server.owner.configuration(&workspace, archive.clone()).await;
    let one = format!("/configuration-versions/{id}");
    let read = server.owner.get(&one).await.expect_status(200);
    assert_eq!(read.attribute("status"), "uploaded");
    assert!(read.attribute("status-timestamps")["uploaded-at"].is_string());
    assert_eq!(read.at("/data/links/download"), format!("/api/v2{one}/download").as_str());

    let redirect = server.owner.get(&format!("{one}/download")).await.expect_status(302);
    let url = redirect.header("location").to_owned();
    let got = server.anonymous.get(&url).await.expect_status(200);
    assert_eq!(got.bytes, archive);
    assert_eq!(got.header("content-type"), "application/gzip");
    assert_eq!(got.header("content-disposition"), format!("attachment; filename=\"{id}.tar.gz\""));
    assert_eq!(got.header("content-encoding"), "", "it is compressed already");
    let head = server.anonymous.send(server.anonymous.request(Method::HEAD, &url)).await.expect_status(200);
    assert_eq!(head.header("content-length"), archive.len().to_string());
    assert!(head.bytes.is_empty());
    let again = server.owner.get(&format!("{one}/download")).await.expect_status(302);
    assert_ne!(again.header("location"), url, "each is a new one");
});

on_both!(a_download_url_lives_one_minute, |server| {
    let workspace = server.owner.workspace("net").await;
    let id = server.owner.configuration(&workspace, creates(1)).await;
    let path = format!("/configuration-versions/{id}/download");
    let url = server.owner.get(&path).await.expect_status(302).header("location").to_owned();
    server.app().clock.advance(Duration::from_secs(58));
    server.anonymous.get(&url).await.expect_status(200);
    // From here on it is at least exactly sixty seconds old.
    server.app().clock.advance(Duration::from_secs(2));
    let expired = server.anonymous.get(&url).await.expect_status(403);
    assert_eq!(expired.text(), "this URL has expired; ask the API for a new one\n");
    let fresh = server.owner.get(&path).await.expect_status(302).header("location").to_owned();
    server.anonymous.get(&fresh).await.expect_status(200);
});

on_both!(what_is_not_uploaded_cannot_be_downloaded, |server| {
    let workspace = server.owner.workspace("net").await;
    let (id, _) = server.owner.configuration_version(&workspace, false).await;
    server.owner.get(&format!("/configuration-versions/{id}/download")).await.expect_status(404);
    server.stranger.get(&format!("/configuration-versions/{id}/download")).await.expect_status(404);
});

on_both!(a_run_leads_to_its_configuration, |server| {
    let workspace = server.owner.workspace("net").await;
    let archive = creates(1);
    let run = server.owner.run(&workspace, archive.clone(), &json!({})).await;
    let path = format!("/runs/{}/configuration-version", run.id);
    let shown = server.owner.get(&path).await.expect_status(200);
    let direct = server.owner.get(&format!("/configuration-versions/{}", shown.id())).await;
    assert_eq!(shown.json(), direct.json());
    let redirect = server.owner.get(&format!("{path}/download")).await.expect_status(302);
    assert_eq!(server.anonymous.get(redirect.header("location")).await.expect_status(200).bytes, archive);
    server.stranger.get(&path).await.expect_status(404);
    server.stranger.get(&format!("{path}/download")).await.expect_status(404);
});

on_both!(the_newest_is_first_and_pages_follow, |server| {
    let workspace = server.owner.workspace("net").await;
    let other = server.owner.workspace("other").await;
    make(&server.owner, &other, &json!({})).await.expect_status(201);
    let mut made = Vec::new();
    for _ in 0..5 {
        made.insert(0, make(&server.owner, &workspace, &json!({})).await.expect_status(201).id());
    }
    let list = format!("/workspaces/{workspace}/configuration-versions");
    assert_eq!(ids(&server.owner.get(&list).await.expect_status(200)), made);
    let mut paged = Vec::new();
    let mut next = Some(format!("{list}?page%5Bsize%5D=2"));
    while let Some(path) = next {
        let page = server.owner.get(&path).await.expect_status(200);
        assert_eq!(page.at("/meta/pagination/total-count"), 5);
        assert_eq!(page.at("/meta/pagination/total-pages"), 3);
        paged.extend(ids(&page));
        next = page.at("/links/next").as_str().map(str::to_owned);
    }
    assert_eq!(paged, made);
    server.stranger.get(&list).await.expect_status(404);
    server.owner.get("/workspaces/ws-nothing/configuration-versions").await.expect_status(404);
});

on_both!(attributes_are_kept, no_agent(), |server| {
    let workspace = server.owner.workspace("net").await;
    let wish = json!({ "auto-queue-runs": false, "speculative": true, "provisional": true, "status": "uploaded",
        "unknown": [1] });
    let made = make(&server.owner, &workspace, &wish).await.expect_status(201);
    let read = server.owner.get(&format!("/configuration-versions/{}", made.id())).await;
    for (name, value) in [("auto-queue-runs", false), ("speculative", true), ("provisional", true)] {
        assert_eq!(read.attribute(name), value, "{name}");
    }
    assert_eq!(read.attribute("status"), "pending");
    assert_eq!(read.attribute("source"), "tfe-api");
    let path = format!("/workspaces/{workspace}/configuration-versions");
    let request = server.owner.request(Method::POST, &path).header("x-terraform-integration", "cloud");
    let made = server.owner.send(request).await.expect_status(201);
    assert_eq!(made.attribute("source"), "terraform");
});

on_both!(an_upload_starts_a_run_when_asked_to, no_agent(), |server| {
    let workspace = server.owner.workspace("net").await;
    let runs = format!("/workspaces/{workspace}/runs");
    for (queued, wish) in [(0, json!({ "auto-queue-runs": false })), (1, json!({}))] {
        let made = make(&server.owner, &workspace, &wish).await.expect_status(201);
        let url = made.attribute("upload-url").as_str().expect("an upload URL").to_owned();
        server.anonymous.put(&url, creates(1)).await.expect_status(200);
        server.anonymous.put(&url, creates(1)).await.expect_status(200);
        let listed = server.owner.get(&runs).await.expect_status(200);
        assert_eq!(listed.at("/data").as_array().map(Vec::len), Some(queued), "a second upload starts none");
    }
    let run = server.owner.get(&runs).await;
    let ada = server.owner.get("/account/details").await.id();
    assert_eq!(run.at("/data/0/relationships/created-by/data/id"), ada.as_str());
    assert_eq!(run.at("/data/0/attributes/source"), "tfe-configuration-version");
});

on_both!(runs_of_a_speculative_one_are_plan_only, no_agent(), |server| {
    let workspace = server.owner.workspace("net").await;
    let (id, url) = server.owner.configuration_version(&workspace, true).await;
    server.owner.put(&url, creates(1)).await.expect_status(200);
    let run = server.owner.post_run(&workspace, &id, &json!({})).await.expect_status(201);
    assert_eq!(run.attribute("plan-only"), true);
    server.owner.post_run(&workspace, &id, &json!({ "plan-only": false })).await.expect_status(422);
    let read = server.owner.get(&format!("/workspaces/{workspace}")).await;
    assert_eq!(read.at("/data/relationships/current-configuration-version/data"), Value::Null);
});

on_both!(a_pending_one_cannot_be_planned, no_agent(), |server| {
    let workspace = server.owner.workspace("net").await;
    let (id, _) = server.owner.configuration_version(&workspace, false).await;
    let refused = server.owner.post_run(&workspace, &id, &json!({})).await.expect_status(422);
    assert_eq!(refused.at("/errors/0/source/pointer"), "/data/relationships/configuration-version");
    assert!(refused.error().contains("pending"), "{}", refused.error());
});

on_both!(the_first_run_of_each_is_included, |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    let (used, unused) = (
        owner.configuration(&workspace, creates(1)).await,
        owner.configuration(&workspace, creates(1)).await,
    );
    let first = owner.run_of(&workspace, &used, &json!({ "plan-only": true })).await;
    owner.run_of(&workspace, &used, &json!({ "plan-only": true })).await;
    // A run of another workspace is that one's affair.
    let other = owner.workspace("other").await;
    owner.run_of(&other, &unused, &json!({ "plan-only": true })).await;
    // The run is compared between two reads, so it must stand still.
    owner.planned(&first).await;
    let list = format!("/workspaces/{workspace}/configuration-versions");
    let listed = owner.get(&format!("{list}?include=run.plan")).await.expect_status(200);
    assert_eq!(listed.at("/data/0/relationships/run/data"), json!(null));
    assert_eq!(listed.at("/data/1/relationships/run/data"), json!({ "type": "runs", "id": first.id }));
    assert_eq!(
        (listed.at("/included/0/id"), listed.at("/included/1/id"), listed.at("/included/2")),
        (json!(first.id), json!(first.plan), json!(null))
    );
    let one = owner.get(&format!("/configuration-versions/{used}?include=run")).await.expect_status(200);
    assert_eq!(one.at("/included/0"), listed.at("/included/0"));
    let bare = owner.get(&list).await.expect_status(200);
    assert_eq!((bare.at("/data/1/relationships/run"), bare.at("/included")), (json!(null), json!(null)));
});
