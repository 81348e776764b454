//! What most tests begin with.

use crate::actor::Actor;
use crate::answer::Answer;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How often a status is looked at.
const LOOK_AGAIN: Duration = Duration::from_millis(15);
/// No run of a test takes longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// A run and its plan.
#[derive(Debug, Clone)]
pub struct Run {
    /// `run-…`.
    pub id: String,
    /// `plan-…`.
    pub plan: String,
}

/// A request document.
pub fn body(kind: &str, attributes: &Value) -> Value {
    json!({ "data": { "type": kind, "attributes": attributes } })
}

/// A configuration archive of text files.
pub fn archive(files: &[(&str, &str)]) -> Vec<u8> {
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
    terrane_slug::pack_files(&files)
}

fn unframed(log: &[u8]) -> String {
    let inner = log.strip_prefix(&[2]).unwrap_or(log);
    String::from_utf8_lossy(inner.strip_suffix(&[3]).unwrap_or(inner)).into_owned()
}

impl Actor {
    /// Makes an organization.
    pub async fn organization(&self, name: &str) -> String {
        self.post("/organizations", &body("organizations", &json!({ "name": name })))
            .await
            .expect_status(201)
            .id()
    }

    /// Makes a workspace in `acme`; its id.
    pub async fn workspace(&self, name: &str) -> String {
        self.workspace_with(&json!({ "name": name })).await
    }

    /// Makes a workspace in `acme` with these attributes; its id.
    pub async fn workspace_with(&self, attributes: &Value) -> String {
        self.post("/organizations/acme/workspaces", &body("workspaces", attributes))
            .await
            .expect_status(201)
            .id()
    }

    /// Sets a variable.
    pub async fn variable(&self, workspace: &str, attributes: &Value) -> Answer {
        self.post(&format!("/workspaces/{workspace}/vars"), &body("vars", attributes))
            .await
            .expect_status(201)
    }

    /// Makes a configuration version; its id and upload URL.
    pub async fn configuration_version(&self, workspace: &str, speculative: bool) -> (String, String) {
        let attributes = json!({ "auto-queue-runs": false, "speculative": speculative });
        let path = format!("/workspaces/{workspace}/configuration-versions");
        let made = self.post(&path, &body("configuration-versions", &attributes)).await.expect_status(201);
        (made.id(), made.attribute("upload-url").as_str().expect("an upload URL").to_owned())
    }

    /// Uploads an archive; the configuration version's id.
    pub async fn configuration(&self, workspace: &str, archive: Vec<u8>) -> String {
        let (id, url) = self.configuration_version(workspace, false).await;
        self.put(&url, archive).await.expect_status(200);
        id
    }

    /// Asks for a run.
    pub async fn post_run(&self, workspace: &str, configuration: &str, attributes: &Value) -> Answer {
        let related = |kind: &str, id: &str| json!({ "data": { "type": kind, "id": id } });
        let body = json!({ "data": { "type": "runs", "attributes": attributes, "relationships": {
            "workspace": related("workspaces", workspace),
            "configuration-version": related("configuration-versions", configuration) } } });
        self.post("/runs", &body).await
    }

    /// Starts a run of an uploaded configuration.
    pub async fn run_of(&self, workspace: &str, configuration: &str, attributes: &Value) -> Run {
        let made = self.post_run(workspace, configuration, attributes).await.expect_status(201);
        let plan = made.at("/data/relationships/plan/data/id").as_str().expect("a run has a plan").to_owned();
        Run { id: made.id(), plan }
    }

    /// Uploads an archive and starts a run of it.
    pub async fn run(&self, workspace: &str, archive: Vec<u8>, attributes: &Value) -> Run {
        let configuration = self.configuration(workspace, archive).await;
        self.run_of(workspace, &configuration, attributes).await
    }

    /// Waits until the run has one of these statuses.
    ///
    /// # Panics
    /// After a minute and a half, with the run and its log.
    pub async fn wait_for(&self, run: &Run, statuses: &[&str]) -> Answer {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let answer = self.get(&format!("/runs/{}", run.id)).await.expect_status(200);
            if statuses.iter().any(|status| answer.attribute("status") == **status) {
                return answer;
            }
            if Instant::now() > deadline {
                panic!("{} is not {statuses:?}: {}\n{}", run.id, answer.text(), self.log(run).await);
            }
            sleep(LOOK_AGAIN).await;
        }
    }

    /// Waits until the run has ended or waits for a decision; its plan.
    pub async fn planned(&self, run: &Run) -> Answer {
        self.wait_for(run, &["planned", "planned_and_finished", "errored", "canceled", "discarded"]).await;
        self.get(&format!("/plans/{}", run.plan)).await.expect_status(200)
    }

    /// The log of the plan as it stands, without its framing.
    pub async fn log(&self, run: &Run) -> String {
        unframed(&self.framed_log(run).await)
    }

    /// Waits until the plan has logged a text.
    pub async fn wait_for_log(&self, run: &Run, text: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let log = self.log(run).await;
            if log.contains(text) {
                return;
            }
            assert!(Instant::now() < deadline, "{} does not log {text:?}: {log}", run.id);
            sleep(LOOK_AGAIN).await;
        }
    }

    /// The framed log of the plan as it stands.
    pub async fn framed_log(&self, run: &Run) -> Vec<u8> {
        self.framed_log_of(&self.get(&format!("/plans/{}", run.plan)).await.expect_status(200)).await
    }

    /// The run's apply.
    pub async fn apply(&self, run: &Run) -> Answer {
        let read = self.get(&format!("/runs/{}", run.id)).await.expect_status(200);
        let id = read.at("/data/relationships/apply/data/id");
        self.get(&format!("/applies/{}", id.as_str().expect("a run has an apply"))).await.expect_status(200)
    }

    /// The log of the apply as it stands, without its framing.
    pub async fn apply_log(&self, run: &Run) -> String {
        unframed(&self.framed_log_of(&self.apply(run).await).await)
    }

    /// The framed log of a plan or an apply as it stands.
    pub async fn framed_log_of(&self, phase: &Answer) -> Vec<u8> {
        let url = phase.attribute("log-read-url").as_str().expect("a log URL").to_owned();
        let mut log = Vec::new();
        loop {
            let part = format!("{url}?limit=1000000&offset={}", log.len());
            let asked = self.get(&part);
            let Ok(answer) = tokio::time::timeout(Duration::from_millis(500), asked).await else {
                return log;
            };
            let bytes = answer.expect_status(200).bytes;
            log.extend_from_slice(&bytes);
            if bytes.is_empty() || log.last() == Some(&3) {
                return log;
            }
        }
    }

    /// The JSON plan.
    pub async fn plan_json(&self, run: &Run) -> Value {
        let redirect = self.get(&format!("/plans/{}/json-output", run.plan)).await.expect_status(307);
        self.get(redirect.header("location")).await.expect_status(200).json()
    }
}
