//! A server that is restarted under its clients, on a listener that somebody else keeps (`LISTEN_FDS`): nobody notices.

use crate::installation::{BOTH, Installation};
use crate::process::Server;
use rustix::process::Signal;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use terrane_testkit::{Actor, Database, Engines, real};

const RESTARTS: usize = 4;
/// From one restart to the next.
const PAUSE: Duration = Duration::from_secs(2);
/// Command lines at the same time.
const AT_ONCE: usize = 4;

/// The same program with a listener passed to it, as a service manager does it: as descriptor 3.
fn with_listener(command: &Command, listener: &TcpListener) -> Command {
    let mut shell = Command::new("/bin/sh");
    let pass = "exec 3<&0 </dev/null; export LISTEN_PID=$$ LISTEN_FDS=1; exec \"$0\" \"$@\"";
    shell.arg("-c").arg(pass).arg(command.get_program()).args(command.get_args()).env_clear();
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            shell.env(name, value);
        }
    }
    shell.stdin(Stdio::from(OwnedFd::from(listener.try_clone().expect("a descriptor"))));
    shell
}

/// Restarts the server until told to stop; the last one. It is asked as a service manager asks.
fn restart(start: impl Fn() -> Server, is_over: &AtomicBool) -> (Server, usize) {
    let (mut server, mut restarts) = (start(), 0);
    while !is_over.load(Ordering::Relaxed) {
        std::thread::sleep(PAUSE);
        server.running.signal(Signal::TERM);
        let ended = server.running.ended();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        server = start();
        restarts += 1;
    }
    (server, restarts)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_fails_while_it_is_restarted() {
    for database in BOTH {
        let installation = Arc::new(Installation::new(database, Engines::Fake));
        let token = installation.owner_token("ada").await;
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (is_over, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let restarting = tokio::task::spawn_blocking({
            let (installation, is_over) = (installation.clone(), is_over.clone());
            move || {
                let start = || Server::start(with_listener(&installation.command(&["server"]), &listener));
                restart(start, &is_over)
            }
        });
        let ask = |number: usize| {
            let (actor, is_over, asked) = (Actor::at(&url, Some(&token)), is_over.clone(), asked.clone());
            tokio::spawn(async move {
                let mut turn = 0;
                while !is_over.load(Ordering::Relaxed) {
                    // What is refused or broken off fails here.
                    actor.workspace(&format!("net-{number}-{turn}")).await;
                    actor.get("/organizations/acme").await.expect_status(200);
                    (turn, _) = (turn + 1, asked.fetch_add(2, Ordering::Relaxed));
                    // Also with a connection that has been idle for a while.
                    tokio::time::sleep(Duration::from_millis([0, 0, 50, 300][turn % 4])).await;
                }
            })
        };
        let clients: Vec<_> = (0..4).map(ask).collect();
        tokio::time::sleep(PAUSE * u32::try_from(RESTARTS).unwrap()).await;
        is_over.store(true, Ordering::Relaxed);
        for client in clients {
            client.await.expect("no request failed");
        }
        let (server, restarts) = restarting.await.unwrap();
        let asked = asked.load(Ordering::Relaxed);
        println!("{database:?}: {asked} requests over {restarts} restarts, none failed");
        assert!(restarts >= 2 && asked > 100);
        assert_eq!(server.terminate().code, Some(0));
    }
}

/// A `plan` of a command line, in a folder of its own; what it said when it failed.
fn plan(installation: &Installation, host: &str, number: usize) -> Result<(), String> {
    let (engine, variable) =
        [("tofu", "TERRANE_TEST_TOFU"), ("terraform", "TERRANE_TEST_TERRAFORM")][number % 2];
    let folder = installation.path(&format!("work-{number}"));
    std::fs::create_dir(&folder).unwrap();
    let cloud = format!(
        "cloud {{\n    hostname = \"{host}\"\n    organization = \"acme\"\n    workspaces {{\n      name = \"net-{number}\"\n    }}\n  }}"
    );
    let main = format!("terraform {{\n  {cloud}\n}}\nresource \"terraform_data\" \"x\" {{}}\n");
    std::fs::write(folder.join("main.tf"), main).unwrap();
    for arguments in [&["init", "-input=false"][..], &["plan", "-input=false", "-no-color"]] {
        let done = Command::new(real(engine, variable))
            .args(arguments)
            .current_dir(&folder)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", &folder)
            .env("CHECKPOINT_DISABLE", "1")
            .env("SSL_CERT_FILE", installation.path("data/tls/authority.pem"))
            .env("TF_CLI_CONFIG_FILE", installation.path("cli.tfrc"))
            .output()
            .expect("the engine can be started");
        let text =
            String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
        let is_shown = arguments[0] == "init" || text.contains("Plan: 1 to add, 0 to change, 0 to destroy.");
        if !done.status.success() || !is_shown {
            return Err(format!(
                "{engine} {} of workspace {number}: {:?}\n{text}",
                arguments[0], done.status
            ));
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_plan_of_a_command_line_fails_while_it_is_restarted() {
    let plans = if std::env::var_os("TERRANE_TEST_LONG").is_some() { 100 } else { 12 };
    let installation = Arc::new(Installation::new(Database::Sqlite, Engines::Real));
    let token = installation.owner_token("ada").await;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = format!("localhost:{}", listener.local_addr().unwrap().port());
    let credentials = format!("credentials \"{host}\" {{\n  token = \"{token}\"\n}}\n");
    std::fs::write(installation.path("cli.tfrc"), credentials).unwrap();
    let public_url = format!("https://{host}");
    let start = {
        let installation = installation.clone();
        move || {
            let arguments = ["server", "--tls", "self-signed", "--public-url", &public_url];
            Server::start(with_listener(&installation.command(&arguments), &listener))
        }
    };
    // The authority is there before the first client asks for it.
    start().terminate();
    let is_over = Arc::new(AtomicBool::new(false));
    let restarting = tokio::task::spawn_blocking({
        let is_over = is_over.clone();
        move || restart(start, &is_over)
    });
    let next = Arc::new(AtomicUsize::new(0));
    let command_line = |_| {
        let (installation, host, next) = (installation.clone(), host.clone(), next.clone());
        tokio::task::spawn_blocking(move || {
            let mut failures = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= plans {
                    return failures;
                }
                failures.extend(plan(&installation, &host, number).err());
            }
        })
    };
    let lines: Vec<_> = (0..AT_ONCE).map(command_line).collect();
    let mut failures = Vec::new();
    for line in lines {
        failures.extend(line.await.unwrap());
    }
    is_over.store(true, Ordering::Relaxed);
    let (server, restarts) = restarting.await.unwrap();
    println!("{plans} plans over {restarts} restarts, {} failed", failures.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(restarts >= 2, "it was restarted while they planned");
    assert_eq!(server.terminate().code, Some(0));
}
