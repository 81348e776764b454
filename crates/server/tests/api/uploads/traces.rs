//! What the server writes to its log while secrets pass through it: none of them.

use crate::support::creates;
use serde_json::json;
use std::cell::RefCell;
use std::io;
use std::sync::{Arc, Mutex, Once, PoisonError};
use terrane_testkit::{Database, TestServer, state_file};
use tracing_subscriber::filter::dynamic_filter_fn;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::prelude::*;

/// Everything written, in memory.
#[derive(Debug, Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

thread_local! {
    /// What this thread writes to.
    static OF_THREAD: RefCell<Option<Captured>> = const { RefCell::new(None) };
}

/// Writes to what the thread has.
#[derive(Debug)]
struct ToThread;

impl Captured {
    /// From now on, of this thread. One subscriber for the whole process: with one for each thread, what other tests
    /// reach first may stay silent for all.
    fn begin() -> Self {
        static INSTALLED: Once = Once::new();
        INSTALLED.call_once(|| {
            let is_captured = dynamic_filter_fn(|_, _| OF_THREAD.with_borrow(Option::is_some));
            let layer = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(ToThread);
            let subscriber = tracing_subscriber::registry().with(layer.with_filter(is_captured));
            tracing::subscriber::set_global_default(subscriber).expect("no other test installs one");
        });
        let captured = Self::default();
        OF_THREAD.set(Some(captured.clone()));
        captured
    }

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

impl MakeWriter<'_> for ToThread {
    type Writer = Captured;

    fn make_writer(&self) -> Captured {
        OF_THREAD.with_borrow(Option::clone).unwrap_or_default()
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
    // Of this thread only, which is all that the runtime has.
    let captured = Captured::begin();
    let server = TestServer::start(database).await;
    let secrets = pass_secrets_through(&server).await;
    server.end().await;
    OF_THREAD.set(None);
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
