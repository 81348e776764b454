//! One installation: a server on a port that it keeps, an agent beside it or in it, and its database, all as processes.

use crate::asking::Asking;
use crate::cell::{Agents, Cell, Engine};
use crate::process::{Running, Server, processes_naming, run, terrane, utf8};
use camino::Utf8PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use terrane_testkit::postgres::OwnPostgres;
use terrane_testkit::{Actor, Engines, real};

/// Short enough to wait for.
const TIMES: [(&str, &str); 4] = [
    ("TERRANE_HEARTBEAT", "200ms"),
    ("TERRANE_LEASE", "1s"),
    ("TERRANE_SILENCE", "3s"),
    ("TERRANE_INTERRUPT_GRACE", "3s"),
];
/// Below the ports that systems give away by themselves: a server that is started again must find its own free.
const PORTS: std::ops::Range<u16> = 20_000..32_000;

/// A PostgreSQL for cell after cell.
pub type Postgres = Arc<Mutex<OwnPostgres>>;

/// The processes of one cell. Killed when dropped.
pub struct Place {
    folder: TempDir,
    engine: Utf8PathBuf,
    cell: Cell,
    port: u16,
    pub postgres: Option<Postgres>,
    database_url: Option<String>,
    pub server: Option<Server>,
    pub agent: Option<Running>,
}

impl Place {
    /// Makes one and starts everything.
    pub async fn start(cell: Cell, postgres: Option<Postgres>) -> (Self, Asking) {
        let folder = tempfile::Builder::new().prefix("terrane-matrix-").tempdir().expect("a folder");
        let programs = utf8(folder.path()).join("programs");
        std::fs::create_dir(&programs).expect("the test's folder is writable");
        let engine = match cell.engine {
            Engine::Fake => Engines::Fake.install(&programs).remove(0),
            Engine::Real => real("tofu", "TERRANE_TEST_TOFU"),
        };
        let database_url = postgres.as_ref().map(|postgres| {
            let name = format!("cell_{:016x}", rand::random::<u64>());
            postgres.lock().unwrap().create_database(&name).expect("a database")
        });
        let port = free_port();
        let mut this = Self { folder, engine, cell, port, postgres, database_url, server: None, agent: None };
        std::fs::write(this.path("key"), "5c".repeat(31) + "01").expect("the test's folder is writable");
        this.start_server();
        let token = this.admin(&["admin", "token", "--user", "ada"]);
        let asking = Asking(Actor::at(&format!("http://127.0.0.1:{port}"), Some(&token)));
        asking.0.organization("acme").await;
        let token = this.admin(&["admin", "agent-token", "--pool", "matrix"]);
        std::fs::write(this.path("agent-token"), token).expect("the test's folder is writable");
        this.start_agent();
        (this, asking)
    }

    /// A file or folder of this cell.
    pub fn path(&self, name: &str) -> Utf8PathBuf {
        utf8(self.folder.path()).join(name)
    }

    /// The folder of all jobs.
    pub fn jobs(&self) -> Utf8PathBuf {
        self.path(if self.cell.agents == Agents::Embedded { "data/agent" } else { "agent" })
    }

    /// All settings as variables: a command line that names the folder belongs to an engine or a supervisor.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = terrane(arguments);
        command.env("TERRANE_DATA_DIR", self.path("data"));
        if !self.cell.is_patient {
            command.envs(TIMES);
        }
        if let Some(url) = &self.database_url {
            command
                .env("TERRANE_DATABASE_URL", url)
                .env("TERRANE_ENCRYPTION_KEY_FILE", self.path("key"))
                .env("TERRANE_BLOB_URL", self.path("blobs"));
        }
        command
    }

    fn admin(&self, arguments: &[&str]) -> String {
        let ended = run(self.command(arguments));
        assert_eq!(ended.code, Some(0), "{ended:?}");
        ended.stdout.split_whitespace().last().expect("a token").to_owned()
    }

    /// Starts the server and waits until it is ready.
    pub fn start_server(&mut self) {
        let mut command = self.command(&["server"]);
        let slots = if self.cell.agents == Agents::Embedded { "2" } else { "0" };
        command.env("TERRANE_LISTEN", format!("127.0.0.1:{}", self.port)).env("TERRANE_AGENT_SLOTS", slots);
        command
            .env("TERRANE_ENGINE_PATH", &self.engine)
            .env("PATH", "/usr/bin:/bin")
            .env("TERRANE_RATE_LIMIT", "0");
        self.server = Some(Server::start(command));
    }

    /// Starts the agent, where it is a process of its own.
    pub fn start_agent(&mut self) {
        if self.cell.agents == Agents::Embedded {
            return;
        }
        let mut command = terrane(&["agent"]);
        command
            .env("TERRANE_AGENT_SERVER", format!("http://127.0.0.1:{}", self.port))
            .env("TERRANE_AGENT_TOKEN_FILE", self.path("agent-token"))
            .env("TERRANE_AGENT_WORK_DIR", self.jobs())
            .env("TERRANE_AGENT_ENGINE_PATH", &self.engine)
            .env("PATH", "/usr/bin:/bin");
        self.agent = Some(Running::start(command));
    }

    /// What server and agent have logged since their last start.
    pub fn logs(&self) -> String {
        let server = self.server.as_ref().map(|server| server.running.stderr()).unwrap_or_default();
        let agent = self.agent.as_ref().map(Running::stderr).unwrap_or_default();
        format!("== server\n{server}== agent\n{agent}")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("{}: {}", self.cell.name(), self.logs());
        }
        (self.agent, self.server) = (None, None);
        // A cell that failed may leave engines, which would outlive everything.
        for process in processes_naming(self.path("").as_str()) {
            process.kill();
        }
    }
}

fn free_port() -> u16 {
    loop {
        let port = rand::random_range(PORTS);
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
