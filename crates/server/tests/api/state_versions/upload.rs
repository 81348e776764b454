//! `PUT` to the two upload URLs: in either order, again, half, and of something else.

use super::{Pending, current, lock, unlock, write};
use serde_json::Value;
use std::time::Duration;
use terrane_testkit::{Engines, Setup, TestServer, on_both, state_file};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

const JSON: &str = r#"{"format_version":"1.0"}"#;
const LIMIT_BYTES: usize = 64 * 1024;

fn tight() -> Setup {
    Setup {
        engines: Engines::Fake,
        configure: |config| {
            config.agent_slots = 0;
            config.limits.state_bytes_max = LIMIT_BYTES as u64;
            config.limits.body_idle_timeout = Duration::from_millis(400);
        },
    }
}

on_both!(both_uploads_in_either_order, tight(), |server| {
    let owner = &server.owner;
    for (name, order) in [("a", [true, false]), ("b", [false, true])] {
        let workspace = owner.workspace(name).await;
        lock(owner, &workspace).await;
        let state = state_file(1);
        let pending = Pending::announce(owner, &workspace, 1, &state).await;
        current(owner, &workspace).await.expect_status(404);
        for is_state in order {
            match is_state {
                true => server.anonymous.put(&pending.state_url, state.clone()).await.expect_status(200),
                false => server.anonymous.put(&pending.json_url, JSON).await.expect_status(200),
            };
        }
        let read = current(owner, &workspace).await.expect_status(200);
        assert_eq!((read.id(), read.attribute("status")), (pending.id.clone(), "finalized".into()));
        for name in ["hosted-state-upload-url", "hosted-json-state-upload-url"] {
            assert_eq!(read.attribute(name), Value::Null, "{name}");
        }
        for (name, bytes) in [
            ("hosted-state-download-url", state.as_slice()),
            ("hosted-json-state-download-url", JSON.as_bytes()),
        ] {
            let url = read.attribute(name).as_str().expect("a URL").to_owned();
            assert_eq!(server.anonymous.get(&url).await.expect_status(200).bytes, bytes, "{name}");
        }
        assert_eq!(read.attribute("size"), state.len());
        unlock(owner, &workspace).await.expect_status(200);
        // Again, as a client does that has not seen the answer.
        server.anonymous.put(&pending.state_url, state.clone()).await.expect_status(200);
        server.anonymous.put(&pending.json_url, "{}").await.expect_status(200);
        server.anonymous.put(&pending.state_url, state_file(2)).await.expect_status(412);
        assert_eq!(current(owner, &workspace).await.json(), read.json());
    }
});

on_both!(uploads_at_the_same_time, tight(), |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    lock(owner, &workspace).await;
    let state = state_file(1);
    let pending = Pending::announce(owner, &workspace, 1, &state).await;
    let puts = (0..6).map(|index| match index % 2 {
        0 => server.anonymous.put(&pending.state_url, state.clone()),
        _ => server.anonymous.put(&pending.json_url, JSON.as_bytes().to_vec()),
    });
    for answer in futures_util::future::join_all(puts).await {
        answer.expect_status(200);
    }
    let outputs = owner.get(&format!("/state-versions/{}/outputs", pending.id)).await;
    assert_eq!(outputs.at("/meta/pagination/total-count"), 3);
});

on_both!(bytes_that_do_not_fit_leave_it_pending, tight(), |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    lock(owner, &workspace).await;
    let state = state_file(1);
    let pending = Pending::announce(owner, &workspace, 1, &state).await;
    for (bytes, status) in [
        (state_file(2), 412),
        (Vec::new(), 412),
        (state[1..].to_vec(), 412),
        (vec![b' '; LIMIT_BYTES + 1], 413),
    ] {
        server.anonymous.put(&pending.state_url, bytes).await.expect_status(status);
        assert_eq!(pending.status(owner).await, "pending");
    }
    server.anonymous.put(&pending.json_url, "not json").await.expect_status(422);
    server.anonymous.put(&pending.json_url, vec![b' '; LIMIT_BYTES + 1]).await.expect_status(413);
    server.anonymous.put(&pending.state_url, state).await.expect_status(200);
    // What was announced may still be no state.
    let text = b"swordfish".to_vec();
    let pending = Pending::announce(owner, &workspace, 2, &text).await;
    let refused = server.anonymous.put(&pending.state_url, text).await.expect_status(422);
    assert!(refused.error().contains("not valid JSON") && !refused.text().contains("swordfish"));
    assert_eq!(pending.status(owner).await, "pending");
});

