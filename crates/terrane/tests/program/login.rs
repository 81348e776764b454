//! `tofu login` and `terraform login`, the real ones: a person follows the address that they print, agrees, and what the
//! CLI has stored then works.

use crate::installation::Installation;
use crate::process::{Running, Server, run};
use crate::server::free_port;
use camino::Utf8Path;
use reqwest::tls::Certificate;
use std::fs::File;
use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;
use terrane_testkit::{Answer, Browser, real};

const CLIS: [(&str, &str); 2] = [("tofu", "TERRANE_TEST_TOFU"), ("terraform", "TERRANE_TEST_TERRAFORM")];
const PASSWORD: &str = "correct horse battery";

/// A client that keeps to redirects by hand, and trusts the authority of an installation that has one.
fn client(installation: &Installation) -> reqwest::Client {
    client_that_finds(installation, None)
}

/// The same, and it knows where a name leads.
fn client_that_finds(installation: &Installation, name: Option<(&str, SocketAddr)>) -> reqwest::Client {
    let builder = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(60));
    let builder = match std::fs::read(installation.path("data/tls/authority.pem")) {
        Ok(pem) => builder.tls_certs_only([Certificate::from_pem(&pem).unwrap()]),
        Err(_) => builder,
    };
    let builder = match name {
        Some((name, address)) => builder.resolve(name, address),
        None => builder,
    };
    builder.build().unwrap()
}

/// Sets a password through the link that the program prints; the browser is then signed in.
async fn invited(installation: &Installation, client: reqwest::Client, url: &str) -> Browser {
    let ended = run(installation.command(&["admin", "invite", "--user", "ada", "--public-url", url]));
    let link = ended.stdout.split_whitespace().last().unwrap().to_owned();
    let browser = Browser::with(client, url);
    let fields = [("password", PASSWORD), ("again", PASSWORD)];
    browser.submit(&link, &fields).await.expect_status(303);
    browser
}

/// A CLI that waits for somebody to agree, and the address it prints.
fn login(
    installation: &Installation,
    mut command: Command,
    host: &str,
    home: &Utf8Path,
) -> (Running, String) {
    // Where a configuration file is named, Terraform takes this folder for granted.
    std::fs::create_dir_all(home.join(".terraform.d")).unwrap();
    std::fs::write(home.join("answer"), "yes\n").unwrap();
    command.args(["login", host]).current_dir(home).stdin(File::open(home.join("answer")).unwrap());
    // No browser is on this PATH, so the address is printed.
    command.env_clear().env("HOME", home).env("PATH", "/nonexistent").env("CHECKPOINT_DISABLE", "1");
    command.env("SSL_CERT_FILE", installation.path("data/tls/authority.pem"));
    command.env("TF_CLI_CONFIG_FILE", home.join("cli.tfrc"));
    if !home.join("cli.tfrc").exists() {
        std::fs::write(home.join("cli.tfrc"), "").unwrap();
    }
    let mut running = Running::start(command);
    running.wait_for("code_challenge_method");
    running.wait_for("will now wait for the host");
    let printed = running.stdout();
    let address = printed.split_whitespace().find(|word| word.contains("/oauth/authorize?"));
    let address = address.unwrap_or_else(|| panic!("no address: {printed}")).to_owned();
    (running, address)
}

/// What the form of the page would send.
fn fields_of(page: &Answer, decision: &str) -> Vec<(String, String)> {
    let text = page.text();
    let hidden = text.split("<input type=\"hidden\" name=\"").skip(1).map(|rest| {
        let (name, rest) = rest.split_once("\" value=\"").unwrap();
        (name.to_owned(), rest.split('"').next().unwrap().replace("&amp;", "&"))
    });
    hidden.chain([("decision".to_owned(), decision.to_owned())]).collect()
}

async fn decide(browser: &Browser, page: &Answer, decision: &str) -> Answer {
    let fields = fields_of(page, decision);
    let fields: Vec<(&str, &str)> =
        fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let path = "/oauth/authorize";
    let led = browser.submit(path, &fields).await.expect_status(303);
    // The page's policy lets its form lead there, and nowhere else.
    let policy = page.header("content-security-policy").to_owned();
    let origin = led.header("location").split("/login").next().unwrap().to_owned();
    assert!(policy.contains(&format!("form-action 'self' {origin};")), "{policy}: {origin}");
    led
}

/// The token that a CLI has stored for a host.
fn stored(home: &Utf8Path, host: &str) -> String {
    let text = std::fs::read_to_string(home.join(".terraform.d/credentials.tfrc.json")).unwrap();
    let stored: serde_json::Value = serde_json::from_str(&text).unwrap();
    stored["credentials"][host]["token"].as_str().unwrap_or_else(|| panic!("{text}")).to_owned()
}

