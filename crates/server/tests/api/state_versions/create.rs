//! `POST /workspaces/:id/state-versions`: what is taken and what is refused.

use super::{Pending, current, lock, post, unlock, write};
use crate::support::assert_body;
use flate2::read::GzDecoder;
use reqwest::Method;
use serde_json::{Value, json};
use std::io::Read;
use terrane_testkit::{Actor, Engines, LINEAGE, Setup, md5_hex, on_both, state_body, state_file};

on_both!(a_whole_state_is_current_at_once, |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    current(owner, &workspace).await.expect_status(404);
    lock(owner, &workspace).await;
    let state = state_file(7);
    let made = write(owner, &workspace, 7, &state).await.expect_status(201);
    assert_body!("state_version_made", made);
    assert_eq!(made.header("x-terraform-snapshot-interval"), "20");
    let read = current(owner, &workspace).await.expect_status(200);
    assert_eq!(read.json(), made.json());
    assert_eq!(read.header("x-terraform-snapshot-interval"), "20");
    let shown = owner.get(&format!("/workspaces/{workspace}?include=current_state_version")).await;
    assert_eq!(shown.at("/data/relationships/current-state-version/data/id"), made.id().as_str());
    assert_eq!(shown.attribute("resource-count"), 3);
    assert_eq!(shown.at("/included/0/attributes"), made.at("/data/attributes"));
    for actor in [&server.stranger, &server.anonymous] {
        let answer = post(actor, &workspace, &state_body(8, None, &state_file(8))).await;
        assert!(matches!(answer.status, 401 | 404), "{}", answer.text());
    }
});

on_both!(the_state_comes_back_byte_for_byte, |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    lock(owner, &workspace).await;
    let mut compressed = 0;
    let odd =
        b"\n{ \"version\":4 ,\r\n\"serial\":  3, \"lineage\":\"x\", \"unknown\":[1.0e0,\"\\u00e9\"] }\t\n"
            .to_vec();
    for (serial, state) in [(1, state_file(1)), (3, odd)] {
        let mut body = state_body(serial, None, &state);
        body["data"]["attributes"]["json-state"] = json!("eyJhIjoxfQ");
        let made = post(owner, &workspace, &body).await.expect_status(201);
        let url = made.attribute("hosted-state-download-url").as_str().expect("a URL").to_owned();
        let got = server.anonymous.get(&url).await.expect_status(200);
        assert_eq!(got.bytes, state);
        assert_eq!(got.header("content-type"), "application/json");
        // Go's clients ask for it compressed.
        let request = server.anonymous.request(Method::GET, &url).header("accept-encoding", "gzip");
        let packed = server.anonymous.send(request).await.expect_status(200);
        if packed.header("content-encoding") == "gzip" {
            let mut unpacked = Vec::new();
            GzDecoder::new(packed.bytes.as_slice()).read_to_end(&mut unpacked).expect("it is gzip");
            assert_eq!(unpacked, state);
            compressed += 1;
        }
        // The CLI sends its token too.
        assert_eq!(owner.get(&url).await.expect_status(200).bytes, state);
        let redirect = owner.get(&format!("/state-versions/{}/download", made.id())).await.expect_status(302);
        assert_eq!(server.anonymous.get(redirect.header("location")).await.expect_status(200).bytes, state);
        let json = made.attribute("hosted-json-state-download-url").as_str().expect("a URL").to_owned();
        assert_eq!(server.anonymous.get(&json).await.expect_status(200).text(), "{\"a\":1}");
        server.anonymous.put(&url, "x").await.expect_status(403);
    }
    assert_eq!(compressed, 1, "the larger one");
});

/// Who holds the lock while somebody writes.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Holder {
    Me,
    Another,
    Nobody,
}

/// One row of the table: the current state has serial 5.
async fn one_case(
    me: &Actor,
    other: &Actor,
    workspace: &str,
    case: (i64, bool, Option<&str>, Holder),
) -> (u16, u16) {
    let (serial, same_bytes, lineage, held) = case;
    let known = state_file(5);
    lock(me, workspace).await;
    write(me, workspace, 5, &known).await.expect_status(201);
    unlock(me, workspace).await.expect_status(200);
    match held {
        Holder::Me => lock(me, workspace).await,
        Holder::Another => lock(other, workspace).await,
        Holder::Nobody => {}
    }
    let state = if same_bytes { known } else { state_file(50) };
    let announced =
        json!({ "data": { "attributes": { "serial": serial, "lineage": lineage, "md5": md5_hex(&state) } } });
    let announced = post(me, workspace, &announced).await.status;
    (announced, post(me, workspace, &state_body(serial, lineage, &state)).await.status)
}

