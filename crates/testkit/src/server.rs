//! A whole server in the test's process, on a socket of its own.

use crate::actor::Actor;
use crate::browser::Browser;
use crate::database::{self, Database};
use crate::engines::Engines;
use crate::histories::check_histories;
use crate::programs::built;
use camino::Utf8PathBuf;
use std::net::SocketAddr;
use tempfile::TempDir;
use terrane_server::Server;
use terrane_server::app::App;
use terrane_server::clock::Clock;
use terrane_server::config::Config;
use terrane_server::platform::db::{Exec, sql};
use terrane_server::sessions::{self, Cookie};
use terrane_server::{tokens, users};

/// What a test server is made of.
#[derive(Debug, Clone, Copy)]
pub struct Setup {
    /// Its engines.
    pub engines: Engines,
    /// Changes its settings.
    pub configure: fn(&mut Config),
}

impl Default for Setup {
    fn default() -> Self {
        Self { engines: Engines::Fake, configure: |_| {} }
    }
}

/// A server with three actors.
#[derive(Debug)]
pub struct TestServer {
    /// Has no token.
    pub anonymous: Actor,
    /// Owns the organization `acme`.
    pub owner: Actor,
    /// Has a token and owns nothing.
    pub stranger: Actor,
    /// First user: sees everything.
    pub admin: Actor,
    server: Server,
    postgres_url: Option<String>,
    folder: TempDir,
}

impl TestServer {
    /// With the fake engine.
    pub async fn start(database: Database) -> Self {
        Self::with(database, Setup::default()).await
    }

    /// As the setup says.
    ///
    /// # Panics
    /// When anything it needs cannot be had: a test that cannot run is a failure.
    pub async fn with(database: Database, setup: Setup) -> Self {
        let folder = tempfile::Builder::new().prefix("terrane-test-").tempdir().expect("a temporary folder");
        let path = Utf8PathBuf::try_from(folder.path().to_owned()).expect("temporary paths are UTF-8");
        let mut config = Config::new(path.join("data"));
        let engines = path.join("programs");
        std::fs::create_dir(&engines).expect("the test's folder is writable");
        config.engine_paths = setup.engines.install(&engines);
        config.engine_search_path = None;
        config.listen = SocketAddr::from(([127, 0, 0, 1], 0));
        config.supervisor = Some(built("terrane"));
        // Tests ask as fast as they can; those of the limit set it.
        config.limits.requests_per_second = 0;
        config.limits.drain = std::time::Duration::ZERO;
        let postgres_url =
            (database == Database::Postgres).then(|| database::fresh_postgres().expect("PostgreSQL"));
        if let Some(url) = &postgres_url {
            config.database_url = Some(url.clone());
            let key = path.join("key");
            std::fs::write(&key, "5c".repeat(31) + "01").expect("the test's folder is writable");
            config.encryption_key_file = Some(key);
        }
        (setup.configure)(&mut config);
        let server = Server::start(config, Clock::default()).await.expect("the server starts");
        let anonymous = Actor::new(&server.app.public_url, None);
        let mut this = Self {
            owner: anonymous.clone(),
            stranger: anonymous.clone(),
            admin: anonymous.clone(),
            anonymous,
            server,
            postgres_url,
            folder,
        };
        this.admin = this.actor("root").await;
        this.owner = this.actor("ada").await;
        this.stranger = this.actor("mallory").await;
        this.owner.organization("acme").await;
        this
    }

    /// An actor with a fresh token of the user of this name.
    pub async fn actor(&self, name: &str) -> Actor {
        let app = &self.server.app;
        let issued = tokens::issue_for_name(&app.db, name, app.config.limits.token_life, app.clock.now())
            .await
            .expect("a token can be made");
        Actor::new(&app.public_url, Some(issued.text))
    }

    /// A browser in which the user of this name is signed in.
    ///
    /// # Panics
    /// When the database fails.
    pub async fn browser(&self, name: &str) -> Browser {
        let (app, browser) = (&self.server.app, Browser::new(&self.server.app.public_url));
        let mut tx = app.db.begin().await.expect("the database answers");
        let (user, _) = users::find_or_make(&mut tx, name, app.clock.now()).await.expect("a name");
        let session = sessions::open(app, &mut tx, &user.id).await.expect("the database answers");
        tx.commit().await.expect("the database answers");
        browser.take(&Cookie::of(&app.public_url).set(&session, app.config.limits.session_life));
        browser
    }

    /// The server's state: its clock, database and limits.
    pub fn app(&self) -> &App {
        &self.server.app
    }

    /// Changes rows behind the server's back, for what no client can bring about.
    ///
    /// # Panics
    /// When the statement fails.
    pub async fn sql(&self, statement: &'static str, values: &[&str]) {
        let query = values.iter().fold(sql(statement), |query, value| query.bind(*value));
        let mut tx = self.server.app.db.begin().await.expect("the database answers");
        tx.run(query).await.expect("the statement is right");
        tx.commit().await.expect("the database answers");
    }

    /// Whether every run has only come where it could come; else which has not.
    ///
    /// # Errors
    /// Names the run and the step.
    pub async fn check_histories(&self) -> Result<(), String> {
        check_histories(&self.server.app.db).await
    }

    /// The folder with everything of this test.
    pub fn folder(&self) -> Utf8PathBuf {
        Utf8PathBuf::try_from(self.folder.path().to_owned()).expect("temporary paths are UTF-8")
    }

    /// Stops the server and deletes what it made. Before that the history of every run there is must be a legal one.
    ///
    /// # Panics
    /// When a run has come where it could not come.
    pub async fn end(self) {
        if let Err(reason) = self.check_histories().await {
            panic!("{reason}");
        }
        self.end_with_illegal_histories().await;
    }

    /// The same for a test that has moved runs behind the server's back.
    pub async fn end_with_illegal_histories(self) {
        self.server.stop().await;
        if let Some(url) = &self.postgres_url {
            database::drop_postgres(url).expect("the test's database can be dropped");
        }
    }
}