async fn account(client: &reqwest::Client, url: &str, token: &str) -> (u16, String) {
    let answer = client.get(format!("{url}/api/v2/account/details")).bearer_auth(token).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_tls_by_the_server_s_own_name() {
    let installation = Installation::small();
    let port = free_port();
    let (host, url) = (format!("localhost:{port}"), format!("https://localhost:{port}"));
    let listen = format!("127.0.0.1:{port}");
    let arguments = ["server", "--listen", &listen, "--tls", "self-signed", "--public-url", &url];
    let server = Server::start(installation.command(&arguments));
    let browser = invited(&installation, client(&installation), &url).await;
    assert!(browser.cookies().starts_with("__Host-terrane_session="), "{}", browser.cookies());
    let client = client(&installation);
    for (name, variable) in CLIS {
        let home = installation.path(name);
        let (running, address) = login(&installation, Command::new(real(name, variable)), &host, &home);
        // Whoever is not signed in comes back to the very request after it.
        let asked = Browser::with(client.clone(), &url).get(&address).await.expect_status(303);
        assert!(asked.header("location").starts_with("/session?to=%2Foauth%2Fauthorize%3F"), "{name}");
        let page = browser.get(&address).await.expect_status(200);
        assert!(page.text().contains("<b>ada</b>") && page.text().contains(&host), "{}", page.text());
        let led = decide(&browser, &page, "allow").await;
        client.get(led.header("location")).send().await.unwrap().error_for_status().unwrap();
        let ended = running.ended();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let token = stored(&home, &host);
        let (status, text) = account(&client, &url, &token).await;
        assert!(status == 200 && text.contains(r#""username":"ada""#), "{name}: {status} {text}");
        // It stands in the list of tokens, and the CLI is not told of it twice.
        let list = browser.get("/app/settings/tokens").await.expect_status(200).text();
        assert!(list.contains("made by tofu login or terraform login") && !list.contains(&token), "{list}");
    }
    let ended = server.terminate();
    ended.without(&[&stored(&installation.path("tofu"), &host), PASSWORD]);
}

/// As in an office: a name with dots, and no port. Only the command line has the hosts file that knows the name, in a
/// mount namespace of its own; an address of loopback that nobody else uses has the port.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_a_name_with_dots_on_the_usual_port() {
    const HOST: &str = "terrane.example.test";
    let installation = Installation::small();
    let address: SocketAddr = "127.43.44.45:443".parse().unwrap();
    let url = format!("https://{HOST}");
    let listen = address.to_string();
    let arguments = ["server", "--listen", &listen, "--tls", "self-signed", "--public-url", &url];
    let server = Server::start(installation.command(&arguments));
    let client = client_that_finds(&installation, Some((HOST, address)));
    let browser = invited(&installation, client.clone(), &url).await;
    let hosts = installation.path("hosts");
    std::fs::write(&hosts, format!("127.0.0.1 localhost\n{} {HOST}\n", address.ip())).unwrap();
    for (name, variable) in CLIS {
        let home = installation.path(name);
        let mut command = Command::new("/usr/bin/unshare");
        let with_hosts = format!("/bin/mount --bind {hosts} /etc/hosts && exec \"$0\" \"$@\"");
        command.args(["--mount", "/bin/sh", "-c", &with_hosts]).arg(real(name, variable));
        let (running, asked) = login(&installation, command, HOST, &home);
        assert!(asked.starts_with(&format!("{url}/oauth/authorize?")), "{asked}");
        let led = decide(&browser, &browser.get(&asked).await.expect_status(200), "allow").await;
        client.get(led.header("location")).send().await.unwrap().error_for_status().unwrap();
        let ended = running.ended();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert_eq!(account(&client, &url, &stored(&home, HOST)).await.0, 200, "{name}");
    }
    assert_eq!(server.terminate().code, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn to_a_mapped_host_and_after_a_refusal() {
    let installation = Installation::small();
    let server = installation.start();
    let browser = invited(&installation, client(&installation), &server.url).await;
    let client = client(&installation);
    let mapped = run(installation.command(&["cli-config", "--server", &server.url])).stdout;
    for (name, variable) in CLIS {
        let (program, home) = (real(name, variable), installation.path(name));
        std::fs::create_dir_all(&home).unwrap();
        std::fs::write(home.join("cli.tfrc"), &mapped).unwrap();
        let (running, address) = login(&installation, Command::new(&program), "terrane.localhost", &home);
        let led = decide(&browser, &browser.get(&address).await.expect_status(200), "deny").await;
        assert!(led.header("location").contains("error=access_denied"), "{}", led.header("location"));
        client.get(led.header("location")).send().await.unwrap();
        // A CLI that is refused goes on waiting.
        drop(running);
        let (running, address) = login(&installation, Command::new(&program), "terrane.localhost", &home);
        let led = decide(&browser, &browser.get(&address).await.expect_status(200), "allow").await;
        client.get(led.header("location")).send().await.unwrap().error_for_status().unwrap();
        let ended = running.ended();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let token = stored(&home, "terrane.localhost");
        assert_eq!(account(&client, &server.url, &token).await.0, 200, "{name}");
    }
}
