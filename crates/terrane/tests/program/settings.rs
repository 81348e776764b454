//! Each setting of the server can be a flag, a variable and a line of the file; the flag wins, then the variable.

use crate::installation::Installation;
use crate::process::{Server, terrane};
use crate::server::free_port;
use serde_json::json;
use std::process::Command;
use terrane_testkit::{Actor, body, fake_archive, state_body, state_file};

/// How a setting is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Flag,
    Variable,
    File,
}

/// A server command with these settings, all in one way.
fn command(installation: &Installation, way: Way, settings: &[(&str, String)]) -> Command {
    let flag = |name: &str| format!("--{name}");
    match way {
        Way::Flag => {
            let mut command = terrane(&["server"]);
            command.args(settings.iter().flat_map(|(name, value)| [flag(name), value.clone()]));
            command
        }
        Way::Variable => {
            let mut command = terrane(&["server"]);
            let name = |name: &str| format!("TERRANE_{}", name.replace('-', "_").to_uppercase());
            command.envs(settings.iter().map(|(setting, value)| (name(setting), value)));
            command
        }
        Way::File => {
            let path = installation.path("terrane.toml");
            let value = |name: &str, value: &str| match name {
                "agent-slots" => value.to_owned(),
                "engine-path" => format!("[\"{value}\"]"),
                _ => format!("\"{value}\""),
            };
            let lines: Vec<String> =
                settings.iter().map(|(name, text)| format!("{name} = {}\n", value(name, text))).collect();
            std::fs::write(&path, lines.concat()).unwrap();
            terrane(&["server", "--config", path.as_str()])
        }
    }
}

/// All settings but the database's, which has a test of its own.
fn settings(installation: &Installation, metrics_port: u16) -> Vec<(&'static str, String)> {
    let path = |name: &str| installation.path(name).into_string();
    std::fs::write(path("cli.tfrc"), "disable_checkpoint = true\n").unwrap();
    vec![
        ("listen", "127.0.0.1:0".into()),
        ("public-url", "https://terrane.example/".into()),
        ("data-dir", path("elsewhere")),
        ("blob-url", path("blobs")),
        ("encryption-key-file", path("key")),
        ("agent-slots", "1".into()),
        ("metrics-listen", format!("127.0.0.1:{metrics_port}")),
        ("engine-path", installation.engine().into()),
        ("engine-cli-config", path("cli.tfrc")),
        ("sandbox", "best-effort".into()),
        ("heartbeat", "1s".into()),
        ("lease", "20s".into()),
        ("silence", "2m".into()),
        ("interrupt-grace", "30s".into()),
        ("force-cancel-wait", "200ms".into()),
        ("plan-timeout", "1m 30s".into()),
        ("apply-timeout", "3h".into()),
        ("snapshot-interval", "7s".into()),
        ("late-delivery", "48h".into()),
        ("log-poll", "3s".into()),
    ]
}

/// A token for the server of a data directory.
fn owner(installation: &Installation, server: &Server, data_dir: &str) -> Actor {
    let mut command = terrane(&["admin", "token", "--user", "ada"]);
    command.env("TERRANE_DATA_DIR", installation.path(data_dir));
    let ended = crate::process::run(command);
    server.actor(ended.stdout.split_whitespace().last().unwrap())
}

/// How often the server asks those who apply by themselves for a state.
async fn told_interval(actor: &Actor) -> String {
    let workspace = actor.workspace("times").await;
    actor.post(&format!("/workspaces/{workspace}/actions/lock"), &json!({})).await.expect_status(200);
    let state = state_body(1, None, &state_file(1));
    let kept =
        actor.post(&format!("/workspaces/{workspace}/state-versions"), &state).await.expect_status(201);
    kept.header("x-terraform-snapshot-interval").to_owned()
}

/// The path of a URL on a public address that leads nowhere in a test.
fn local(server: &Server, url: &serde_json::Value) -> String {
    let path = url.as_str().unwrap().strip_prefix("https://terrane.example/").unwrap();
    format!("{}/{path}", server.url)
}

#[tokio::test]
async fn every_setting_can_be_given_in_every_way() {
    for way in [Way::Flag, Way::Variable, Way::File] {
        let installation = Installation::small();
        let metrics_port = free_port();
        let server = Server::start(command(&installation, way, &settings(&installation, metrics_port)));
        let actor = owner(&installation, &server, "elsewhere");
        actor.organization("acme").await;
        let workspace = actor.workspace("settings").await;
        let path = format!("/workspaces/{workspace}/configuration-versions");
        let asked = body("configuration-versions", &json!({ "auto-queue-runs": false }));
        let made = actor.post(&path, &asked).await.expect_status(201);
        let archive = fake_archive(&json!({ "plan": [{ "plan": { "additions": 7 } }] }));
        actor.put(&local(&server, &made.attribute("upload-url")), archive).await.expect_status(200);
        let run = actor.run_of(&workspace, &made.id(), &json!({})).await;
        assert_eq!(actor.planned(&run).await.attribute("resource-additions"), 7, "{way:?}");
        actor.get(&format!("http://127.0.0.1:{metrics_port}/metrics")).await.expect_status(200);
        assert_eq!(told_interval(&actor).await, "7", "{way:?}: snapshot-interval");
        assert!(installation.path("elsewhere/terrane.db").is_file(), "{way:?}: data-dir");
        assert!(installation.path("blobs").read_dir().unwrap().count() > 0, "{way:?}: blob-url");
        assert!(!installation.path("elsewhere/blobs").exists(), "{way:?}: blob-url");
        assert!(!installation.path("elsewhere/master.key").exists(), "{way:?}: encryption-key-file");
        assert_eq!(server.terminate().code, Some(0));
    }
}

