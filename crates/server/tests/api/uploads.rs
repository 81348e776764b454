//! `PUT <upload-url>`: what is accepted, what is refused, and what is left of an upload that fails.

mod archives;
mod signed_urls;
mod traces;

use crate::support::creates;
use archives::{Entry, archive_of, bad_archives};
use reqwest::Method;
use serde_json::json;
use std::time::Duration;
use terrane_server::platform::db::{Exec, sql};
use terrane_testkit::{Actor, Engines, Setup, TestServer, on_both};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const LIMIT_BYTES: u64 = 256 * 1024;

fn tight() -> Setup {
    Setup {
        engines: Engines::Fake,
        configure: |config| {
            config.agent_slots = 0;
            config.limits.archive_bytes_max = LIMIT_BYTES;
            config.limits.archive.unpacked_bytes_max = 4 * 1024 * 1024;
            config.limits.archive.entries_max = 50;
            config.limits.archive.ratio_free_bytes = 64 * 1024;
            config.limits.body_idle_timeout = Duration::from_millis(400);
        },
    }
}

async fn status(actor: &Actor, id: &str) -> serde_json::Value {
    actor.get(&format!("/configuration-versions/{id}")).await.expect_status(200).attribute("status")
}

/// How many objects are stored: what was refused leaves none.
async fn stored_objects(server: &TestServer) -> i64 {
    let (count,): (i64,) = server
        .app()
        .db
        .one(sql("SELECT CAST(COUNT(*) AS BIGINT) FROM objects"))
        .await
        .expect("the rows can be counted");
    count
}

/// Opens a connection of its own and sends these bytes.
async fn connect(server: &TestServer, bytes: &[u8]) -> TcpStream {
    let address = server.app().public_url.strip_prefix("http://").expect("an address without TLS").to_owned();
    let mut stream = TcpStream::connect(address).await.expect("the server listens");
    stream.write_all(bytes).await.expect("the server reads");
    stream
}

fn request_head(url: &str, length: usize) -> Vec<u8> {
    let path = &url[url.find("/v1/").expect("a signed URL")..];
    format!("PUT {path} HTTP/1.1\r\nhost: terrane\r\ncontent-length: {length}\r\n\r\n").into_bytes()
}

on_both!(a_second_upload_is_accepted_and_changes_nothing, tight(), |server| {
    let workspace = server.owner.workspace("net").await;
    let (id, url) = server.owner.configuration_version(&workspace, false).await;
    let first = creates(1);
    server.anonymous.put(&url, first.clone()).await.expect_status(200);
    let before = server.owner.get(&format!("/configuration-versions/{id}")).await;
    server.anonymous.put(&url, creates(2)).await.expect_status(200);
    assert_eq!(server.owner.get(&format!("/configuration-versions/{id}")).await.json(), before.json());
    let redirect =
        server.owner.get(&format!("/configuration-versions/{id}/download")).await.expect_status(302);
    assert_eq!(server.anonymous.get(redirect.header("location")).await.bytes, first);
});

on_both!(uploads_at_the_same_time_have_one_winner, tight(), |server| {
    let workspace = server.owner.workspace("net").await;
    let (id, url) = server.owner.configuration_version(&workspace, false).await;
    let archives: Vec<Vec<u8>> = (1..=6).map(creates).collect();
    let uploads = archives.iter().map(|archive| server.anonymous.put(&url, archive.clone()));
    for answer in futures_util::future::join_all(uploads).await {
        answer.expect_status(200);
    }
    let redirect =
        server.owner.get(&format!("/configuration-versions/{id}/download")).await.expect_status(302);
    let kept = server.anonymous.get(redirect.header("location")).await.expect_status(200).bytes;
    assert_eq!(archives.iter().filter(|archive| **archive == kept).count(), 1);
});

on_both!(a_bad_archive_is_refused_with_its_reason_and_leaves_it_pending, tight(), |server| {
    let workspace = server.owner.workspace("net").await;
    let (id, url) = server.owner.configuration_version(&workspace, false).await;
    for (reason, archive) in bad_archives() {
        let refused = server.anonymous.put(&url, archive).await;
        let refused = refused.expect_status(422);
        assert_eq!(refused.header("content-type"), "application/vnd.api+json");
        assert_eq!(refused.at("/errors/0/status"), "422");
        assert!(refused.error().contains(reason), "expected {reason:?}: {}", refused.error());
        assert_eq!(status(&server.owner, &id).await, "pending", "{reason}");
    }
    server.owner.post_run(&workspace, &id, &json!({})).await.expect_status(422);
    assert_eq!(stored_objects(server).await, 0);
    server.anonymous.put(&url, creates(1)).await.expect_status(200);
    assert_eq!(status(&server.owner, &id).await, "uploaded");
});

on_both!(what_real_packers_make_is_accepted, tight(), |server| {
    let workspace = server.owner.workspace("net").await;
    let archives = [
        archive_of(&[]),
        archive_of(&[Entry::folder("./"), Entry::file("./main.tf", b"# nothing\n")]),
        archive_of(&[
            Entry::folder("modules/"),
            Entry::file("modules/a/main.tf", b""),
            Entry::link("b.tf", "modules/a/main.tf"),
        ]),
        archive_of(&[Entry::file("größe.tf", "# ü\n".as_bytes())]),
    ];
    for archive in archives {
        server.owner.configuration(&workspace, archive).await;
    }
});

