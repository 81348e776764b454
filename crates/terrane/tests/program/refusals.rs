//! What keeps a server from starting: each error names the thing, the reason and the next step, ends with 1, and
//! shows no secret.

use crate::installation::Installation;
use crate::process::{Ended, Server, run};
use terrane_testkit::{Database, Engines};

/// Starts a server of the installation with more arguments, which must fail.
fn refused(installation: &Installation, arguments: &[&str]) -> Ended {
    run(installation.command(&[&["server"], arguments].concat()))
}

#[test]
fn a_port_in_use() {
    let installation = Installation::small();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for flag in ["--listen", "--metrics-listen"] {
        let needed = [&address, "in use", &format!("choose another with {flag} HOST:PORT")];
        refused(&installation, &[flag, &address]).expect_error(1, &needed);
    }
}

#[test]
fn a_data_directory_that_cannot_be_used() {
    let installation = Installation::small();
    std::fs::write(installation.path("file"), "").unwrap();
    let (file, below) = (installation.path("file"), installation.path("file/data"));
    // Not even root can make files in /proc.
    for path in [file.as_str(), below.as_str(), "/proc", "/proc/terrane-data"] {
        for command in ["server", "demo"] {
            let ended = run(installation.command(&[command, "--data-dir", path]));
            ended.expect_error(1, &["cannot use the data directory", path, "--data-dir DIR", "os error"]);
        }
    }
}

#[test]
fn a_database_that_cannot_be_used() {
    let installation = Installation::new(Database::Postgres, Engines::None);
    let absent = installation.database_url().replace("/test_", "/absent_");
    let cases: &[(&str, &[&str])] = &[
        ("postgres://ada:hunter2@127.0.0.1:1/terrane", &["postgres://127.0.0.1:1/terrane", "refused"]),
        ("postgres://ada:hun/ter2@db/terrane", &["postgres://db/terrane"]),
        ("postgres://127.0.0.1:1/terrane?password=hunter2", &["postgres://127.0.0.1:1/terrane", "refused"]),
        ("mysql://ada:hunter2@db/terrane", &["mysql://db/terrane", "postgres://"]),
        ("host=db password=hunter2", &["postgres://"]),
        (&absent, &["/absent_", "does not exist"]),
    ];
    for (url, needed) in cases {
        let needed = [needed, &["cannot open the database", "check --database-url"][..]].concat();
        refused(&installation, &["--database-url", url])
            .expect_error(1, &needed)
            .without(&["hunter2", "hun/ter2"]);
    }
}

#[test]
fn a_database_file_that_is_none() {
    let installation = Installation::small();
    std::fs::create_dir(installation.path("data")).unwrap();
    let file = installation.path("data/terrane.db");
    std::fs::write(&file, "swordfish ".repeat(1000)).unwrap();
    refused(&installation, &[]).expect_error(1, &[file.as_str(), "not a database"]);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "swordfish ".repeat(1000), "left as it was");
}

#[test]
fn a_missing_key() {
    let installation = Installation::new(Database::Postgres, Engines::None);
    let mut command = installation.command(&["server"]);
    command.env_remove("TERRANE_ENCRYPTION_KEY_FILE");
    run(command).expect_error(1, &["no encryption key", "PostgreSQL", "--encryption-key-file FILE"]);
    assert!(!installation.path("data/master.key").exists(), "none is made where two servers need the same");
}

#[test]
fn another_key_than_the_database_was_made_with() {
    let on_sqlite = Installation::small();
    on_sqlite.start().terminate();
    std::fs::write(on_sqlite.path("data/master.key"), "5d".repeat(31) + "01").unwrap();
    let on_postgres = Installation::new(Database::Postgres, Engines::None);
    on_postgres.start().terminate();
    std::fs::write(on_postgres.path("key"), "5d".repeat(31) + "01").unwrap();
    for installation in [&on_sqlite, &on_postgres] {
        refused(installation, &[])
            .expect_error(1, &["encryption key", "another key", "--encryption-key-file FILE"])
            .without(&["5d5d"]);
    }
}

#[test]
fn a_key_file_without_a_key() {
    let installation = Installation::small();
    let path = installation.path("bad-key");
    for text in ["", "swordfish", &"5c".repeat(31), &"5g".repeat(32), &"5c".repeat(33)] {
        std::fs::write(&path, text).unwrap();
        refused(&installation, &["--encryption-key-file", path.as_str()])
            .expect_error(1, &[path.as_str(), "holds no key", "64 hex digits", "--encryption-key-file FILE"])
            .without(&["swordfish", "5c5c", "5g5g"]);
    }
    std::fs::remove_file(&path).unwrap();
    let needed =
        ["cannot use the encryption key file", path.as_str(), "No such file", "--encryption-key-file"];
    refused(&installation, &["--encryption-key-file", path.as_str()]).expect_error(1, &needed);
    assert!(!path.exists(), "a key somebody named is never made");
}