#[tokio::test]
async fn a_plan_is_ended_after_its_time_in_every_way() {
    for way in [Way::Flag, Way::Variable, Way::File] {
        let installation = Installation::small();
        let mut settings = settings(&installation, free_port());
        settings.iter_mut().find(|(name, _)| *name == "plan-timeout").unwrap().1 = "1500ms".into();
        settings.retain(|(name, _)| *name != "public-url");
        let server = Server::start(command(&installation, way, &settings));
        let actor = owner(&installation, &server, "elsewhere");
        actor.organization("acme").await;
        let workspace = actor.workspace("slow").await;
        let slow = fake_archive(&json!({ "plan": [{ "sleep_ms": 60_000 }] }));
        let run = actor.run(&workspace, slow, &json!({})).await;
        actor.wait_for(&run, &["errored"]).await;
        let log = actor.log(&run).await;
        assert!(log.contains("the plan took longer than 2 seconds and was ended"), "{way:?}: {log}");
    }
}

#[tokio::test]
async fn no_agent_slots_leave_runs_in_the_queue_in_every_way() {
    for way in [Way::Flag, Way::Variable, Way::File] {
        let installation = Installation::small();
        let mut settings = settings(&installation, free_port());
        settings.iter_mut().find(|(name, _)| *name == "agent-slots").unwrap().1 = "0".into();
        settings.retain(|(name, _)| *name != "public-url");
        let server = Server::start(command(&installation, way, &settings));
        let actor = owner(&installation, &server, "elsewhere");
        actor.organization("acme").await;
        let workspace = actor.workspace("queue").await;
        let run = actor.run(&workspace, fake_archive(&json!({})), &json!({})).await;
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        let read = actor.get(&format!("/runs/{}", run.id)).await;
        assert_eq!(read.attribute("status"), "plan_queued", "{way:?}");
    }
}

#[test]
fn the_database_can_be_given_in_every_way() {
    for way in [Way::Flag, Way::Variable, Way::File] {
        let installation =
            Installation::new(terrane_testkit::Database::Postgres, terrane_testkit::Engines::Fake);
        let mut settings = settings(&installation, free_port());
        settings.push(("database-url", installation.database_url()));
        let server = Server::start(command(&installation, way, &settings));
        assert!(!installation.path("elsewhere/terrane.db").exists(), "{way:?}");
        assert_eq!(server.terminate().code, Some(0), "{way:?}");
    }
}

#[test]
fn the_flag_beats_the_variable_and_that_beats_the_file() {
    let installation = Installation::small();
    let file = installation.path("terrane.toml");
    let setting = |url: &str| format!("public-url = \"{url}\"\nlisten = \"127.0.0.1:0\"\n");
    std::fs::write(&file, setting("https://file.example")).unwrap();
    let public_url = |flag: Option<&str>, variable: Option<&str>| {
        let mut command = installation.command(&["server", "--config", file.as_str()]);
        command.env_remove("TERRANE_LISTEN");
        command.args(flag.iter().flat_map(|url| ["--public-url", url]));
        command.envs(variable.map(|url| ("TERRANE_PUBLIC_URL", url)));
        let log = Server::start(command).terminate().stderr;
        let (_, rest) = log.split_once("public_url=\"https://").expect("the log names it");
        rest.split_once(".example").expect("an example").0.to_owned()
    };
    assert_eq!(public_url(None, None), "file");
    assert_eq!(public_url(None, Some("https://variable.example")), "variable");
    assert_eq!(public_url(Some("https://flag.example"), Some("https://variable.example")), "flag");
    assert_eq!(public_url(Some("https://flag.example"), None), "flag");
}

#[test]
fn the_log_can_be_json_and_a_filter_that_cannot_be_read_is_said() {
    let installation = Installation::small();
    let mut command = installation.command(&["server", "--log-format", "json", "--log", "=====,"]);
    command.env("TERRANE_LOG", "error");
    let mut running = crate::process::Running::start(command);
    running.wait_for("\"ready\"");
    running.signal(rustix::process::Signal::TERM);
    let ended = running.ended();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    for line in ended.stderr.lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    }
    assert!(ended.stderr.contains("cannot read the log filter"), "{ended:?}");
}