async fn send(server: &TestServer, url: &str, length: usize, bytes: &[u8]) -> TcpStream {
    let address = server.app().public_url.strip_prefix("http://").expect("an address without TLS").to_owned();
    let path = &url[url.find("/v1/").expect("a signed URL")..];
    let head = format!("PUT {path} HTTP/1.1\r\nhost: terrane\r\ncontent-length: {length}\r\n\r\n");
    let mut stream = TcpStream::connect(address).await.expect("the server listens");
    stream.write_all(&[head.as_bytes(), bytes].concat()).await.expect("the server reads");
    stream
}

on_both!(half_an_upload_leaves_it_pending, tight(), |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    lock(owner, &workspace).await;
    let state = state_file(1);
    let pending = Pending::announce(owner, &workspace, 1, &state).await;
    for sent in [0, 1, state.len() / 2, state.len() - 1] {
        let stream = send(server, &pending.state_url, state.len(), &state[..sent]).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
        drop(stream);
        assert_eq!(pending.status(owner).await, "pending", "{sent} bytes");
        current(owner, &workspace).await.expect_status(404);
    }
    // One that stops arriving is given up by the server.
    let _stream = send(server, &pending.state_url, state.len(), &state[..10]).await;
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(pending.status(owner).await, "pending");
    unlock(owner, &workspace).await.expect_status(422);
    server.anonymous.put(&pending.state_url, state).await.expect_status(200);
    unlock(owner, &workspace).await.expect_status(200);
});

on_both!(a_superseded_one_is_discarded, tight(), |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    lock(owner, &workspace).await;
    let (one, two) = (state_file(1), state_file(2));
    let old = Pending::announce(owner, &workspace, 1, &one).await;
    let new = Pending::announce(owner, &workspace, 2, &two).await;
    assert_eq!((old.status(owner).await, new.status(owner).await), ("discarded".into(), "pending".into()));
    let late = server.anonymous.put(&old.state_url, one.clone()).await.expect_status(409);
    assert!(late.error().contains("discarded"), "{}", late.error());
    server.anonymous.put(&old.json_url, JSON).await.expect_status(409);
    server.anonymous.put(&new.state_url, two).await.expect_status(200);
    let third = Pending::announce(owner, &workspace, 3, &state_file(3)).await;
    write(owner, &workspace, 3, &state_file(33)).await.expect_status(201);
    assert_eq!(third.status(owner).await, "discarded");
    assert_eq!(current(owner, &workspace).await.attribute("serial"), 3);
});

on_both!(upload_urls_are_bound_to_their_object_and_time, tight(), |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    lock(owner, &workspace).await;
    let state = state_file(1);
    let pending = Pending::announce(owner, &workspace, 1, &state).await;
    server.anonymous.get(&pending.state_url).await.expect_status(403);
    server.anonymous.put(&format!("{}x", pending.state_url), state.clone()).await.expect_status(403);
    // The JSON form's URL does not take the state's place.
    server.anonymous.put(&pending.json_url, state.clone()).await.expect_status(200);
    assert_eq!(pending.status(owner).await, "pending");
    server.app().clock.advance(Duration::from_secs(25 * 3600));
    server.anonymous.put(&pending.state_url, state).await.expect_status(403);
});

on_both!(a_download_url_lives_25_hours, tight(), |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    let id = owner.state(&workspace, 1, &state_file(1)).await;
    let read =
        || async { owner.get(&format!("/state-versions/{id}")).await.attribute("hosted-state-download-url") };
    let url = read().await;
    assert_eq!(read().await, url, "documents can be compared");
    let url = url.as_str().expect("a URL").to_owned();
    server.app().clock.advance(Duration::from_secs(25 * 3600));
    server.anonymous.get(&url).await.expect_status(200);
    server.app().clock.advance(Duration::from_secs(3600));
    server.anonymous.get(&url).await.expect_status(403);
    server.anonymous.get(read().await.as_str().expect("a URL")).await.expect_status(200);
});
