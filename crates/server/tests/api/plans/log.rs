//! `log-read-url`: framing, windows, long polling (api-contract 3.9).

use crate::support::{creates, hangs, plan_steps};
use serde_json::json;
use std::time::{Duration, Instant};
use terrane_testkit::{Engines, Run, Setup, TestServer, on_both};

async fn log_url(server: &TestServer, run: &Run) -> String {
    let plan = server.owner.get(&format!("/plans/{}", run.plan)).await;
    plan.attribute("log-read-url").as_str().unwrap().to_owned()
}

on_both!(framed_with_a_preamble_of_three_lines, |server| {
    let workspace = server.owner.workspace("net").await;
    let run = server.owner.run(&workspace, creates(1), &json!({})).await;
    server.owner.planned(&run).await;
    let framed = server.owner.framed_log(&run).await;
    assert_eq!((framed.first(), framed.last()), (Some(&2), Some(&3)));
    assert_eq!(framed.iter().filter(|byte| matches!(byte, 2 | 3)).count(), 2);
    let text = server.owner.log(&run).await;
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "OpenTofu v1.99.0");
    assert!(lines[1].starts_with("on linux_"));
    assert_eq!(lines[2], "Initializing plugins and modules...");
    assert!(lines.contains(&"planning"), "{text}");
    let whole = server.anonymous.get(&log_url(server, &run).await).await.expect_status(200);
    assert_eq!(whole.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(whole.bytes, framed);
});

on_both!(every_window_joins_to_the_same_bytes, |server| {
    let workspace = server.owner.workspace("net").await;
    let run = server.owner.run(&workspace, creates(1), &json!({})).await;
    server.owner.planned(&run).await;
    let (url, whole) = (log_url(server, &run).await, server.owner.framed_log(&run).await);
    for limit in [1, 2, 7, 64, whole.len() - 1, whole.len(), whole.len() + 1, 65_536] {
        let mut joined = Vec::new();
        while joined.len() < whole.len() {
            let part = server.anonymous.get(&format!("{url}?limit={limit}&offset={}", joined.len())).await;
            let bytes = part.expect_status(200).bytes;
            assert!(!bytes.is_empty() && bytes.len() <= limit);
            joined.extend(bytes);
        }
        assert_eq!(joined, whole, "limit {limit}");
    }
    for beyond in [whole.len(), whole.len() + 1, usize::MAX] {
        let part = server.anonymous.get(&format!("{url}?limit=100&offset={beyond}")).await.expect_status(200);
        assert!(part.bytes.is_empty());
    }
    for odd in ["?limit=0&offset=0", "?limit=-1&offset=x", "?offset=99999999999999999999", "?limit=&offset="]
    {
        server.anonymous.get(&format!("{url}{odd}")).await.expect_status(200);
    }
});

on_both!(a_poll_at_the_end_is_woken_by_bytes_and_by_the_end, |server| {
    let workspace = server.owner.workspace("net").await;
    let archive = plan_steps(&json!([{ "print": "first\n" }, { "sleep_ms": 400 }, { "print": "second\n" },
        { "sleep_ms": 400 }, { "plan": { "additions": 1 } }]));
    let run = server.owner.run(&workspace, archive, &json!({})).await;
    let url = log_url(server, &run).await;
    let (mut log, mut empty, started) = (Vec::new(), 0, Instant::now());
    while log.last() != Some(&3) {
        let part = server.anonymous.get(&format!("{url}?limit=65536&offset={}", log.len())).await;
        empty += usize::from(part.bytes.is_empty());
        log.extend(part.expect_status(200).bytes);
    }
    // Each wait ends with news; without a wake-up it would last 20 seconds.
    assert_eq!(empty, 0);
    assert!(started.elapsed() < Duration::from_secs(15), "{:?}", started.elapsed());
    assert_eq!(log, server.owner.framed_log(&run).await);
});

