//! One private PostgreSQL for all tests of a run, and a fresh database for each test.
//!
//! nextest gives every test its own process, so the server is shared across processes: whoever comes first
//! starts it below `/tmp` (see `home.rs`), the others find it, and a watchdog ends it when no test process
//! has used it for a minute. Nothing listens on a network port, and nothing is ever synced to disk.

mod home;
mod own;
mod programs;
mod start;

use std::collections::hash_map::DefaultHasher;
use std::fs::File;
use std::hash::{Hash, Hasher};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, bail};
use camino::Utf8PathBuf;

use home::Home;
pub use own::OwnPostgres;
use programs::Programs;

/// Databases made here begin with this, and only such are dropped.
const DATABASE_PREFIX: &str = "test_";

/// The lock that says "this process uses the server", held from the first call to the end of the process.
static IN_USE: Mutex<Option<(PostgresServer, File)>> = Mutex::new(None);

/// The test run's PostgreSQL; made by [`shared`], cheap to clone.
#[derive(Clone, Debug)]
pub struct PostgresServer {
    programs: Programs,
    home: Home,
}

/// The PostgreSQL of this test run: started now if nobody has, else the one that runs.
pub fn shared() -> Result<PostgresServer> {
    let mut in_use = IN_USE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((server, _)) = &*in_use {
        return Ok(server.clone());
    }
    let programs = Programs::find()?;
    let home = Home::open(&programs)?;
    let lock = home.join(&programs).context("failed to start PostgreSQL for the tests")?;
    let server = PostgresServer { programs, home };
    *in_use = Some((server.clone(), lock));
    Ok(server)
}

impl PostgresServer {
    /// Makes an empty database; answers a `postgres://` URL for it.
    pub fn create_database(&self) -> Result<String> {
        self.create_database_from("template1")
    }

    /// Makes a database that is a copy of `template`, which nobody may be connected to.
    pub fn create_database_from(&self, template: &str) -> Result<String> {
        let name = format!("{DATABASE_PREFIX}{:016x}", rand::random::<u64>());
        self.copy_database(&name, template)?;
        Ok(self.url(&name))
    }

    /// Drops a database that [`create_database`](Self::create_database) made; open connections are ended.
    pub fn drop_database(&self, url: &str) -> Result<()> {
        let name = database_name(url)?;
        self.sql("postgres", &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
    }

    /// The template that `make` fills, made once for all processes of the run.
    ///
    /// `key` is all that the content hangs on (the text of the migrations): another key is another template.
    /// `make` gets the URL of an empty database and must close its connections; if it fails, nothing stays.
    pub fn template(&self, key: &str, make: impl FnOnce(&str) -> Result<()>) -> Result<String> {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        let template = format!("template_{:016x}", hasher.finish());
        let made = self.home.template_mark(&template);
        if made.exists() {
            return Ok(template);
        }
        let _one_at_a_time = self.home.lock_templates()?;
        if made.exists() {
            return Ok(template);
        }
        let draft = self.create_database()?;
        let filled = make(&draft).and_then(|()| {
            let name = database_name(&draft)?;
            self.sql("postgres", &format!("ALTER DATABASE {name} RENAME TO {template}"))
        });
        if let Err(error) = filled {
            self.drop_database(&draft)?;
            return Err(error).context("failed to make the template database");
        }
        File::create(&made).with_context(|| format!("failed to create {made}"))?;
        Ok(template)
    }

    /// The server's output so far: where to look when a test fails strangely.
    pub fn log_path(&self) -> Utf8PathBuf {
        self.home.log_path()
    }

    fn copy_database(&self, name: &str, template: &str) -> Result<()> {
        // Copying files is the fastest way while nothing is synced; before 15 it is the only one.
        let strategy = if self.programs.major_version >= 15 { " STRATEGY FILE_COPY" } else { "" };
        self.sql("postgres", &format!("CREATE DATABASE {name} TEMPLATE {template}{strategy}"))
    }

    fn sql(&self, database: &str, statement: &str) -> Result<()> {
        self.programs.psql(&self.home.socket_folder(), database, statement)
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://postgres@localhost/{database}?host={}", self.home.socket_folder())
    }
}

/// The database's name in a URL of [`PostgresServer::url`]; refuses what this module did not make.
fn database_name(url: &str) -> Result<&str> {
    let name = url.split('?').next().and_then(|path| path.rsplit('/').next()).unwrap_or_default();
    if !name.starts_with(DATABASE_PREFIX) || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        bail!("{url} is not a database of the tests");
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_own_databases_are_named() {
        let own = "postgres://postgres@localhost/test_0a?host=/tmp/x/socket";
        assert_eq!(database_name(own).unwrap(), "test_0a");
        assert!(database_name("postgres://localhost/postgres").is_err());
        assert!(database_name("postgres://localhost/test_0a;drop").is_err());
    }

    #[test]
    fn copies_of_a_template_are_apart() {
        let server = shared().unwrap();
        let fill = |url: &str| {
            let name = database_name(url)?;
            server.sql(name, "CREATE TABLE thing (id TEXT PRIMARY KEY)")
        };
        let template = server.template("copies_of_a_template_are_apart", fill).unwrap();
        assert_eq!(
            server.template("copies_of_a_template_are_apart", |_| bail!("made twice")).unwrap(),
            template
        );
        let (one, two) = (server.create_database_from(&template), server.create_database_from(&template));
        let (one, two) = (one.unwrap(), two.unwrap());
        for url in [&one, &two] {
            server.sql(database_name(url).unwrap(), "INSERT INTO thing VALUES ('same')").unwrap();
        }
        for url in [&one, &two] {
            server.drop_database(url).unwrap();
            assert!(server.sql(database_name(url).unwrap(), "SELECT 1").is_err());
        }
    }

    #[test]
    fn a_template_that_fails_leaves_nothing() {
        let server = shared().unwrap();
        // The server outlives the test by a minute, and what was made then is there.
        let key = format!("a_template_that_fails in process {}", std::process::id());
        let failed = server.template(&key, |_| bail!("no such migration"));
        assert!(format!("{:#}", failed.unwrap_err()).contains("no such migration"));
        let template = server.template(&key, |_| Ok(())).unwrap();
        let url = server.create_database_from(&template).unwrap();
        server.drop_database(&url).unwrap();
    }
}
