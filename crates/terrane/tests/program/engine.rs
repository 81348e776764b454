//! `terrane engine`: installs from a publisher on loopback, as a person does it.

use crate::installation::Installation;
use crate::process::{Running, run, terrane, utf8};
use crate::release_tree::{Answer, Publisher, ReleaseTree, archive, program};
use camino::Utf8PathBuf;
use rustix::process::Signal;
use serde_json::json;
use std::process::Command;
use std::time::{Duration, Instant};
use terrane_agent::EngineKind::{Terraform, Tofu};
use terrane_testkit::{Database, Engines};

/// A publisher, and the flags by which it is believed.
struct Shop {
    tree: ReleaseTree,
    publisher: Publisher,
    folder: tempfile::TempDir,
}

impl Shop {
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let publisher = Publisher::new();
        std::fs::create_dir(folder.path().join("keys")).unwrap();
        std::fs::write(folder.path().join("keys/test.gpg"), publisher.public_key()).unwrap();
        Self { tree: ReleaseTree::start(), publisher, folder }
    }

    fn path(&self, name: &str) -> Utf8PathBuf {
        utf8(self.folder.path()).join(name)
    }

    fn install(&self, data_dir: &str, arguments: &[&str]) -> Command {
        let mut command = terrane(&["engine", "install", "--data-dir", data_dir]);
        command
            .args(["--engine-releases", &self.tree.url])
            .args(["--engine-keys", self.path("keys").as_str()]);
        command.args(arguments);
        command
    }

    fn list(&self, data_dir: &str) -> String {
        let ended = run(terrane(&["engine", "list", "--data-dir", data_dir]));
        assert_eq!(ended.code, Some(0), "{ended:?}");
        ended.stdout
    }
}

#[test]
fn installed_listed_and_there_already() {
    let shop = Shop::open();
    let data = shop.path("data").into_string();
    assert!(shop.list(&data).contains("`terrane engine install latest` installs one"));
    shop.tree.index(Tofu, &["1.11.0", "1.12.6"]);
    for (kind, version) in [(Tofu, "1.12.6"), (Tofu, "1.11.0"), (Terraform, "1.5.7")] {
        shop.tree.release(&shop.publisher, kind, version, archive(kind.as_str(), &program(kind, version)));
    }
    let first = run(shop.install(&data, &["latest"]));
    assert_eq!(first.code, Some(0), "{first:?}");
    assert!(first.stdout.starts_with("OpenTofu 1.12.6 installed: "), "{first:?}");
    assert!(first.stderr.contains("100 % of 1 MB"), "{first:?}");
    for (arguments, text) in [
        (&["~> 1.12.0"][..], "OpenTofu 1.12.6 is there already"),
        (&["--engine", "tofu", "1.11.0"], "OpenTofu 1.11.0 installed"),
        (&["--engine", "terraform", "1.5.7"], "Terraform 1.5.7 installed"),
    ] {
        let ended = run(shop.install(&data, arguments));
        assert!(ended.code == Some(0) && ended.stdout.contains(text), "{ended:?}");
    }
    let list = shop.list(&data);
    let lines: Vec<_> =
        list.lines().map(|line| line.split_whitespace().take(2).collect::<Vec<_>>()).collect();
    assert_eq!(lines, [["terraform", "1.5.7"], ["tofu", "1.11.0"], ["tofu", "1.12.6"]]);
    assert_eq!(list.matches("release, signed by").count(), 3, "{list}");
}

#[test]
fn what_is_wrong_is_told_in_one_line() {
    let shop = Shop::open();
    let data = shop.path("data").into_string();
    run(shop.install(&data, &["banana"]))
        .expect_error(1, &["\"banana\" is no version", "latest", "~> 1.12.0"]);
    run(shop.install(&data, &["9.9.9"])).expect_error(1, &["there is no tofu 9.9.9 at http://"]);
    let stranger = Publisher::new();
    shop.tree.release(&stranger, Tofu, "1.12.6", archive("tofu", &program(Tofu, "1.12.6")));
    run(shop.install(&data, &["1.12.6"])).expect_error(1, &["not to be believed", "is not used"]);
    let mut command = terrane(&["engine", "install", "1.12.6", "--data-dir", &data]);
    command.args(["--engine-keys", shop.path("none").as_str()]);
    run(command).expect_error(1, &["cannot use the keys", "--engine-keys DIR"]);
    let mut command = terrane(&["engine", "install", "1.12.6", "--data-dir", &data]);
    command.args(["--build", "--go", "/nonexistent/go"]);
    run(command).expect_error(1, &["cannot start /nonexistent/go", "--go FILE"]);
    std::fs::write(shop.path("file"), "").unwrap();
    let mut command = terrane(&["engine", "install", "1.12.6"]);
    command.args(["--data-dir", shop.path("file").as_str()]);
    run(command).expect_error(1, &["cannot use", "--data-dir DIR"]);
    assert!(shop.list(&data).contains("no engine in"));
}