on_both!(an_upload_that_is_cut_off_leaves_it_pending, tight(), |server| {
    let workspace = server.owner.workspace("net").await;
    let (id, url) = server.owner.configuration_version(&workspace, false).await;
    let archive = creates(1);
    for sent in [0, 1, archive.len() / 2, archive.len() - 1] {
        let mut bytes = request_head(&url, archive.len());
        bytes.extend_from_slice(&archive[..sent]);
        let stream = connect(server, &bytes).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
        drop(stream);
        assert_eq!(status(&server.owner, &id).await, "pending", "{sent} bytes");
    }
    // The same, ended cleanly by the client, with the read half open for the answer.
    let mut bytes = request_head(&url, archive.len());
    bytes.extend_from_slice(&archive[..10]);
    let mut stream = connect(server, &bytes).await;
    stream.shutdown().await.expect("half of the connection can be closed");
    let mut answer = String::new();
    // An answer is a courtesy here: nobody is left who speaks HTTP.
    let _ = stream.read_to_string(&mut answer).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400"), "{answer}");
    assert_eq!(status(&server.owner, &id).await, "pending");
    assert_eq!(stored_objects(server).await, 0);
    server.anonymous.put(&url, archive).await.expect_status(200);
    assert_eq!(status(&server.owner, &id).await, "uploaded");
});

on_both!(an_upload_that_stops_arriving_is_given_up, tight(), |server| {
    let workspace = server.owner.workspace("net").await;
    let (id, url) = server.owner.configuration_version(&workspace, false).await;
    let mut stream = connect(server, &[request_head(&url, 1000), b"\x1f\x8b".to_vec()].concat()).await;
    let mut answer = vec![0; 4096];
    let count = tokio::time::timeout(Duration::from_secs(10), stream.read(&mut answer)).await;
    let count = count.expect("the server does not wait for ever").expect("it answers");
    let answer = String::from_utf8_lossy(&answer[..count]).into_owned();
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert_eq!(status(&server.owner, &id).await, "pending");
});

on_both!(a_slow_but_steady_upload_arrives, tight(), |server| {
    let workspace = server.owner.workspace("net").await;
    let (id, url) = server.owner.configuration_version(&workspace, false).await;
    let archive = creates(1);
    let mut stream = connect(server, &request_head(&url, archive.len())).await;
    for part in archive.chunks(archive.len().div_ceil(4)) {
        tokio::time::sleep(Duration::from_millis(200)).await;
        stream.write_all(part).await.expect("the server reads");
    }
    let mut answer = vec![0; 4096];
    let count = stream.read(&mut answer).await.expect("it answers");
    assert!(answer[..count].starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer[..count]));
    assert_eq!(status(&server.owner, &id).await, "uploaded");
});

on_both!(an_archive_over_the_limit_is_413, tight(), |server| {
    let workspace = server.owner.workspace("net").await;
    let (id, url) = server.owner.configuration_version(&workspace, false).await;
    let limit = usize::try_from(LIMIT_BYTES).expect("a small limit");
    for size in [limit + 1, 4 * limit, 16 * limit, 64 * limit, 64 * limit] {
        let refused = server.anonymous.put(&url, vec![0x1f; size]).await.expect_status(413);
        assert_eq!(refused.at("/errors/0/status"), "413", "{size}");
        assert!(refused.error().contains(&LIMIT_BYTES.to_string()), "{}", refused.error());
        assert_eq!(status(&server.owner, &id).await, "pending");
    }
    // Without a length the limit is noticed on the way.
    let parts = (0..80).map(|_| Ok::<_, std::io::Error>(vec![0x1f; 8 * 1024]));
    let chunked = reqwest::Body::wrap_stream(futures_util::stream::iter(parts));
    server.anonymous.put(&url, chunked).await.expect_status(413);
    server.anonymous.put(&url, creates(1)).await.expect_status(200);
});

on_both!(any_content_type_is_accepted, tight(), |server| {
    let workspace = server.owner.workspace("net").await;
    for content_type in ["application/octet-stream", "application/gzip", "application/json", "nonsense"] {
        let (id, url) = server.owner.configuration_version(&workspace, false).await;
        let request =
            server.anonymous.request(Method::PUT, &url).header("content-type", content_type).body(creates(1));
        server.anonymous.send(request).await.expect_status(200);
        assert_eq!(status(&server.owner, &id).await, "uploaded", "{content_type}");
    }
});

on_both!(of_a_deleted_workspace_there_is_nothing_left_to_upload_to, tight(), |server| {
    let workspace = server.owner.workspace("net").await;
    let (_, url) = server.owner.configuration_version(&workspace, false).await;
    server.owner.delete(&format!("/workspaces/{workspace}")).await.expect_status(204);
    let gone = server.anonymous.put(&url, creates(1)).await.expect_status(404);
    assert_eq!(gone.header("cache-control"), "private, no-store");
});
