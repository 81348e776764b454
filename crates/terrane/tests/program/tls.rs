//! `--tls` and `--tls-cert`: who is told of the authority speaks with the server, and nobody else.

use crate::installation::Installation;
use crate::process::{Server, run};
use crate::server::free_port;
use reqwest::tls::Certificate;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

fn client(installation: &Installation) -> reqwest::Client {
    let authority = std::fs::read(installation.path("data/tls/authority.pem")).unwrap();
    let authority = Certificate::from_pem(&authority).unwrap();
    reqwest::Client::builder().tls_certs_only([authority]).build().unwrap()
}

fn start(installation: &Installation, arguments: &[&str]) -> (Server, u16) {
    let port = free_port();
    let listen = format!("127.0.0.1:{port}");
    let server = Server::start(installation.command(&[&["server", "--listen", &listen], arguments].concat()));
    (server, port)
}

async fn health(client: &reqwest::Client, url: &str) -> Option<String> {
    client.get(format!("{url}/healthz")).send().await.ok()?.text().await.ok()
}

#[tokio::test]
async fn its_own_authority_lasts() {
    let installation = Installation::small();
    let (server, port) = start(&installation, &["--tls", "self-signed"]);
    let first = client(&installation);
    let url = format!("https://localhost:{port}");
    assert_eq!(health(&first, &url).await.as_deref(), Some("ok\n"));
    assert_eq!(health(&first, &format!("https://127.0.0.1:{port}")).await.as_deref(), Some("ok\n"));
    assert_eq!(health(&reqwest::Client::new(), &url).await, None, "a stranger to the authority");
    assert_eq!(health(&first, &format!("http://localhost:{port}")).await, None, "without TLS");
    let ended = server.terminate();
    assert!(ended.stderr.contains("export SSL_CERT_FILE="), "{ended:?}");
    // A client that was told once is not told again.
    let (server, port) = start(&installation, &["--tls", "self-signed"]);
    assert_eq!(health(&first, &format!("https://localhost:{port}")).await.as_deref(), Some("ok\n"));
    let token = installation.token("ada");
    let body = r#"{"data":{"type":"organizations","attributes":{"name":"acme","email":"a@b.example"}}}"#;
    let url = format!("https://localhost:{port}/api/v2/organizations");
    let made = first.post(&url).bearer_auth(token).body(body).send().await.unwrap();
    assert_eq!(made.status(), 201);
    assert_eq!(server.terminate().code, Some(0));
}

#[tokio::test]
async fn a_certificate_of_somebody_elses() {
    let installation = Installation::small();
    start(&installation, &["--tls", "self-signed"]).0.terminate();
    let file = |name: &str| installation.path(&format!("data/tls/{name}")).into_string();
    let copies = ["server.pem", "server.key"].map(|name| {
        let copy = installation.path(name).into_string();
        std::fs::copy(file(name), &copy).unwrap();
        copy
    });
    let [certificate, key] = &copies;
    let (server, port) = start(&installation, &["--tls-cert", certificate, "--tls-key", key]);
    assert_eq!(
        health(&client(&installation), &format!("https://localhost:{port}")).await.as_deref(),
        Some("ok\n")
    );
    server.terminate();
    let refused = |arguments: &[&str], parts: &[&str]| {
        run(installation.command(&[&["server"], arguments].concat())).expect_error(1, parts);
    };
    refused(&["--tls-cert", certificate], &["has no key", "--tls-key FILE"]);
    refused(&["--tls-key", key], &["has no certificate", "--tls-cert FILE"]);
    refused(&["--tls-cert", "/nowhere", "--tls-key", key], &["/nowhere", "--tls-cert FILE"]);
    refused(&["--tls-cert", certificate, "--tls-key", certificate], &["TLS key", "it holds none"]);
}

#[test]
fn a_handshake_that_never_comes_is_given_up() {
    let installation = Installation::small();
    let (server, port) = start(&installation, &["--tls", "self-signed"]);
    let mut silent = TcpStream::connect(("127.0.0.1", port)).unwrap();
    silent.write_all(&[0x16, 0x03]).unwrap();
    silent.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let began = Instant::now();
    assert_eq!(silent.read(&mut [0; 16]).unwrap(), 0, "closed");
    // Neither at once nor never; the limit is ten seconds.
    assert!(began.elapsed() > Duration::from_secs(5));
    server.terminate();
}

#[test]
fn a_mapped_host() {
    let installation = Installation::small();
    let ended = run(installation.command(&["cli-config", "--server", "http://127.0.0.1:9/"]));
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stdout.starts_with("host \"terrane.localhost\" {\n"), "{ended:?}");
    assert!(ended.stdout.contains("\"tfe.v2\" = \"http://127.0.0.1:9/api/v2/\"\n"), "{ended:?}");
    std::fs::write(installation.path("token"), "not a token\n").unwrap();
    let with_token = ["cli-config", "--token-file", installation.path("token").as_str()].map(str::to_owned);
    let with_token: Vec<&str> = with_token.iter().map(String::as_str).collect();
    run(installation.command(&with_token)).expect_error(1, &["does not hold one token"]);
    run(installation.command(&["cli-config", "--host", "a\"b"])).expect_error(1, &["--host NAME"]);
    run(installation.command(&["cli-config", "--server", "nowhere"])).expect_error(1, &["nowhere"]);
}
