//! Applies of real engines that are under way: watched, let go, disturbed.

use super::Bench;
use camino::Utf8PathBuf;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::fs;
use std::time::{Duration, Instant};
use terrane_testkit::{Answer, Run};

const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// Nothing here takes longer; never a measure of speed.
const PATIENCE: Duration = Duration::from_secs(60);
/// How a run ends.
const ENDS: [&str; 4] = ["applied", "errored", "canceled", "force_canceled"];

/// Shell text that waits until [`Bench::let_go`].
pub const WAIT: &str = "until [ -e go ]; do sleep 0.05; done";

/// An object whose provisioner is a piece of shell.
pub fn object(name: &str, shell: &str) -> String {
    let command = shell.replace('\\', "\\\\").replace('"', "\\\"");
    format!(
        "resource \"terraform_data\" \"{name}\" {{\n  input = \"{name}\"\n  provisioner \"local-exec\" {{\n    \
         command = \"{command}\"\n  }}\n}}\n"
    )
}

/// How an apply ended.
pub struct Ended {
    pub run: Answer,
    pub apply: Answer,
    pub log: String,
    /// The workspace.
    pub workspace: Answer,
}

impl Ended {
    /// Fails unless run and apply ended so.
    #[track_caller]
    pub fn expect(self, run: &str, apply: &str) -> Self {
        let both = (self.run.attribute("status"), self.apply.attribute("status"));
        assert_eq!(both, (json!(run), json!(apply)), "{}", self.log);
        self
    }

    /// Additions, changes, destructions.
    pub fn counts(&self) -> [i64; 3] {
        ["additions", "changes", "destructions"]
            .map(|name| self.apply.attribute(&format!("resource-{name}")).as_i64().unwrap_or(-1))
    }

    /// The log as words without colors, for sentences that are wrapped.
    pub fn words(&self) -> String {
        super::bench::without_colors(&self.log).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    pub fn is_locked(&self) -> bool {
        self.workspace.attribute("locked") == true
    }
}

impl Bench {
    /// Plans one file and confirms it.
    pub async fn confirm(&self, workspace: &str, main: &str) -> Run {
        let planned = self.plan_in(workspace, &[("main.tf", main)], &json!({})).await.finished();
        let path = format!("/runs/{}/actions/apply", planned.run.id);
        self.server.owner.post(&path, &json!({})).await.expect_status(202);
        planned.run
    }

    /// Plans one file, confirms it, and waits for its end.
    pub async fn apply(&self, workspace: &str, main: &str) -> Ended {
        let run = self.confirm(workspace, main).await;
        self.ended(workspace, &run).await
    }

    /// Plans some files in a workspace, confirms the plan, and waits for its end.
    pub async fn apply_with(&self, workspace: &str, files: &[(&str, &str)], attributes: &Value) -> Ended {
        let planned = self.plan_in(workspace, files, attributes).await.finished();
        self.confirm_planned(workspace, &planned.run).await
    }

    /// Confirms a run that was planned, and waits for its end.
    pub async fn confirm_planned(&self, workspace: &str, run: &Run) -> Ended {
        let path = format!("/runs/{}/actions/apply", run.id);
        self.server.owner.post(&path, &json!({})).await.expect_status(202);
        self.ended(workspace, run).await
    }

    /// Waits for the end of a run.
    pub async fn ended(&self, workspace: &str, run: &Run) -> Ended {
        let owner = &self.server.owner;
        let deadline = Instant::now() + PATIENCE;
        let read = loop {
            let read = owner.get(&format!("/runs/{}", run.id)).await.expect_status(200);
            if ENDS.iter().any(|end| read.attribute("status") == *end) {
                break read;
            }
            assert!(Instant::now() < deadline, "{}\n{}", read.text(), owner.apply_log(run).await);
            tokio::time::sleep(LOOK_AGAIN).await;
        };
        Ended {
            run: read,
            apply: owner.apply(run).await,
            log: owner.apply_log(run).await,
            workspace: owner.get(&format!("/workspaces/{workspace}")).await.expect_status(200),
        }
    }

