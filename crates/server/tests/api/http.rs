//! HTTP itself: compression, methods, content types, connections that misbehave.

use crate::direct::Direct;
use crate::world::World;
use axum::http::Method;
use flate2::read::GzDecoder;
use serde_json::json;
use std::io::Read;
use std::time::Duration;
use terrane_server::platform::access::Needs;
use terrane_server::router::routes;
use terrane_testkit::{Engines, Setup, TestServer, on_both};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const METHODS: [Method; 7] =
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];

fn impatient() -> Setup {
    Setup {
        engines: Engines::None,
        configure: |config| {
            config.agent_slots = 0;
            config.limits.header_timeout = Duration::from_millis(400);
        },
    }
}

/// What a connection of its own is answered to these bytes, until the server closes it or says nothing for a while.
async fn exchange(server: &TestServer, bytes: &[u8]) -> String {
    let address = server.app().public_url.strip_prefix("http://").expect("an address without TLS").to_owned();
    let mut stream = TcpStream::connect(address).await.expect("the server listens");
    // It may close the connection before it has read everything.
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(Ok(count)) = tokio::time::timeout(Duration::from_secs(2), stream.read(&mut buffer)).await {
        if count == 0 {
            break;
        }
        answer.extend_from_slice(&buffer[..count]);
    }
    String::from_utf8_lossy(&answer).into_owned()
}

on_both!(large_answers_are_compressed_for_who_takes_it, impatient(), |server| {
    for number in 0..4 {
        server.owner.workspace(&format!("w{number}")).await;
    }
    let path = "/organizations/acme/workspaces";
    let plain = server.owner.get(path).await.expect_status(200);
    assert_eq!(plain.header("content-encoding"), "");
    assert_eq!(plain.header("vary"), "accept-encoding");
    for accepted in ["gzip", "gzip, deflate, br", "br;q=1.0, gzip;q=0.5"] {
        let request = server.owner.request(Method::GET, path).header("accept-encoding", accepted);
        let packed = server.owner.send(request).await.expect_status(200);
        assert_eq!(packed.header("content-encoding"), "gzip", "{accepted}");
        assert_eq!(packed.header("content-type"), "application/vnd.api+json");
        assert!(
            packed.bytes.len() < plain.bytes.len() / 4,
            "{} of {}",
            packed.bytes.len(),
            plain.bytes.len()
        );
        let mut unpacked = Vec::new();
        GzDecoder::new(packed.bytes.as_slice()).read_to_end(&mut unpacked).expect("it is gzip");
        assert_eq!(unpacked, plain.bytes);
    }
    for (path, accepted) in
        [(path, "gzip;q=0"), (path, "identity"), ("/organizations/acme/entitlement-set", "gzip")]
    {
        let request = server.owner.request(Method::GET, path).header("accept-encoding", accepted);
        let answer = server.owner.send(request).await.expect_status(200);
        assert_eq!(answer.header("content-encoding"), "", "{path} {accepted}");
        answer.json();
    }
});

on_both!(a_wrong_method_is_404_like_a_wrong_path, impatient(), |server| {
    let direct = Direct::new(server);
    let table = routes();
    for route in &table {
        let path = route.path.replace(['{', '}'], "x");
        for method in METHODS {
            let is_served = table.iter().any(|other| {
                other.path == route.path
                    && (other.method == method || other.method == Method::GET && method == Method::HEAD)
            });
            if !is_served {
                for token in ["", server.owner.token(), server.admin.token()] {
                    let reply = direct.call(&method, &path, token, b"").await;
                    assert_eq!(reply.status, 404, "{}", reply.describe());
                    assert!(
                        method == Method::HEAD || reply.text().to_lowercase().contains("not found"),
                        "{}",
                        reply.describe()
                    );
                }
            }
        }
    }
});

on_both!(head_is_get_without_the_body, impatient(), |server| {
    let workspace = server.owner.workspace("net").await;
    for path in [format!("/workspaces/{workspace}"), "/account/details".to_owned()] {
        let get = server.owner.get(&path).await;
        let head =
            server.owner.send(server.owner.request(Method::HEAD, &path)).await.expect_status(get.status);
        assert!(head.bytes.is_empty());
        assert_eq!(head.header("content-type"), get.header("content-type"), "{path}");
        assert_eq!(head.header("content-length"), get.header("content-length"), "{path}");
    }
});

