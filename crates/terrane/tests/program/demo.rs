//! `terrane demo`: a finished plan of a fake and of both real engines, and where to look further.

use crate::installation::Installation;
use crate::process::{Ended, Running, processes_naming, run, terrane, wait_for_processes};
use rustix::process::Signal;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use terrane_testkit::{Actor, real};

/// The demo with its temporary directory inside of the installation.
fn demo(installation: &Installation, engine: &str, arguments: &[&str]) -> Command {
    std::fs::create_dir_all(installation.path("tmp")).unwrap();
    let mut command = terrane(&[&["demo", "--engine-path", engine], arguments].concat());
    command.env("TMPDIR", installation.path("tmp"));
    command
}

fn left_over(installation: &Installation) -> usize {
    std::fs::read_dir(installation.path("tmp")).unwrap().count()
}

/// The numbers of `Plan: A to add, B to change, C to destroy` as the engine says it (in bold), and of our own
/// sentence.
fn counts(text: &str, before: &str) -> String {
    let text = text.replace("\u{1b}[1m", "").replace("\u{1b}[0m", "");
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("no {before:?}: {text}"));
    rest.split_once('.').expect("a sentence").0.to_owned()
}

fn check(ended: &Ended) {
    assert_eq!(ended.code, Some(0), "{ended:?}");
    for part in ["export TOKEN=trn_", "/api/v2/plans/plan-", "/api/v2/runs/run-", "json-output", "run-events"]
    {
        assert!(ended.stdout.contains(part), "{part:?} is missing: {}", ended.stdout);
    }
    assert!(ended.stdout.matches("  curl -s").count() >= 5, "{}", ended.stdout);
    assert!(!ended.stderr.contains("trn_") && !ended.stderr.contains(" ERROR "), "{}", ended.stderr);
    assert!(!ended.stdout.contains("correct horse"), "the sensitive value is in no log: {}", ended.stdout);
}

#[test]
fn it_ends_after_the_plan_with_the_fake_engine() {
    let installation = Installation::small();
    let ended = run(demo(&installation, installation.engine(), &["--exit"]));
    check(&ended);
    assert!(ended.stdout.contains("The plan is finished: 0 to add, 0 to change, 0 to destroy."));
    assert_eq!(left_over(&installation), 0, "it deletes what it made");
}

#[test]
fn it_shows_the_counts_of_both_real_engines() {
    for (name, variable) in [("tofu", "TERRANE_TEST_TOFU"), ("terraform", "TERRANE_TEST_TERRAFORM")] {
        let installation = Installation::small();
        let ended = run(demo(&installation, real(name, variable).as_str(), &["--exit"]));
        check(&ended);
        let engine_says = counts(&ended.stdout, "Plan: ");
        assert_eq!(counts(&ended.stdout, "The plan is finished: "), engine_says);
        assert!(!engine_says.starts_with('0'), "{engine_says}");
        assert_eq!(left_over(&installation), 0);
    }
}

#[tokio::test]
async fn what_it_prints_leads_to_the_plan_until_it_is_ended() {
    let installation = Installation::small();
    let mut running = Running::start(demo(&installation, installation.engine(), &[]));
    running.wait_for("Ctrl-C ends the server");
    let printed = running.stdout();
    let (_, rest) = printed.split_once("export TOKEN=").unwrap();
    let token = rest.split_whitespace().next().unwrap();
    let lines: Vec<&str> = printed.lines().filter(|line| line.starts_with("  curl ")).collect();
    for line in &lines {
        let token = if line.contains("Bearer $TOKEN") { Some(token) } else { None };
        let mut words = line.split_whitespace().map(|word| word.trim_matches('\''));
        let url = words.find(|word| word.starts_with("http")).unwrap();
        let answer = Actor::at("http://unused", token).get(url).await;
        let status = if line.contains("curl -sL") { 307 } else { 200 };
        answer.expect_status(status);
    }
    assert_eq!(lines.len(), 5, "{printed}");
    running.signal(Signal::INT);
    assert_eq!(running.ended().code, Some(0));
    assert_eq!(left_over(&installation), 0);
}

#[test]
fn a_kept_data_directory_takes_a_second_demo() {
    let installation = Installation::small();
    let data_dir = installation.path("kept");
    for _ in 0..2 {
        check(&run(demo(&installation, installation.engine(), &["--exit", "--data-dir", data_dir.as_str()])));
    }
    assert!(data_dir.join("terrane.db").is_file());
}

#[test]
fn without_an_engine_it_says_what_to_do() {
    let installation = Installation::small();
    let mut command = terrane(&["demo", "--exit"]);
    command.env("TMPDIR", installation.path(""));
    let needed = ["no engine", "tofu or terraform", "PATH", "--engine-path FILE", "make demo"];
    run(command).expect_error(1, &needed);
}

/// An engine that says its version and never does anything else.
const STUCK: &str = r#"#!/bin/sh
if [ "$1" = version ]; then echo '{"terraform_version": "1.99.0"}'; else exec sleep 3600; fi
"#;

#[test]
fn ended_in_mid_plan_it_leaves_nothing() {
    let installation = Installation::small();
    let engine = installation.path("programs/stuck");
    std::fs::write(&engine, STUCK).unwrap();
    std::fs::set_permissions(&engine, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut running = Running::start(demo(&installation, engine.as_str(), &["--exit"]));
    running.wait_for("plans a sample configuration");
    let folder = installation.path("tmp");
    wait_for_processes(folder.as_str(), "a supervisor", |found| !found.is_empty());
    running.signal(Signal::TERM);
    running.ended().expect_error(1, &["SIGTERM ended the demo"]);
    assert_eq!(left_over(&installation), 0);
    let left = processes_naming(folder.as_str());
    assert!(left.is_empty(), "{left:?}");
}
