//! The server of a database, with TLS on a socket: one for all tests that use it, begun by the first.

use crate::process::{Running, run, terrane, utf8};
use camino::Utf8PathBuf;
use reqwest::tls::Certificate;
use rustix::process::Signal;
use std::sync::OnceLock;
use tempfile::TempDir;
use terrane_testkit::{Actor, Database, drop_postgres, fresh_postgres, real};

/// Runs at the same time.
const SLOTS: &str = "8";
/// How long an engine has after an interrupt; less than the 95 s of the default, which nobody waits for here.
const GRACE: &str = "20s";
/// The server's last lines that a failed test prints.
const TAIL_LINES: usize = 40;

/// Both servers, as soon as they are needed.
#[derive(Default)]
pub struct Places {
    sqlite: OnceLock<Place>,
    postgres: OnceLock<Place>,
}

impl Places {
    /// The server of a database.
    pub fn of(&self, database: Database) -> &Place {
        let place = match database {
            Database::Sqlite => &self.sqlite,
            Database::Postgres => &self.postgres,
        };
        place.get_or_init(|| Place::start(database))
    }

    /// Ends the servers; errors that they have logged, which no client may cause.
    pub fn end(self) -> Vec<String> {
        [self.sqlite, self.postgres]
            .into_iter()
            .filter_map(OnceLock::into_inner)
            .flat_map(Place::end)
            .collect()
    }
}

/// A running server.
pub struct Place {
    folder: TempDir,
    postgres_url: Option<String>,
    running: Running,
    /// `localhost:8443`, as configurations name it.
    pub host: String,
    /// A token of the user who makes everything.
    pub token: String,
    /// A token of one who may do nothing.
    pub stranger: String,
}

impl Place {
    fn start(database: Database) -> Self {
        let folder = tempfile::Builder::new().prefix("terrane-cli-").tempdir().expect("a folder");
        let path = |name: &str| utf8(folder.path()).join(name);
        let postgres_url = (database == Database::Postgres).then(|| fresh_postgres().expect("PostgreSQL"));
        std::fs::write(path("key"), "5c".repeat(31) + "01").expect("the folder is writable");
        let command = |arguments: &[&str]| {
            let mut command = terrane(arguments);
            command.env("TERRANE_DATA_DIR", path("data"));
            if let Some(url) = &postgres_url {
                command
                    .env("TERRANE_DATABASE_URL", url)
                    .env("TERRANE_ENCRYPTION_KEY_FILE", path("key"))
                    .env("TERRANE_BLOB_URL", path("blobs"));
            }
            command
        };
        let mut server = command(&["server", "--tls", "self-signed", "--agent-slots", SLOTS]);
        let (listen, host) = free_address();
        server.args(["--listen", &listen, "--public-url", &format!("https://{host}")]);
        server.args(["--rate-limit", "0", "--interrupt-grace", GRACE]);
        let engines = [real("tofu", "TERRANE_TEST_TOFU"), real("terraform", "TERRANE_TEST_TERRAFORM")];
        server
            .env("TERRANE_ENGINE_PATH", engines.map(Utf8PathBuf::into_string).join(","))
            .env("TERRANE_ENGINE_CLI_CONFIG", provider_config())
            .env("PATH", "/usr/bin:/bin");
        let mut running = Running::start(server);
        running.wait_for(" ready address=");
        let token = |user| {
            let printed = run(command(&["admin", "token", "--user", user])).stdout;
            printed.split_whitespace().last().expect("a token").to_owned()
        };
        let (token, stranger) = (token("ada"), token("eve"));
        Self { postgres_url, running, host, token, stranger, folder }
    }

    /// The authority that vouches for the server.
    pub fn authority(&self) -> Utf8PathBuf {
        utf8(self.folder.path()).join("data/tls/authority.pem")
    }

    /// The owner of everything. The runtime of a test stands still between its requests, and would not see how the server
    /// closes a connection that is idle: none is kept.
    pub fn actor(&self) -> Actor {
        let authority = std::fs::read(self.authority()).expect("the server has made it");
        let authority = Certificate::from_pem(&authority).expect("PEM");
        let client =
            Actor::client().tls_certs_only([authority]).pool_max_idle_per_host(0).build().expect("a client");
        Actor::at(&format!("https://{}", self.host), Some(&self.token)).with_client(client)
    }

    /// The server's log.
    pub fn log(&self) -> String {
        self.running.stderr()
    }

    /// The end of the server's log.
    pub fn log_tail(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
    }

    fn end(self) -> Vec<String> {
        self.running.signal(Signal::TERM);
        let log = self.running.ended().stderr;
        if let Some(url) = &self.postgres_url {
            // Left behind it goes with the tests' PostgreSQL.
            let _ = drop_postgres(url);
        }
        log.lines()
            .filter(|line| line.contains(" ERROR ") || line.contains("panicked"))
            .map(str::to_owned)
            .collect()
    }
}

/// A port that was free a moment ago: as an address, and as clients name it.
fn free_address() -> (String, String) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("a bound address");
    (address.to_string(), format!("localhost:{}", address.port()))
}

/// The CLI configuration that names the mirror of the null provider.
pub fn provider_config() -> Utf8PathBuf {
    let path = std::env::var("TERRANE_TEST_PROVIDER_CONFIG").unwrap_or_default();
    assert!(
        !path.is_empty(),
        "TERRANE_TEST_PROVIDER_CONFIG is not set: `make test` does, with scripts/null-provider"
    );
    path.into()
}