on_both!(
    a_poll_without_news_ends_by_itself,
    Setup { engines: Engines::Fake, configure: |config| config.limits.log_poll = Duration::from_millis(300) },
    |server| {
        let workspace = server.owner.workspace("net").await;
        let run = server.owner.run(&workspace, hangs(), &json!({})).await;
        server.owner.wait_for(&run, &["planning"]).await;
        let url = log_url(server, &run).await;
        let read = server.owner.framed_log(&run).await;
        let part = server
            .anonymous
            .get(&format!("{url}?limit=65536&offset={}", read.len() + 100))
            .await
            .expect_status(200);
        assert!(part.bytes.is_empty());
    }
);

on_both!(frame_bytes_of_the_engine_are_replaced_one_for_one, |server| {
    let workspace = server.owner.workspace("net").await;
    let archive = plan_steps(&json!([{ "print_bytes_hex": "61026203630affc3280a" }, { "plan": {} }]));
    let run = server.owner.run(&workspace, archive, &json!({})).await;
    server.owner.planned(&run).await;
    let framed = server.owner.framed_log(&run).await;
    assert_eq!(framed.iter().filter(|byte| matches!(byte, 2 | 3)).count(), 2);
    let at = framed.windows(6).position(|window| window[0] == b'a' && window[2] == b'b' && window[4] == b'c');
    let at = at.expect("the line is there, byte for byte");
    // What is no UTF-8 stays as it was.
    assert_eq!(&framed[at + 5..at + 10], &[0x0a, 0xff, 0xc3, 0x28, 0x0a]);
});

on_both!(a_secret_never_stands_in_a_log, |server| {
    let workspace = server.owner.workspace("net").await;
    let secret = "canary \"quoted\" & <more>";
    for (key, category) in [("password", "terraform"), ("PASSWORD", "env")] {
        let attributes = json!({ "key": key, "value": secret, "category": category, "sensitive": true });
        server.owner.variable(&workspace, &attributes).await;
    }
    let half = secret.split_at(9);
    let archive = plan_steps(&json!([
        { "print": format!("plain {secret}\n") },
        { "print": format!("json {}\n", json!(secret)) },
        { "print": format!("cut {}", half.0) }, { "sleep_ms": 60 }, { "print": format!("{}\n", half.1) },
        { "env": true }, { "plan": {} }]));
    let run = server.owner.run(&workspace, archive, &json!({})).await;
    server.owner.planned(&run).await;
    let log = server.owner.log(&run).await;
    for line in ["plain (sensitive value)", "json \"(sensitive value)\"", "cut (sensitive value)"] {
        assert!(log.contains(line), "{line} in {log}");
    }
    assert!(log.contains("PASSWORD=(sensitive value)"), "{log}");
    assert!(!log.contains("canary"), "{log}");
});

on_both!(a_large_log_arrives_whole, |server| {
    let megabytes = if std::env::var_os("TERRANE_TEST_LONG").is_some() { 200 } else { 20 };
    let workspace = server.owner.workspace("net").await;
    let archive = plan_steps(&json!([{ "repeat_mb": megabytes }, { "plan": { "additions": 1 } }]));
    let run = server.owner.run(&workspace, archive, &json!({})).await;
    assert_eq!(server.owner.planned(&run).await.attribute("status"), "finished");
    let log = server.owner.log(&run).await;
    let lines = log.lines().filter(|line| line.len() == 99 && line.starts_with("0123456789")).count();
    assert_eq!(lines, megabytes * 10_000);
});

on_both!(
    a_log_over_the_limit_errors_the_run_and_says_so,
    Setup { engines: Engines::Fake, configure: |config| config.limits.log_bytes_max = 1024 * 1024 },
    |server| {
        let workspace = server.owner.workspace("net").await;
        let archive = plan_steps(&json!([{ "repeat_mb": 200 }, { "plan": { "additions": 1 } }]));
        let run = server.owner.run(&workspace, archive, &json!({})).await;
        assert_eq!(server.owner.planned(&run).await.attribute("status"), "errored");
        let log = server.owner.log(&run).await;
        assert!(log.contains("the engine printed more than a log may hold"), "{}", &log[log.len() - 300..]);
        assert!(log.len() <= 1024 * 1024 + 1024);
        server.anonymous.get("//healthz").await.expect_status(200);
    }
);