    /// Waits until each of these stands in the log of the apply.
    pub async fn wait_for_log(&self, run: &Run, texts: &[&str]) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let log = super::bench::without_colors(&self.server.owner.apply_log(run).await);
            if texts.iter().all(|text| log.contains(text)) {
                return;
            }
            assert!(Instant::now() < deadline, "not all of {texts:?}: {log}");
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// The folders of the jobs that run.
    fn jobs(&self) -> Vec<Utf8PathBuf> {
        let folder = self.server.folder().join("data/agent");
        let entries = folder.read_dir_utf8().expect("there is an agent").flatten();
        entries.map(|entry| entry.path().to_owned()).filter(|path| path.join("config").is_dir()).collect()
    }

    /// Ends what [`WAIT`] waits for.
    pub fn let_go(&self) {
        for job in self.jobs() {
            fs::write(job.join("config/go"), "").expect("the test may write there");
        }
    }

    /// Signals the engine that applies, and nothing else.
    pub fn signal_engine(&self, signal: Signal) {
        let plan_file = format!("{}/data/agent/", self.server.folder());
        let engines = processes_naming(&plan_file).into_iter().filter(|(_, words)| words.contains(" apply "));
        let engines: Vec<_> = engines.collect();
        assert_eq!(engines.len(), 1, "{engines:?}");
        kill_process(Pid::from_raw(engines[0].0).expect("a process id"), signal).expect("it runs");
    }

    /// The workspace's state as stored.
    pub async fn state(&self, workspace: &str) -> Value {
        let current = self.server.owner.get(&format!("/workspaces/{workspace}/current-state-version")).await;
        self.state_of(&current.expect_status(200)).await
    }

    /// The bytes of a state version.
    pub async fn state_of(&self, version: &Answer) -> Value {
        let url = version.attribute("hosted-state-download-url").as_str().expect("a URL").to_owned();
        self.server.anonymous.get(&url).await.expect_status(200).json()
    }

    /// The addresses of the state's objects without index, sorted, each once.
    pub async fn names_in_state(&self, workspace: &str) -> Vec<String> {
        let state = self.state(workspace).await;
        let resources = state["resources"].as_array().expect("a state has them").iter();
        let mut names: Vec<String> = resources
            .map(|resource| resource["name"].as_str().expect("an object has a name").to_owned())
            .collect();
        names.sort_unstable();
        names
    }

    /// The recovered state version of an apply.
    pub async fn recovered(&self, ended: &Ended) -> Answer {
        let newest = ended.apply.at("/data/relationships/state-versions/data/0/id");
        let id = newest.as_str().unwrap_or_else(|| panic!("no state version: {}", ended.log));
        let version = self.server.owner.get(&format!("/state-versions/{id}")).await.expect_status(200);
        assert_eq!(version.attribute("recovered"), true, "{}", version.text());
        version
    }

    /// Accepts a recovered state version and takes the lock from the run.
    pub async fn decide(&self, workspace: &str, version: &Answer) {
        let owner = &self.server.owner;
        let accept = format!("/state-versions/{}/actions/accept", version.id());
        owner.post(&accept, &json!({})).await.expect_status(200);
        let unlock = format!("/workspaces/{workspace}/actions/force-unlock");
        owner.post(&unlock, &json!({})).await.expect_status(200);
    }
}

/// The processes whose command line names a text.
pub fn processes_naming(text: &str) -> Vec<(i32, String)> {
    let entries = fs::read_dir("/proc").expect("/proc is there").flatten();
    let found = entries.filter_map(|entry| {
        let pid = entry.file_name().to_str()?.parse().ok()?;
        let bytes = fs::read(entry.path().join("cmdline")).ok()?;
        let words = String::from_utf8_lossy(&bytes).replace('\0', " ");
        words.contains(text).then_some((pid, words))
    });
    found.collect()
}

/// Waits until no process names a text.
pub async fn wait_until_gone(text: &str) {
    let deadline = Instant::now() + PATIENCE;
    while !processes_naming(text).is_empty() {
        assert!(Instant::now() < deadline, "{:?}", processes_naming(text));
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}
