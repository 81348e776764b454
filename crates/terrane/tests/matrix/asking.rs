//! A client that asks again while the server or its database is away, as real clients do.

use serde_json::{Value, json};
use std::time::{Duration, Instant};
use terrane_testkit::{Actor, Answer, body};

/// Nothing here takes longer.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_AGAIN: Duration = Duration::from_millis(25);

/// Somebody with a token.
#[derive(Clone)]
pub struct Asking(pub Actor);

impl Asking {
    /// Asks until there is an answer that is not the server's own failure.
    pub async fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let method = method.parse().expect("a method");
            let request = self.0.request(method, path);
            let request = match body {
                Some(body) => request.json(body),
                None => request,
            };
            match self.0.try_send(request).await {
                Ok(answer) if answer.status < 500 => return answer,
                answer => assert!(Instant::now() < deadline, "{path}: {answer:?}"),
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, None).await.expect_status(200)
    }

    pub async fn post(&self, path: &str) -> Answer {
        self.ask("POST", path, Some(&json!({}))).await
    }

    /// A workspace in the organization.
    pub async fn workspace(&self, name: &str, engine: &str) -> String {
        let attributes = json!({ "name": name, "engine": engine });
        let path = "/organizations/acme/workspaces";
        self.ask("POST", path, Some(&body("workspaces", &attributes))).await.expect_status(201).id()
    }

    /// The run's status.
    pub async fn status(&self, run: &str) -> String {
        self.get(&format!("/runs/{run}")).await.attribute("status").as_str().expect("a status").to_owned()
    }

    /// Waits for one of these statuses; which.
    pub async fn wait_for(&self, run: &str, statuses: &[&str], patience: Duration) -> String {
        let deadline = Instant::now() + patience;
        loop {
            let status = self.status(run).await;
            if statuses.contains(&status.as_str()) {
                return status;
            }
            assert!(Instant::now() < deadline, "{run} is {status}, not one of {statuses:?}");
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// The framed log of a plan or an apply that has ended.
    pub async fn log(&self, phase: &Answer) -> Vec<u8> {
        let url = phase.attribute("log-read-url").as_str().expect("a log URL").to_owned();
        self.ask("GET", &format!("{url}?limit=1000000&offset=0"), None).await.expect_status(200).bytes
    }
}