on_both!(unknown_includes_and_parameters_change_nothing, |server| {
    let world = World::of(&server.owner, "north").await;
    let run =
        terrane_testkit::Run { id: world.id("run_id").to_owned(), plan: world.id("plan_id").to_owned() };
    server.owner.planned(&run).await;
    let direct = Direct::new(server);
    let queries = [
        "include=nonsense",
        "include=",
        "include=nonsense,,also.nonsense",
        "fields[runs]=status",
        "a=b&c",
        "filter[x][y]=z",
    ];
    for route in routes() {
        let is_read = route.method == Method::GET
            && !matches!(route.needs, Needs::Anonymous | Needs::SignedUrl)
            && !route.needs.is_page();
        // Their answers are new each time.
        if !is_read
            || route.path.ends_with("/download")
            || route.operation == "downloadRecoverableItemState"
            || ["/json-output", "/json-output-redacted", "/json-schema"]
                .iter()
                .any(|end| route.path.ends_with(end))
            || route.path == "/metrics"
        {
            continue;
        }
        let path = world.path(route.path, &[]);
        let plain = direct.call(&route.method, &path, server.owner.token(), b"").await;
        for query in queries {
            let separator = if path.contains('?') { '&' } else { '?' };
            let path = format!("{path}{separator}{query}");
            let asked = direct.call(&route.method, &path, server.owner.token(), b"").await;
            assert_eq!(asked.status, plain.status, "{}", asked.describe());
            let (data, plain): (serde_json::Value, serde_json::Value) = (
                serde_json::from_slice(&asked.bytes).expect("a document"),
                serde_json::from_slice(&plain.bytes).expect("a document"),
            );
            assert_eq!(
                (&data["data"], &data["included"]),
                (&plain["data"], &plain["included"]),
                "{}",
                asked.describe()
            );
        }
    }
});

on_both!(any_content_type_is_accepted_on_input, impatient(), |server| {
    let kinds = [
        "application/vnd.api+json",
        "application/json",
        "text/plain",
        "application/x-www-form-urlencoded",
        "",
        "nonsense",
    ];
    for (number, kind) in kinds.iter().enumerate() {
        let body =
            json!({ "data": { "type": "workspaces", "attributes": { "name": format!("w{number}") } } });
        let request =
            server.owner.request(Method::POST, "/organizations/acme/workspaces").body(body.to_string());
        let request = if kind.is_empty() { request } else { request.header("content-type", *kind) };
        server.owner.send(request).await.expect_status(201);
    }
});

on_both!(a_refusal_of_a_large_body_is_heard, impatient(), |server| {
    let large = vec![b' '; 12 * 1024 * 1024];
    for (actor, status) in [(&server.anonymous, 401), (&server.stranger, 413), (&server.owner, 413)] {
        for _ in 0..3 {
            let request = actor.request(Method::POST, "/runs").body(large.clone());
            actor.send(request).await.expect_status(status);
        }
    }
    let request = server.stranger.request(Method::POST, "/organizations/acme/workspaces").body(large);
    server.stranger.send(request).await.expect_status(404);
});

on_both!(a_head_that_does_not_arrive_is_not_waited_for, impatient(), |server| {
    for start in ["", "GET /api/v2/ping", "GET /api/v2/ping HTTP/1.1\r\nhost: x\r\n"] {
        let waited =
            tokio::time::timeout(Duration::from_millis(1900), exchange(server, start.as_bytes())).await;
        let answer = waited.unwrap_or_else(|_| panic!("the connection stays open after {start:?}"));
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
    server.anonymous.get("/ping").await.expect_status(204);
});

on_both!(what_is_no_http_is_400_and_the_server_lives, impatient(), |server| {
    let long = format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "a".repeat(70_000));
    let many: String = (0..200).map(|number| format!("x-{number}: 1\r\n")).collect();
    let many = format!("GET /api/v2/ping HTTP/1.1\r\nhost: x\r\n{many}\r\n");
    let large = format!("GET /api/v2/ping HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n", "a".repeat(1_000_000));
    for bytes in [
        "nonsense\r\n\r\n",
        "GET\r\n\r\n",
        "\0\0\0\0\r\n\r\n",
        "GET /api/v2/ping HTTP/9.9\r\n\r\n",
        "GET /api/v2/ping HTTP/1.1\r\nno colon\r\n\r\n",
        "POST /api/v2/runs HTTP/1.1\r\nhost: x\r\ncontent-length: abc\r\n\r\n",
        "POST /api/v2/runs HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello",
        "POST /api/v2/runs HTTP/1.1\r\nhost: x\r\ntransfer-encoding: nonsense\r\n\r\n",
        &long,
        &many,
        &large,
    ] {
        let answer = exchange(server, bytes.as_bytes()).await;
        let shown = &bytes[..bytes.len().min(80)];
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{shown:?}: {answer}");
        server.anonymous.get("/ping").await.expect_status(204);
    }
});

on_both!(requests_follow_each_other_on_one_connection, impatient(), |server| {
    let one = "GET /api/v2/account/details HTTP/1.1\r\nhost: x\r\n\r\n";
    let body = "POST /api/v2/runs HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nnot read!";
    let last = "GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let answer = exchange(server, [one, body, one, last].concat().as_bytes()).await;
    assert_eq!(answer.matches("HTTP/1.1 401").count(), 3, "{answer}");
    assert!(answer.ends_with("ok\n"), "{answer}");
});
