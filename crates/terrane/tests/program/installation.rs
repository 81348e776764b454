//! An installation in a folder of its own: data, database, key and engines.

use crate::process::{Server, processes_naming, run, terrane, utf8};
use camino::Utf8PathBuf;
use std::process::Command;
use tempfile::TempDir;
use terrane_testkit::{Database, Engines, drop_postgres, fresh_postgres};

/// Both databases, for tests that are the same on each.
pub const BOTH: [Database; 2] = [Database::Sqlite, Database::Postgres];

/// Everything one server of a test needs.
pub struct Installation {
    folder: TempDir,
    engines: Vec<Utf8PathBuf>,
    postgres_url: Option<String>,
}

impl Installation {
    /// A new one, nothing started yet.
    pub fn new(database: Database, engines: Engines) -> Self {
        let folder = tempfile::Builder::new().prefix("terrane-program-").tempdir().expect("a folder");
        let programs = folder.path().join("programs");
        std::fs::create_dir(&programs).expect("the test's folder is writable");
        let postgres_url = (database == Database::Postgres).then(|| fresh_postgres().expect("PostgreSQL"));
        let this = Self { engines: engines.install(&utf8(&programs)), folder, postgres_url };
        std::fs::write(this.path("key"), "5c".repeat(31) + "01").expect("the test's folder is writable");
        this
    }

    /// On SQLite with the fake engine.
    pub fn small() -> Self {
        Self::new(Database::Sqlite, Engines::Fake)
    }

    /// A file or folder of this test.
    pub fn path(&self, name: &str) -> Utf8PathBuf {
        utf8(self.folder.path()).join(name)
    }

    /// The first engine.
    pub fn engine(&self) -> &str {
        self.engines[0].as_str()
    }

    /// The database's address, as a person would write it.
    pub fn database_url(&self) -> String {
        self.postgres_url.clone().unwrap_or_else(|| format!("sqlite:{}", self.path("data/terrane.db")))
    }

    /// The program with this installation's settings, all of them as variables: a command line that names the
    /// folder belongs to an engine or a supervisor.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = terrane(arguments);
        let engines: Vec<&str> = self.engines.iter().map(|path| path.as_str()).collect();
        command.env("TERRANE_DATA_DIR", self.path("data")).env("TERRANE_LISTEN", "127.0.0.1:0");
        // Tests ask as fast as they can; those of the limit set it.
        command.env("TERRANE_RATE_LIMIT", "0");
        if !engines.is_empty() {
            command.env("TERRANE_ENGINE_PATH", engines.join(","));
        }
        if let Some(url) = &self.postgres_url {
            command
                .env("TERRANE_DATABASE_URL", url)
                .env("TERRANE_ENCRYPTION_KEY_FILE", self.path("key"))
                .env("TERRANE_BLOB_URL", self.path("blobs"));
        }
        command
    }

    /// A second server on the same database, blobs and key, with a data directory of its own.
    pub fn start_beside(&self) -> Server {
        let mut command = self.command(&["server"]);
        command.env("TERRANE_DATA_DIR", self.path("data-beside"));
        Server::start(command)
    }

    /// Starts the server.
    pub fn start(&self) -> Server {
        Server::start(self.command(&["server"]))
    }

    /// A fresh token, from `terrane admin token`.
    pub fn token(&self, user: &str) -> String {
        let ended = run(self.command(&["admin", "token", "--user", user]));
        assert_eq!(ended.code, Some(0), "{ended:?}");
        ended.stdout.split_whitespace().last().expect("a token").to_owned()
    }

    /// The token of a user who owns the organization `acme`; the server is started for it and killed again.
    pub async fn owner_token(&self, user: &str) -> String {
        let server = self.start();
        let token = self.token(user);
        server.actor(&token).organization("acme").await;
        server.kill();
        token
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        // A test that failed may leave engines, which would outlive everything.
        for process in processes_naming(self.path("").as_str()) {
            process.kill();
        }
        if let Some(url) = &self.postgres_url {
            // Left behind it goes with the tests' PostgreSQL.
            let _ = drop_postgres(url);
        }
    }
}
