//! Provider packages: which runs find them installed, and what no run can do to them.

use std::env::consts::ARCH;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use terrane_wire::{Job, Outcome, Report, Task};

use crate::{
    jobs::{apply, plan},
    server::hex,
    world::{Agent, World},
};

const NAME: &str = "terraform-provider-net";

/// Where engines install the package, seen from the configuration.
fn place() -> String {
    let architecture = match ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    format!("../data/providers/example.com/acme/net/1.0.0/linux_{architecture}/{NAME}")
}

/// The digest of a package that is one file.
fn digest(content: &str) -> String {
    let line = format!("{}  {NAME}\n", hex(&Sha256::digest(content)));
    format!("h1:{}", STANDARD.encode(Sha256::digest(line)))
}

fn lock_file(content: &str) -> String {
    let (other, hash) = (digest("of another platform"), digest(content));
    format!(
        "provider \"example.com/acme/net\" {{\n  version = \"1.0.0\"\n  hashes = [\n    \"{other}\",\n    \"{hash}\",\n    \"zh:00\",\n  ]\n}}\n"
    )
}

fn archive(lock_file: &str, steps: &Value) -> Vec<u8> {
    let steps = steps.to_string();
    terrane_slug::pack_files(&[
        ("fake-engine.json", steps.as_bytes()),
        (".terraform.lock.hcl", lock_file.as_bytes()),
    ])
}

/// Runs of plans after each other.
struct Runs {
    world: World,
    agent: Agent,
    count: u32,
}

impl Runs {
    fn new() -> Self {
        let world = World::new();
        Self { agent: world.start(), world, count: 0 }
    }

    fn run(&mut self, workspace: &str, lock_file: &str, steps: &Value) -> Report {
        let archive = archive(lock_file, steps);
        let mut job = plan(&self.world.server, &self.world.engine, &archive);
        job.workspace.id = workspace.to_owned();
        self.run_job(job)
    }

    fn run_job(&mut self, mut job: Job) -> Report {
        self.count += 1;
        job.id = format!("job-{}", self.count);
        self.world.run_by(&self.agent, job)
    }

    fn installs(&mut self, workspace: &str, locked: &str, content: &str) {
        let steps = json!({"init": [{"write_file": [place(), content]}]});
        let report = self.run(workspace, &lock_file(locked), &steps);
        assert_eq!(report.outcome, Outcome::Finished, "{}", self.world.server.log());
    }

    /// What the next run finds, whose engine installs nothing.
    fn finds(&mut self, workspace: &str, lock_file: &str) -> Option<String> {
        let report = self.run(workspace, lock_file, &json!({"plan": [{"read_files": [place()]}]}));
        assert_eq!(report.outcome, Outcome::Finished, "{}", self.world.server.log());
        self.found()
    }

    fn found(&self) -> Option<String> {
        let log = self.log();
        let line = log.lines().find(|line| line.starts_with("readable ") || line.starts_with("denied "));
        let line = line.expect("the engine looked");
        Some(line.strip_prefix(&format!("readable {}: ", place()))?.to_owned())
    }

    /// The log of the last run.
    fn log(&self) -> String {
        let told = self.world.server.told();
        let log = told.logs.get(&format!("job-{}", self.count)).cloned().unwrap_or_default();
        String::from_utf8(log).expect("utf-8")
    }
}

#[test]
fn a_workspace_finds_what_its_run_before_has_installed() {
    let mut runs = Runs::new();
    assert_eq!(runs.finds("ws-1", &lock_file("content")), None);
    runs.installs("ws-1", "content", "content");
    assert_eq!(runs.finds("ws-1", &lock_file("content")).as_deref(), Some("content"));
    assert_eq!(runs.finds("ws-1", &lock_file("content")).as_deref(), Some("content"), "as often as it wants");
    // An apply has the lock file of its plan.
    let (server, engine) = (&runs.world.server, &runs.world.engine);
    let mut job = apply(server, engine, &archive("", &json!({"apply": [{"read_files": [place()]}]})));
    let Task::Apply(task) = &mut job.task else { panic!("not an apply") };
    task.lock_file = Some(lock_file("content"));
    assert_eq!(runs.run_job(job).outcome, Outcome::Finished, "{}", runs.log());
    assert_eq!(runs.found().as_deref(), Some("content"));
}