#[test]
fn a_cli_configuration_engines_cannot_use() {
    let installation = Installation::small();
    let path = installation.path("cli.tfrc");
    let start = || refused(&installation, &["--engine-cli-config", path.as_str()]);
    start().expect_error(1, &[path.as_str(), "No such file", "--engine-cli-config FILE"]);
    let secret = "credentials \"a.example\" { token = \"swordfish\" }\n";
    for (text, reason) in
        [("{\"x\": \"swordfish\"}", "HCL"), ("plugin_cache_dir = \"/x\"\n", "filesystem_mirror")]
    {
        std::fs::write(
            &path,
            if text.starts_with('{') { text.to_owned() } else { format!("{secret}{text}") },
        )
        .unwrap();
        start().expect_error(1, &[path.as_str(), reason, "--engine-cli-config FILE"]).without(&["swordfish"]);
    }
    std::fs::write(&path, secret).unwrap();
    let mut command = installation.command(&["server"]);
    command.env("TERRANE_ENGINE_CLI_CONFIG", &path);
    assert_eq!(Server::start(command).terminate().without(&["swordfish"]).code, Some(0));
}

#[test]
fn an_engine_that_is_not_there() {
    let installation = Installation::small();
    let path = installation.path("absent-engine");
    for command in ["server", "demo"] {
        let ended = run(installation.command(&[command, "--engine-path", path.as_str()]));
        ended
            .expect_error(1, &["cannot use the engine", path.as_str(), "No such file", "--engine-path FILE"]);
    }
}

#[test]
fn a_configuration_file_that_cannot_be_used() {
    let installation = Installation::small();
    let path = installation.path("terrane.toml");
    let start = || refused(&installation, &["--config", path.as_str()]);
    start().expect_error(1, &["configuration file", path.as_str(), "No such file", "--config FILE"]);
    let cases = [
        ("agent-slots = 1\ndatabase-ulr = \"postgres://ada:hunter2@db/x\"\n", "line 2", "database-ulr"),
        ("\n\ndatabase-url = \"postgres://ada:hunter2@db/x\n", "line 3", ""),
        ("database-url = [\"postgres://ada:hunter2@db/x\"]", "line 1", "string"),
        ("agent-slots = \"two\"", "line 1", "agent-slots"),
        ("listen = \"everywhere\"", "line 1", "socket address"),
    ];
    for (text, line, what) in cases {
        std::fs::write(&path, text).unwrap();
        start().expect_error(1, &[path.as_str(), line, what, "--help"]).without(&["hunter2"]);
    }
}

#[test]
fn a_blob_store_that_cannot_be_used() {
    let installation = Installation::small();
    std::fs::write(installation.path("file"), "").unwrap();
    let (file, key) = (installation.path("file"), installation.path("key"));
    for (url, needed) in [
        (file.as_str(), file.as_str()),
        ("s3://ada:hunter2@bucket", "s3://bucket"),
        ("ftp://u:hunter2@h", "s3://"),
    ] {
        let arguments = ["--blob-url", url, "--encryption-key-file", key.as_str()];
        refused(&installation, &arguments)
            .expect_error(1, &["cannot use the blob store", needed, "--blob-url"])
            .without(&["hunter2"]);
    }
}

#[test]
fn a_public_url_that_is_none() {
    let installation = Installation::small();
    for url in
        ["", "nonsense", "terrane.example", "ftp://terrane.example", "https://", "https://a.example?b=c"]
    {
        let needed = ["cannot use the public URL", &format!("{url:?}"), "--public-url URL"];
        refused(&installation, &["--public-url", url]).expect_error(1, &needed);
    }
}

#[test]
fn times_that_cannot_be_used() {
    let installation = Installation::small();
    let cases: &[(&[&str], &[&str])] = &[
        (&["--heartbeat", "30s"], &["cannot use 30s as heartbeat", "lease of 30s", "--heartbeat TIME"]),
        (&["--lease", "5s"], &["cannot use 5s as heartbeat", "lease of 5s", "--lease TIME"]),
        (&["--silence", "0s"], &["cannot use 0s as silence", "longer than nothing", "--silence TIME"]),
        (&["--log-poll", "0ms"], &["as log-poll", "longer than nothing", "--log-poll TIME"]),
        (&["--apply-timeout", "20000h"], &["as apply-timeout", "at the most", "--apply-timeout TIME"]),
    ];
    for (arguments, needed) in cases {
        refused(&installation, arguments).expect_error(1, needed);
    }
    let path = installation.path("terrane.toml");
    std::fs::write(&path, "agent-slots = 1\nlease = \"soon\"\n").unwrap();
    let needed = ["line 2 (lease)", "\"soon\" is no length of time", "30s, 15m", "--help"];
    refused(&installation, &["--config", path.as_str()]).expect_error(1, &needed);
    let mut command = installation.command(&["server"]);
    command.env("TERRANE_LEASE", "1s");
    run(command).expect_error(1, &["as heartbeat", "lease of 1s"]);
}