#[test]
fn killed_or_interrupted_in_the_middle_nothing_is_listed() {
    let shop = Shop::open();
    let data = shop.path("data").into_string();
    let content = archive("tofu", &program(Tofu, "1.12.6"));
    let path = shop.tree.release(&shop.publisher, Tofu, "1.12.6", content.clone());
    let engines = shop.path("data/engines");
    let left = || {
        let names = engines.read_dir_utf8().unwrap().map(|entry| entry.unwrap().file_name().to_owned());
        names.filter(|name| name.starts_with(".installing")).count()
    };
    for (signal, left_over) in [(Signal::KILL, 1), (Signal::INT, 0), (Signal::KILL, 1)] {
        shop.tree.put(&path, Answer::Stuck(content.clone()));
        let mut install = Running::start(shop.install(&data, &["1.12.6"]));
        install.wait_for("tofu_1.12.6_linux");
        install.signal(signal);
        let ended = install.ended();
        assert_ne!(ended.code, Some(0), "{ended:?}");
        assert_eq!(left(), left_over, "{ended:?}");
        assert!(shop.list(&data).contains("no engine in"));
    }
    shop.tree.put(&path, Answer::Whole(content));
    assert_eq!(run(shop.install(&data, &["1.12.6"])).code, Some(0));
    assert_eq!((left(), shop.list(&data).lines().count()), (0, 1));
}

#[test]
fn two_processes_install_the_same_version_once() {
    let shop = Shop::open();
    let data = shop.path("data").into_string();
    shop.tree.release(&shop.publisher, Tofu, "1.12.6", archive("tofu", &program(Tofu, "1.12.6")));
    let both = [1, 2].map(|_| Running::start(shop.install(&data, &["1.12.6"]))).map(Running::ended);
    assert!(both.iter().all(|ended| ended.code == Some(0)), "{both:?}");
    let installed = both.iter().filter(|ended| ended.stdout.contains(" installed: ")).count();
    assert!(installed == 1 || both.iter().all(|ended| ended.stdout.contains("1.12.6 i")), "{both:?}");
    assert_eq!(shop.list(&data).lines().count(), 1);
}

/// A real engine, installed while the server runs, plans and applies.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_plans_with_what_is_installed_while_it_runs() {
    let folder = std::env::var("TERRANE_TEST_OLD_TERRAFORM").expect(
        "name the folder of old programs in TERRANE_TEST_OLD_TERRAFORM (scripts/old-terraform prints it)",
    );
    let content = std::fs::read(format!("{folder}/1.0.3/terraform")).unwrap();
    // The publisher has a runtime of its own.
    let shop = tokio::task::spawn_blocking(Shop::open).await.unwrap();
    shop.tree.release(&shop.publisher, Terraform, "1.0.3", archive("terraform", &content));
    let installation = Installation::new(Database::Sqlite, Engines::None);
    let mut server = installation.start();
    let owner = server.actor(&installation.token("ada"));
    owner.organization("acme").await;
    let attributes = json!({ "name": "net", "engine": "terraform", "terraform-version": "~> 1.0.0" });
    let workspace = owner.workspace_with(&attributes).await;
    let main = terrane_testkit::archive(&[("main.tf", "output \"a\" {\n  value = \"b\"\n}\n")]);
    let run_of = async || owner.run(&workspace, main.clone(), &json!({ "auto-apply": true })).await;

    let early = run_of().await;
    owner.wait_for(&early, &["errored"]).await;
    let log = owner.log(&early).await;
    assert!(
        log.contains("the agent has none at all")
            && log.contains("terrane engine install --engine terraform"),
        "{log}"
    );

    let data = installation.path("data").into_string();
    let installed = run(shop.install(&data, &["--engine", "terraform", "1.0.3"]));
    assert_eq!(installed.code, Some(0), "{installed:?}");
    server.running.wait_for("found an engine engine.kind=terraform engine.version=1.0.3");
    // An agent that had asked before goes on asking with what it knew.
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let later = run_of().await;
        let ended = owner.wait_for(&later, &["applied", "errored"]).await;
        if ended.attribute("status") == "applied" {
            assert_eq!(ended.attribute("terraform-version"), "1.0.3");
            break;
        }
        assert!(Instant::now() < deadline, "{}", owner.log(&later).await);
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    server.terminate();
    tokio::task::spawn_blocking(move || drop(shop)).await.unwrap();
}