#[test]
fn nobody_finds_what_is_not_theirs_or_not_what_they_asked_for() {
    let mut runs = Runs::new();
    runs.installs("ws-1", "content", "content");
    assert_eq!(runs.finds("ws-2", &lock_file("content")), None, "of another workspace");
    assert_eq!(runs.finds("ws-1", &lock_file("other content")), None, "of another content");
    assert_eq!(runs.finds("ws-1", "# nothing is locked\n"), None);
    let elsewhere = lock_file("content").replace("1.0.0", "1.0.1");
    assert_eq!(runs.finds("ws-1", &elsewhere), None, "as another version it lies elsewhere");
    let mut old = plan(
        &runs.world.server,
        &runs.world.engine,
        &archive(&lock_file("content"), &json!({"plan": [{"read_files": [place()]}]})),
    );
    old.workspace.id = "../packages".to_owned();
    assert_eq!(runs.run_job(old).outcome, Outcome::Finished);
    assert_eq!(runs.found(), None, "an id that is no file name");
}

#[test]
fn what_a_run_plants_is_not_kept() {
    let mut runs = Runs::new();
    runs.installs("ws-1", "content", "planted");
    assert_eq!(runs.finds("ws-1", &lock_file("content")), None);
    // Nor what its lock file names only to have it kept: nobody else's lock file names that.
    runs.installs("ws-1", "planted", "planted");
    assert_eq!(runs.finds("ws-1", &lock_file("content")), None);
    // A link would lead the agent out of the job's folder.
    let folder = place().trim_end_matches(NAME).trim_end_matches('/').to_owned();
    let parent = folder.rsplit_once('/').expect("a folder").0.to_owned();
    let linked =
        json!({"init": [{"write_file": [format!("{parent}/x"), ""]}, {"symlink": ["/usr/bin", folder]}]});
    assert_eq!(runs.run("ws-1", &lock_file("content"), &linked).outcome, Outcome::Finished, "{}", runs.log());
    assert_eq!(runs.finds("ws-1", &lock_file("content")), None);
}

#[test]
fn a_run_cannot_alter_what_it_was_given() {
    let mut runs = Runs::new();
    runs.installs("ws-1", "content", "content");
    let report =
        runs.run("ws-1", &lock_file("content"), &json!({"plan": [{"write_file": [place(), "altered"]}]}));
    assert!(matches!(report.outcome, Outcome::Errored { .. }), "{}", runs.log());
    assert_eq!(runs.finds("ws-1", &lock_file("content")).as_deref(), Some("content"));
}

#[test]
fn what_a_failed_init_has_left_is_not_kept() {
    let mut runs = Runs::new();
    let failed = json!({"init": [{"write_file": [place(), "content"]}, {"exit": 1}]});
    let report = runs.run("ws-1", &lock_file("content"), &failed);
    assert!(matches!(report.outcome, Outcome::Errored { .. }));
    assert_eq!(runs.finds("ws-1", &lock_file("content")), None);
    // One that ends before its `init` has ended leaves nothing, either.
    let mut job = plan(
        &runs.world.server,
        &runs.world.engine,
        &archive(
            &lock_file("content"),
            &json!({"init": [{"write_file": [place(), "content"]}, {"hang": true}]}),
        ),
    );
    job.timeout_ms = 500;
    assert!(matches!(runs.run_job(job).outcome, Outcome::Errored { .. }));
    assert_eq!(runs.finds("ws-1", &lock_file("content")), None);
}

#[test]
fn what_was_altered_on_the_disk_costs_one_run_at_most() {
    let mut runs = Runs::new();
    runs.installs("ws-1", "content", "content");
    let packages = runs.world.work_dir.join("packages");
    let kept = packages.read_dir_utf8().expect("read").next().expect("one is kept").expect("read");
    let program = kept.path().join("files").join(NAME);
    std::fs::remove_file(&program).expect("removed");
    std::fs::write(&program, "altered").expect("written");
    assert_eq!(runs.finds("ws-1", &lock_file("content")), None);
    runs.installs("ws-1", "content", "content");
    assert_eq!(runs.finds("ws-1", &lock_file("content")).as_deref(), Some("content"));
}