on_both!(every_case_of_the_table, |server| {
    let (me, other) = (&server.owner, &server.admin);
    let mut number = 0;
    for serial in [4, 5, 6] {
        for same_bytes in [true, false] {
            for lineage in [Some(LINEAGE), Some("another"), None] {
                for held in [Holder::Me, Holder::Another, Holder::Nobody] {
                    number += 1;
                    let workspace = me.workspace(&format!("w{number}")).await;
                    let case = (serial, same_bytes, lineage, held);
                    let is_newer = serial == 6 || serial == 5 && same_bytes;
                    let is_taken = held == Holder::Me && lineage != Some("another") && is_newer;
                    let status = if is_taken { 201 } else { 409 };
                    assert_eq!(one_case(me, other, &workspace, case).await, (status, status), "{case:?}");
                    let now = current(me, &workspace).await;
                    assert_eq!(now.attribute("serial"), if is_taken { serial } else { 5 }, "{case:?}");
                }
            }
        }
    }
});

on_both!(a_repeat_is_answered_with_the_one_that_waits, |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    lock(owner, &workspace).await;
    let state = state_file(1);
    let first = Pending::announce(owner, &workspace, 1, &state).await;
    let again = Pending::announce(owner, &workspace, 1, &state).await;
    assert_eq!((&first.id, &first.state_url), (&again.id, &again.state_url));
    server.anonymous.put(&first.state_url, state.clone()).await.expect_status(200);
    let third = Pending::announce(owner, &workspace, 1, &state).await;
    assert_ne!(first.id, third.id, "the first one is final");
    server.anonymous.put(&third.state_url, state).await.expect_status(200);
    assert_eq!(current(owner, &workspace).await.id(), third.id);
});

on_both!(force_replaces_lineage_and_serial, |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    lock(owner, &workspace).await;
    write(owner, &workspace, 9, &state_file(9)).await.expect_status(201);
    let mut body = state_body(2, Some("another"), &state_file(2));
    let refused = post(owner, &workspace, &body).await.expect_status(409);
    assert!(refused.error().contains("lineage"), "{}", refused.error());
    body["data"]["attributes"]["force"] = json!(true);
    post(owner, &workspace, &body).await.expect_status(201);
    assert_eq!(current(owner, &workspace).await.attribute("serial"), 2);
    // The old chain is the other one now; one that names none goes on.
    write(owner, &workspace, 10, &state_file(10)).await.expect_status(409);
    post(owner, &workspace, &state_body(3, None, &state_file(3))).await.expect_status(201);
    write(owner, &workspace, 10, &state_file(10)).await.expect_status(409);
});

fn tight() -> Setup {
    Setup {
        engines: Engines::Fake,
        configure: |config| {
            config.agent_slots = 0;
            config.limits.state_bytes_max = 16 * 1024;
            config.limits.state_document_bytes_max = 64 * 1024;
        },
    }
}

on_both!(bad_input_is_refused_in_words, tight(), |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    lock(owner, &workspace).await;
    let state = state_file(1);
    let with = |name: &str, value: Value| {
        let mut body = state_body(1, None, &state);
        body["data"]["attributes"][name] = value;
        body
    };
    let not = |bytes: &[u8]| state_body(1, None, bytes);
    for (body, status, words) in [
        (with("md5", json!("0".repeat(32))), 412, "the md5 of the state is"),
        (with("md5", json!("zz")), 422, "32 hex digits"),
        (with("md5", Value::Null), 422, "param is missing or the value is empty: md5"),
        (with("serial", Value::Null), 422, "param is missing or the value is empty: serial"),
        (with("serial", json!(-1)), 422, "negative"),
        (with("serial", json!("1")), 422, "whole number"),
        (with("serial", json!(1_u64 << 63)), 422, "whole number"),
        (with("lineage", json!("x".repeat(300))), 422, "longer than"),
        (with("state", json!("***")), 422, "not valid base64"),
        (with("json-state", json!("bm90IGpzb24=")), 422, "not valid JSON"),
        (not(b"not json"), 422, "not valid JSON"),
        (not(b"[]"), 422, "not a state file"),
        (not(b"{}"), 422, "not a state file"),
        (not(br#"{"version":9}"#), 422, "version"),
        (not(&state[..state.len() / 2]), 422, "not valid JSON"),
        (not(&[b' '; 20_000]), 413, "16384"),
        (not(&[b' '; 60_000]), 413, "65536"),
    ] {
        let refused = post(owner, &workspace, &body).await.expect_status(status);
        assert!(refused.error().contains(words), "expected {words:?}: {}", refused.error());
        assert!(!refused.text().contains("canary"), "{}", refused.text());
    }
    let mut run = state_body(1, None, &state);
    run["data"]["relationships"] =
        json!({ "run": { "data": { "type": "runs", "id": "run-1111111111111111" } } });
    let refused = post(owner, &workspace, &run).await.expect_status(422);
    assert_eq!(refused.at("/errors/0/source/pointer"), "/data/relationships/run");
    current(owner, &workspace).await.expect_status(404);
    write(owner, &workspace, 1, &state).await.expect_status(201);
});
