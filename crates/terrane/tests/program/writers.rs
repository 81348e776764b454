//! Clients that write as fast as they are answered, and note each acknowledged write, until the server is gone.

use crate::ledger::{Entry, Ledger};
use rand::rngs::StdRng;
use rand::{Rng, RngExt};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::time::Duration;
use terrane_testkit::{Actor, Answer, Run, archive, body};

/// Archives get up to so much padding that cannot be compressed.
const PADDING_BYTES_MAX: usize = 100_000;
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// The server was killed in mid-request: whether that write took place is unknown, and nothing is noted.
#[derive(Debug)]
struct Gone;

/// One client.
pub struct Writer {
    /// With a token that may write.
    pub actor: Actor,
    /// Shared by all.
    pub ledger: Ledger,
    /// Makes its names its own.
    pub name: String,
    /// Its own dice.
    pub random: StdRng,
}

impl Writer {
    /// Writes until the server is gone.
    pub async fn write_until_gone(mut self) {
        let mut number = 0;
        while self.write(number).await.is_ok() {
            number += 1;
        }
    }

    /// A workspace, and mostly something in it.
    async fn write(&mut self, number: u32) -> Result<(), Gone> {
        let name = format!("{}-{number}", self.name);
        let attributes = json!({ "name": name });
        let made = self.post("/organizations/acme/workspaces", body("workspaces", &attributes)).await?;
        let workspace = made.id();
        self.ledger.note(Entry::Workspace { id: workspace.clone(), name });
        if self.random.random_bool(0.7) {
            self.write_variable(&workspace).await?;
        }
        if self.random.random_bool(0.7) {
            let configuration = self.write_configuration(&workspace).await?;
            if self.random.random_bool(0.7) {
                self.write_run(&workspace, &configuration).await?;
            }
        }
        Ok(())
    }

    async fn write_variable(&mut self, workspace: &str) -> Result<(), Gone> {
        let value = format!("value {}", self.random.next_u64());
        let attributes = json!({ "key": "region", "value": value, "category": "env" });
        let path = format!("/workspaces/{workspace}/vars");
        let made = self.post(&path, body("vars", &attributes)).await?;
        self.ledger.note(Entry::Variable { workspace: workspace.to_owned(), id: made.id(), value });
        Ok(())
    }

    async fn write_configuration(&mut self, workspace: &str) -> Result<String, Gone> {
        let path = format!("/workspaces/{workspace}/configuration-versions");
        let attributes = json!({ "auto-queue-runs": false });
        let made = self.post(&path, body("configuration-versions", &attributes)).await?;
        let url = made.attribute("upload-url").as_str().expect("an upload URL").to_owned();
        let padding: String = {
            let length = self.random.random_range(0..PADDING_BYTES_MAX);
            (0..length).map(|_| char::from(self.random.random_range(b' '..=b'~'))).collect()
        };
        let behaviour = self.behaviour().to_string();
        let archive = archive(&[("fake-engine.json", behaviour.as_str()), ("padding.txt", padding.as_str())]);
        let sha256 = Sha256::digest(&archive).into();
        let put = self.actor.request(Method::PUT, &url).body(archive);
        self.actor.try_send(put).await.map_err(|_| Gone)?.expect_status(200);
        self.ledger.note(Entry::Configuration { id: made.id(), sha256 });
        Ok(made.id())
    }

    /// Engines of every length and end, so that a kill meets each phase.
    fn behaviour(&mut self) -> Value {
        let mut pause = || json!({ "sleep_ms": self.random.random_range(0..120) });
        let (init, plan, show) = (pause(), pause(), pause());
        let steps = json!([{ "print": "planning\n" }, plan, { "plan": { "additions": 2 } }]);
        match self.random.random_range(0..8) {
            0 => json!({ "plan": [{ "print": "no\n" }, { "exit": 1 }] }),
            // Long enough to be met by a kill, and by the next.
            1 => json!({ "plan": [{ "print": "slow\n" }, { "sleep_ms": 1000 }, { "plan": {} }] }),
            _ => json!({ "init": [init], "plan": steps, "show": [show] }),
        }
    }

    async fn write_run(&mut self, workspace: &str, configuration: &str) -> Result<(), Gone> {
        let related = |kind: &str, id: &str| json!({ "data": { "type": kind, "id": id } });
        let body = json!({ "data": { "type": "runs",
            "attributes": { "plan-only": self.random.random_bool(0.5) },
            "relationships": {
                "workspace": related("workspaces", workspace),
                "configuration-version": related("configuration-versions", configuration) } } });
        let made = self.post("/runs", body).await?;
        let plan = made.at("/data/relationships/plan/data/id").as_str().expect("a run has a plan").to_owned();
        let run = Run { id: made.id(), plan };
        self.ledger.note(Entry::Run { run: run.clone(), workspace: workspace.to_owned() });
        if self.random.random_bool(0.5) { self.follow(run).await } else { Ok(()) }
    }

    /// What a client has seen must not be taken back either.
    async fn follow(&mut self, run: Run) -> Result<(), Gone> {
        for _ in 0..100 {
            let plan = self.get(&format!("/plans/{}", run.plan)).await?.expect_status(200);
            let status = plan.attribute("status");
            if ["finished", "errored"].contains(&status.as_str().unwrap_or_default()) {
                let url = plan.attribute("log-read-url").as_str().expect("a log URL").to_owned();
                let log = self.get(&format!("{url}?limit=1000000&offset=0")).await?.expect_status(200).bytes;
                assert_eq!(log.last(), Some(&3), "status and end of the log are visible at once");
                self.ledger.note(Entry::Ended { run, status, log });
                return Ok(());
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Ok(())
    }

    async fn get(&self, path: &str) -> Result<Answer, Gone> {
        self.actor.try_send(self.actor.request(Method::GET, path)).await.map_err(|_| Gone)
    }

    async fn post(&self, path: &str, body: Value) -> Result<Answer, Gone> {
        let request = self.actor.request(Method::POST, path).json(&body);
        Ok(self.actor.try_send(request).await.map_err(|_| Gone)?.expect_status(201))
    }
}
