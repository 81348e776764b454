//! Modules that are fetched by git and ssh with the workspace's key. In place of a remote host stands a program called
//! `ssh`, which git starts as it would start the real one: it lets in whoever has the private half of the key that the
//! host knows, and serves the repository.

use super::{Bench, on_engines};
use serde_json::json;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use terrane_testkit::{Engines, Setup, body};

/// A folder that the engines may read, as the operator's CLI configuration names it.
const READABLE: Setup = Setup { engines: Engines::Real, configure: readable };

fn readable(config: &mut terrane_server::config::Config) {
    let host = config.data_dir.with_file_name("host");
    std::fs::create_dir_all(&host).expect("the test's folder is writable");
    let file = config.data_dir.with_file_name("engines.tfrc");
    let text = format!(
        "provider_installation {{\n  filesystem_mirror {{\n    path = \"{host}\"\n  }}\n  direct {{}}\n}}\n"
    );
    std::fs::write(&file, text).expect("the test's folder is writable");
    config.engine_cli_config = Some(file);
}

/// What git calls in place of ssh. It reads the same options, takes the key from `-i`, and compares the public half.
const SSH: &str = r#"#!/bin/sh
home=$(dirname "$0")
key=
while [ $# -gt 1 ]; do
  case "$1" in
    -i) key=$2; shift 2 ;;
    -F|-o|-p) shift 2 ;;
    -*) shift ;;
    *) break ;;
  esac
done
host=$1
shift
if [ "$(ssh-keygen -y -f "$key" 2>/dev/null | cut -d' ' -f1,2)" != "$(cut -d' ' -f1,2 "$home/known.pub")" ]; then
  echo "$host: Permission denied (publickey)." >&2
  exit 255
fi
exec sh -c "$*"
"#;

fn run(program: &str, folder: &Path, arguments: &[&str]) {
    let done = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap_or_else(|error| panic!("{program} is needed: {error}"));
    assert!(done.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
}

/// Makes a repository with a module, a pair of keys, and the program; the host's folder and the private key.
fn host(bench: &Bench) -> (PathBuf, String) {
    let host = PathBuf::from(bench.server.folder().join("host"));
    let repository = host.join("module");
    std::fs::create_dir(&repository).unwrap();
    std::fs::write(repository.join("main.tf"), "output \"word\" {\n  value = \"from far away\"\n}\n")
        .unwrap();
    run("git", &repository, &["init", "-q", "-b", "main"]);
    run("git", &repository, &["add", "."]);
    run(
        "git",
        &repository,
        &["-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "-m", "one"],
    );
    run("ssh-keygen", &host, &["-q", "-t", "ed25519", "-N", "", "-f", "known"]);
    std::fs::write(host.join("ssh"), SSH).unwrap();
    std::fs::set_permissions(host.join("ssh"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let key = std::fs::read_to_string(host.join("known")).unwrap();
    std::fs::remove_file(host.join("known")).unwrap();
    (host, key)
}

/// A workspace whose engine finds the program before any other, and a configuration that uses the module.
async fn workspace(bench: &Bench, name: &str, host: &Path) -> (String, String) {
    let workspace = bench.workspace(name).await;
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", host.display());
    for (key, value) in [
        ("PATH", path.as_str()),
        // The repository belongs to whoever runs the test.
        ("GIT_CONFIG_COUNT", "1"),
        ("GIT_CONFIG_KEY_0", "safe.directory"),
        ("GIT_CONFIG_VALUE_0", "*"),
    ] {
        let variable = json!({ "key": key, "value": value, "category": "env" });
        bench.server.owner.variable(&workspace, &variable).await;
    }
    let main = format!(
        "module \"far\" {{\n  source = \"git::ssh://git@modules.example{}/module\"\n}}\n\
         output \"word\" {{\n  value = module.far.word\n}}\n",
        host.display()
    );
    (workspace, main)
}

on_engines!(a_module_by_ssh_with_the_workspace_s_key, crate::engines::modules::READABLE, |bench| {
    let owner = &bench.server.owner;
    let (host, key) = host(bench);
    let (workspace, main) = workspace(bench, "net-prod", &host).await;
    // Without a key the host lets nobody in.
    let refused = bench.plan_in(&workspace, &[("main.tf", &main)], &json!({})).await;
    refused.errored_with("Permission denied (publickey)");

    let wish = body("ssh-keys", &json!({ "name": "modules", "value": key.replace('\n', "\r\n") }));
    let made = owner.post("/organizations/acme/ssh-keys", &wish).await.expect_status(201);
    let assigned = body("workspaces", &json!({ "id": made.id() }));
    let path = format!("/workspaces/{workspace}/relationships/ssh-key");
    owner.patch(&path, &assigned).await.expect_status(200);
    let ended = bench.apply(&workspace, &main).await.expect("applied", "finished");
    let outputs = owner.get(&format!("/workspaces/{workspace}/current-state-version-outputs")).await;
    assert_eq!(outputs.at("/data/0/attributes/value"), "from far away", "{}", ended.log);
});

on_engines!(a_private_key_is_never_shown, crate::engines::modules::READABLE, |bench| {
    let owner = &bench.server.owner;
    let (host, key) = host(bench);
    let (workspace, _) = workspace(bench, "net-prod", &host).await;
    let wish = body("ssh-keys", &json!({ "name": "modules", "value": key }));
    let made = owner.post("/organizations/acme/ssh-keys", &wish).await.expect_status(201);
    let assigned = body("workspaces", &json!({ "id": made.id() }));
    owner
        .patch(&format!("/workspaces/{workspace}/relationships/ssh-key"), &assigned)
        .await
        .expect_status(200);
    // Whoever writes the configuration can read what its run reads; the log does not tell it.
    let main = "output \"key\" {\n  value = file(\"${path.cwd}/../input/ssh-key\")\n}\n";
    let planned = bench.plan_in(&workspace, &[("main.tf", main)], &json!({})).await.finished();
    let secret = key.lines().nth(1).unwrap();
    assert!(!planned.log.contains(secret) && planned.log.contains("key"), "{}", planned.log);
    let agent = bench.server.folder().join("data/agent");
    let holds_a_key = || {
        let jobs = std::fs::read_dir(&agent).unwrap().flatten();
        jobs.into_iter().any(|entry| entry.path().join("input/ssh-key").exists())
    };
    let deadline = Instant::now() + Duration::from_secs(20);
    while holds_a_key() {
        assert!(Instant::now() < deadline, "a job leaves a key behind");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
});
