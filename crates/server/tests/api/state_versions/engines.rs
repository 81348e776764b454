//! The real `terraform` and `tofu` against this API, working locally: `apply`, `output`, `state pull`, `state push`.

use super::{current, lock, unlock};
use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Value, json};
use std::process::Output;
use terrane_testkit::{Database, Setup, TestServer, real};

/// Stands for the server in the configuration; the CLI's own settings say where it is.
const HOST: &str = "terrane.test";

const MAIN: &str = r#"
terraform {
  cloud {
    hostname     = "terrane.test"
    organization = "acme"
    workspaces {
      name = "net"
    }
  }
}
variable "count_of" {
  default = 2
}
resource "terraform_data" "many" {
  count = var.count_of
  input = "n${count.index}"
}
output "names" {
  value = terraform_data.many[*].output
}
output "password" {
  value     = "correct-horse"
  sensitive = true
}
"#;

/// A folder with a configuration, and an engine that works in it.
struct Cli {
    program: Utf8PathBuf,
    folder: Utf8PathBuf,
}

impl Cli {
    fn new(server: &TestServer, program: Utf8PathBuf, name: &str) -> Self {
        let folder = server.folder().join(name);
        std::fs::create_dir_all(&folder).expect("the test's folder is writable");
        let url = &server.app().public_url;
        let services: String = ["tfe.v2", "tfe.v2.1", "tfe.v2.2", "state.v2"]
            .map(|service| format!("    \"{service}\" = \"{url}/api/v2/\"\n"))
            .concat();
        let settings = format!(
            "host \"{HOST}\" {{\n  services = {{\n{services}  }}\n}}\ncredentials \"{HOST}\" {{\n  token = \"{}\"\n}}\n",
            server.owner.token()
        );
        std::fs::write(folder.join("cli.tfrc"), settings).expect("the test's folder is writable");
        std::fs::write(folder.join("main.tf"), MAIN).expect("the test's folder is writable");
        Self { program, folder }
    }

    fn path(&self, name: &str) -> Utf8PathBuf {
        self.folder.join(name)
    }

    async fn try_run(&self, arguments: &[&str]) -> Output {
        let folder: &Utf8Path = &self.folder;
        tokio::process::Command::new(&self.program)
            .args(arguments)
            .current_dir(folder)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", folder)
            .env("TF_CLI_CONFIG_FILE", folder.join("cli.tfrc"))
            .env("TF_FORCE_LOCAL_BACKEND", "1")
            .env("TF_IN_AUTOMATION", "1")
            .env("CHECKPOINT_DISABLE", "1")
            .output()
            .await
            .expect("the engine starts")
    }

    /// Standard output of a command that must succeed.
    async fn run(&self, arguments: &[&str]) -> String {
        let output = self.try_run(arguments).await;
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{} {arguments:?}:\n{out}\n{err}", self.program);
        out.into_owned()
    }
}

async fn a_day_at_the_command_line(server: &TestServer, cli: &Cli) {
    let owner = &server.owner;
    let workspace = owner.workspace_with(&json!({ "name": "net", "terraform-version": "latest" })).await;
    cli.run(&["init", "-input=false", "-no-color"]).await;
    cli.run(&["apply", "-auto-approve", "-input=false", "-no-color"]).await;

    let first = current(owner, &workspace).await.expect_status(200);
    assert_eq!((first.attribute("status"), first.attribute("serial")), (json!("finalized"), json!(1)));
    assert_eq!(first.at("/data/attributes/resources/0/count"), 2);
    let read = owner.get(&format!("/workspaces/{workspace}")).await;
    assert_eq!((read.attribute("locked"), read.attribute("resource-count")), (json!(false), json!(2)));
    let json_url = first.attribute("hosted-json-state-download-url");
    let json_url = json_url.as_str().expect("the CLI has sent the JSON form").to_owned();
    assert_eq!(
        owner.get(&json_url).await.expect_status(200).json()["values"]["root_module"]["resources"][0]["index"],
        0
    );

    let outputs: Value = serde_json::from_str(&cli.run(&["output", "-json"]).await).expect("JSON");
    assert_eq!(
        outputs["names"],
        json!({ "sensitive": false, "type": ["tuple", ["string", "string"]], "value": ["n0", "n1"] })
    );
    assert_eq!(outputs["password"]["value"], "correct-horse");

    let pulled = cli.run(&["state", "pull"]).await;
    let url = first.attribute("hosted-state-download-url").as_str().expect("a URL").to_owned();
    let stored: Value = server.anonymous.get(&url).await.json();
    assert_eq!(serde_json::from_str::<Value>(&pulled).expect("a state"), stored);
    assert_eq!(cli.run(&["state", "list"]).await, "terraform_data.many[0]\nterraform_data.many[1]\n");

    // A changed state, pushed by hand with the next serial.
    let mut changed = stored.clone();
    changed["serial"] = json!(5);
    changed["outputs"]["names"]["value"][0] = json!("by hand");
    std::fs::write(cli.path("new.json"), changed.to_string()).expect("writable");
    cli.run(&["state", "push", "new.json"]).await;
    let pushed = current(owner, &workspace).await;
    assert!(pushed.attribute("serial").as_i64() >= Some(5), "{}", pushed.text());
    assert!(cli.run(&["output", "-json", "names"]).await.contains("by hand"));

    // An older one is refused: by the client itself, and with -force by the server, because with a `cloud` block both
    // engines send `force: false` all the same. With a newer serial in the file it is taken.
    std::fs::write(cli.path("old.json"), &pulled).expect("writable");
    assert!(!cli.try_run(&["state", "push", "old.json"]).await.status.success());
    let output = cli.try_run(&["state", "push", "-force", "old.json"]).await;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("written a newer"), "{said}");
    unlock(owner, &workspace).await.expect_status(200);
    let mut again = stored;
    again["serial"] = json!(9);
    std::fs::write(cli.path("old.json"), again.to_string()).expect("writable");
    cli.run(&["state", "push", "old.json"]).await;
    assert!(!cli.run(&["output", "-json", "names"]).await.contains("by hand"));

    cli.run(&["apply", "-auto-approve", "-input=false", "-no-color", "-var", "count_of=3"]).await;
    assert_eq!(owner.get(&format!("/workspaces/{workspace}")).await.attribute("resource-count"), 3);
    cli.run(&["destroy", "-auto-approve", "-input=false", "-no-color"]).await;
    assert_eq!(owner.get(&format!("/workspaces/{workspace}")).await.attribute("resource-count"), 0);

    // While somebody else holds the lock nothing is written.
    lock(&server.admin, &workspace).await;
    let output = cli.try_run(&["apply", "-auto-approve", "-input=false", "-no-color"]).await;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("locked"), "{said}");
    unlock(&server.admin, &workspace).await.expect_status(200);
}

async fn with(database: Database, name: &str, variable: &str) {
    let server = TestServer::with(database, Setup::default()).await;
    let cli = Cli::new(&server, real(name, variable), "work");
    a_day_at_the_command_line(&server, &cli).await;
    server.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tofu_on_sqlite() {
    with(Database::Sqlite, "tofu", "TERRANE_TEST_TOFU").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn terraform_on_sqlite() {
    with(Database::Sqlite, "terraform", "TERRANE_TEST_TERRAFORM").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn terraform_on_postgres() {
    with(Database::Postgres, "terraform", "TERRANE_TEST_TERRAFORM").await;
}
