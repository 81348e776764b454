//! What the server writes to its log while secrets pass through it: none of them.

use crate::support::creates;
use serde_json::json;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use terrane_testkit::{Database, TestServer, state_file};
use tracing_subscriber::fmt::MakeWriter;

/// Everything written, in memory.
#[derive(Debug, Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

impl io::Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Captured {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// The secrets of a whole run: tokens, signed URLs, values of variables.
async fn pass_secrets_through(server: &TestServer) -> Vec<String> {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    let value = "canary-of-a-sensitive-value";
    owner
        .variable(&workspace, &json!({ "key": "k", "value": value, "category": "env", "sensitive": true }))
        .await;
    let (id, upload) = owner.configuration_version(&workspace, false).await;
    server.anonymous.put(&upload, "no archive").await.expect_status(422);
    server.anonymous.put(&upload, creates(1)).await.expect_status(200);
    let redirect = owner.get(&format!("/configuration-versions/{id}/download")).await.expect_status(302);
    let download = redirect.header("location").to_owned();
    server.anonymous.get(&download).await.expect_status(200);
    let run = owner
        .run_of(&workspace, &id, &json!({ "variables": [{ "key": "v", "value": "\"canary-of-a-run\"" }] }))
        .await;
    let plan = owner.planned(&run).await;
    let log = plan.attribute("log-read-url").as_str().expect("a log URL").to_owned();
    owner.log(&run).await;
    let json = owner.get(&format!("/plans/{}/json-output", run.plan)).await.expect_status(307);
    let json = json.header("location").to_owned();
    server.anonymous.get(&json).await.expect_status(200);
    let states = owner.workspace("states").await;
    let state = owner.state(&states, 1, &state_file(1)).await;
    let state = owner.get(&format!("/state-versions/{state}?include=outputs")).await.expect_status(200);
    let state = state.attribute("hosted-state-download-url").as_str().expect("a URL").to_owned();
    server.anonymous.get(&state).await.expect_status(200);
    let token = |url: &str| url.rsplit('/').next().expect("a path").to_owned();
    vec![
        token(&upload),
        token(&download),
        token(&log),
        token(&json),
        token(&state),
        "canary-of-an-output".to_owned(),
        "canary-of-a-resource".to_owned(),
        owner.token().to_owned(),
        value.to_owned(),
        "canary-of-a-run".to_owned(),
    ]
}

async fn no_secret_is_logged(database: Database) {
    let captured = Captured::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(captured.clone())
        .with_ansi(false)
        .finish();
    // Of this thread only, which is all that the runtime has.
    let _guard = tracing::subscriber::set_default(subscriber);
    let server = TestServer::start(database).await;
    let secrets = pass_secrets_through(&server).await;
    server.end().await;
    let log = captured.text();
    assert!(log.contains("a job starts"), "nothing was captured: {log}");
    for secret in secrets {
        let line = log.lines().find(|line| line.contains(&secret));
        assert_eq!(line, None, "{secret}");
    }
}

#[tokio::test]
async fn no_secret_is_logged_on_sqlite() {
    no_secret_is_logged(Database::Sqlite).await;
}

#[tokio::test]
async fn no_secret_is_logged_on_postgres() {
    no_secret_is_logged(Database::Postgres).await;
}
