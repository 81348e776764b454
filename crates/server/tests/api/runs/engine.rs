//! Engines that are not there, or do not behave.

use crate::support::{creates, plan_steps};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use terrane_testkit::{Engines, Run, Setup, TestServer, fake_archive, on_both};

/// The run ends errored, its log says why, the workspace is free and the server goes on.
async fn errors_with(server: &TestServer, workspace: &str, archive: Vec<u8>, reason: &str) -> Run {
    let run = server.owner.run(workspace, archive, &json!({})).await;
    let plan = server.owner.planned(&run).await;
    let log = server.owner.log(&run).await;
    assert_eq!(plan.attribute("status"), "errored", "{log}");
    assert!(log.contains(reason), "{reason:?} is not in {log}");
    assert_eq!(plan.attribute("resource-additions"), Value::Null);
    assert!(server.owner.framed_log(&run).await.ends_with(&[3]));
    let workspace = server.owner.get(&format!("/workspaces/{workspace}")).await;
    assert_eq!(workspace.attribute("locked"), false);
    run
}

on_both!(no_engine_at_all, Setup { engines: Engines::None, configure: |_| {} }, |server| {
    let workspace = server.owner.workspace("net").await;
    errors_with(server, &workspace, creates(1), "no engine for this run").await;
});

on_both!(a_version_that_is_not_here, |server| {
    let workspace =
        server.owner.workspace_with(&json!({ "name": "net", "terraform-version": "0.15.4" })).await;
    errors_with(server, &workspace, creates(1), "the workspace asks for tofu 0.15.4, the agent has").await;
});

on_both!(engines_that_fail_in_each_way, |server| {
    let workspace = server.owner.workspace("net").await;
    let only = |command: &str, steps: Value| fake_archive(&json!({ command: steps }));
    for (archive, reason) in [
        (only("init", json!([{ "print_error": "bad provider\n" }, { "exit": 1 }])), "bad provider"),
        (only("plan", json!([{ "print": "half\n" }, { "exit": 1 }])), "half"),
        (only("plan", json!([{ "exit": 3 }])), "tofu plan failed with exit code 3"),
        (only("plan", json!([{ "signal": 6 }])), "tofu plan was ended by signal 6"),
        (only("plan", json!([{ "signal": 9 }])), "tofu plan was ended by signal 9"),
        (only("plan", json!([{ "no_plan_file": true }])), "tofu plan succeeded but wrote no plan file"),
        (
            only("show", json!([{ "print_error": "cannot\n" }, { "exit": 1 }])),
            "tofu show failed with exit code 1",
        ),
        (
            only("show", json!([{ "print": "not JSON " }])),
            "failed to read what the engine showed of its plan",
        ),
    ] {
        errors_with(server, &workspace, archive, reason).await;
    }
    let run = server.owner.run(&workspace, creates(1), &json!({})).await;
    server.owner.wait_for(&run, &["planned"]).await;
});

on_both!(
    an_engine_that_hangs_is_ended_after_its_time,
    Setup {
        engines: Engines::Fake,
        configure: |config| {
            config.limits.plan_timeout = Duration::from_millis(700);
            config.limits.interrupt_grace = Duration::from_millis(300);
        }
    },
    |server| {
        let workspace = server.owner.workspace("net").await;
        let archive =
            plan_steps(&json!([{ "ignore_sigint": true }, { "print": "deaf\n" }, { "hang": true }]));
        let run =
            errors_with(server, &workspace, archive, "the plan took longer than 1 seconds and was ended")
                .await;
        assert!(server.owner.log(&run).await.contains("interrupt 1"));
    }
);

on_both!(a_working_directory_that_is_not_there, |server| {
    let attributes = json!({ "name": "net", "working-directory": "envs/prod" });
    let workspace = server.owner.workspace_with(&attributes).await;
    errors_with(server, &workspace, creates(1), "working directory \"envs/prod\" does not exist").await;
});

on_both!(a_file_that_would_replace_the_backend, |server| {
    let workspace = server.owner.workspace("net").await;
    let archive = terrane_testkit::archive(&[("\u{e9}_override.tf", "terraform {}\n")]);
    errors_with(server, &workspace, archive, "would replace the run's own backend settings").await;
});

on_both!(a_plan_file_that_is_a_link_is_not_followed, |server| {
    let workspace = server.owner.workspace("net").await;
    let archive =
        plan_steps(&json!([{ "no_plan_file": true }, { "symlink": ["/etc/passwd", "../out/plan.tfplan"] }]));
    errors_with(server, &workspace, archive, "failed").await;
});

on_both!(what_an_engine_leaves_behind_is_ended, |server| {
    let workspace = server.owner.workspace("net").await;
    let canary = format!("{}", 77_000_000 + u64::from(rand::random::<u32>()));
    let archive =
        plan_steps(&json!([{ "spawn": ["sleep", canary] }, { "spawn": ["setsid", "sleep", canary] },
        { "sleep_ms": 50 }, { "plan": { "additions": 1 } }]));
    let run = server.owner.run(&workspace, archive, &json!({})).await;
    server.owner.wait_for(&run, &["planned"]).await;
    assert!(!is_running(&canary), "a child of the engine lives on");
});

on_both!(deleting_the_workspace_ends_its_engine, |server| {
    let workspace = server.owner.workspace("net").await;
    let canary = format!("{}", 78_000_000 + u64::from(rand::random::<u32>()));
    let archive = plan_steps(&json!([{ "spawn": ["sleep", canary] }, { "print": "x\n" }, { "hang": true }]));
    let run = server.owner.run(&workspace, archive, &json!({})).await;
    while !is_running(&canary) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    server.owner.delete(&format!("/workspaces/{workspace}")).await.expect_status(204);
    server.owner.get(&format!("/runs/{}", run.id)).await.expect_status(404);
    let deadline = Instant::now() + Duration::from_secs(20);
    while is_running(&canary) {
        assert!(Instant::now() < deadline, "the engine of a deleted workspace lives on");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
});

/// Whether any process of this machine has the word among its arguments.
fn is_running(word: &str) -> bool {
    let processes = std::fs::read_dir("/proc").expect("Linux has /proc").flatten();
    processes.filter_map(|process| std::fs::read(process.path().join("cmdline")).ok()).any(|arguments| {
        let mut words = arguments.split(|byte| *byte == 0);
        words.next() == Some(b"sleep") && words.any(|argument| argument == word.as_bytes())
    })
}
