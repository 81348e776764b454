//! A fresh database for each test: a file, or a copy of a migrated PostgreSQL template.

use crate::postgres;
use anyhow::Context;
use terrane_server::platform::db::{Db, postgres_migrations};

/// Which database a test runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Database {
    /// A file in the test's folder.
    Sqlite,
    /// A database in the PostgreSQL of the test run.
    Postgres,
}

/// The URL of a fresh, migrated PostgreSQL database; [`drop_postgres`] deletes it again.
///
/// # Errors
/// Says what is missing to start the tests' PostgreSQL.
pub fn fresh_postgres() -> anyhow::Result<String> {
    let server =
        postgres::shared().context("the tests need PostgreSQL: install the Debian package postgresql")?;
    let template = server.template(&postgres_migrations(), migrate)?;
    server.create_database_from(&template)
}

/// Deletes a database again, also one with open connections.
///
/// # Errors
/// Says why it cannot be deleted.
pub fn drop_postgres(url: &str) -> anyhow::Result<()> {
    postgres::shared()?.drop_database(url)
}

/// Migrates on a thread of its own: the caller may be inside of a runtime already.
fn migrate(url: &str) -> anyhow::Result<()> {
    let url = url.to_owned();
    let work = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            Db::open(&url).await?.close().await;
            anyhow::Ok(())
        })
    });
    work.join().map_err(|_| anyhow::anyhow!("the migration panicked"))?
}
