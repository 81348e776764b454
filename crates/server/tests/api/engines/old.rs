//! Terraform of the years before, each version through plan, apply and destroy: what it can, and what it cannot.

use super::bench::{Bench, Planned};
use serde_json::{Value, json};
use terrane_server::config::Config;
use terrane_testkit::{Answer, Database, Engines, Setup, archive};

/// Before JSON plans, before provider registries, before the `cloud` block.
const VERSIONS: [&str; 3] = ["0.11.11", "0.12.29", "1.0.3"];

/// Resources of a real provider: there were no built-in ones yet. The words are those that every version reads.
const MAIN: &str = r#"
variable "password" {}
resource "null_resource" "a" {
  count = 2
  triggers = {
    number = "${count.index}"
  }
}
output "workspace" {
  value = "${terraform.workspace}"
}
output "password" {
  value     = "${var.password}"
  sensitive = true
}
"#;

/// The old ones and, after them, those of today.
const ALL: Setup = Setup { engines: Engines::Real, configure: with_old };

/// `make test` fetches them and names the folder.
fn with_old(config: &mut Config) {
    let folder = std::env::var("TERRANE_TEST_OLD_TERRAFORM").expect(
        "name the folder of old programs in TERRANE_TEST_OLD_TERRAFORM (scripts/old-terraform prints it)",
    );
    let old = VERSIONS.map(|version| format!("{folder}/{version}/terraform").into());
    config.engine_paths.extend(old);
    config.engine_cli_config = Some(format!("{folder}/cli.tfrc").into());
}

async fn bench(database: Database) -> Bench {
    Bench { server: terrane_testkit::TestServer::with(database, ALL).await, engine: "terraform" }
}

async fn workspace(bench: &Bench, version: &str) -> String {
    let name = format!("net-{}", version.replace(|letter: char| !letter.is_ascii_alphanumeric(), "-"));
    bench.workspace_with(&json!({ "name": name, "terraform-version": version })).await
}

/// Plan, apply, plan again, destroy.
async fn whole_life(version: &str, database: Database) {
    let bench = bench(database).await;
    let owner = &bench.server.owner;
    let workspace = workspace(&bench, version).await;
    owner
        .variable(
            &workspace,
            &json!({ "key": "password", "value": "correct-horse", "category": "terraform" }),
        )
        .await;

    let ended = bench.apply(&workspace, MAIN).await.expect("applied", "finished");
    assert_eq!((ended.counts(), ended.is_locked()), ([2, 0, 0], false), "{}", ended.log);
    let run = owner.get(&format!("/runs/{}", ended.run.id())).await;
    assert_eq!(run.attribute("terraform-version"), version);
    json_plan(owner.get(&format!("/runs/{}/plan/json-output", ended.run.id())).await, version);

    let state = bench.state(&workspace).await;
    assert_eq!(state["terraform_version"], version);
    let current = owner.get(&format!("/workspaces/{workspace}/current-state-version")).await;
    assert_eq!(current.attribute("status"), "finalized");
    assert_eq!(current.at("/data/relationships/run/data/id"), ended.run.id().as_str());

    let again = bench.plan_in(&workspace, &[("main.tf", MAIN)], &json!({})).await;
    assert_eq!(again.plan.attribute("status"), "finished", "{}", again.log);
    assert_eq!(
        (again.counts(), again.plan.attribute("has-changes")),
        ([0, 0, 0], json!(false)),
        "{}",
        again.log
    );

    let destroy = json!({ "is-destroy": true, "auto-apply": true });
    let run = owner.run(&workspace, archive(&[("main.tf", MAIN)]), &destroy).await;
    let ended = bench.ended(&workspace, &run).await.expect("applied", "finished");
    assert_eq!(ended.counts(), [0, 0, 2], "{}", ended.log);
    bench.server.end().await;
}

/// api-contract 3.4, 3.5 and section 20 row 27: before 0.12 an engine cannot write its plan as JSON.
fn json_plan(answer: Answer, version: &str) {
    if version.starts_with("0.11") {
        assert_eq!(answer.expect_status(422).at("/errors/0/title"), "unsupported terraform version");
    } else {
        answer.expect_status(307);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn terraform_0_11_through_the_http_backend() {
    whole_life("0.11.11", Database::Sqlite).await;
}

/// The program that there is of 0.12 is modified: it plans as the real one does, and makes no objects.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn terraform_0_12_through_the_http_backend() {
    let bench = bench(Database::Postgres).await;
    let owner = &bench.server.owner;
    let workspace = workspace(&bench, "0.12.29").await;
    owner
        .variable(
            &workspace,
            &json!({ "key": "password", "value": "correct-horse", "category": "terraform" }),
        )
        .await;
    let planned =
        bench.plan_in(&workspace, &[("main.tf", MAIN)], &json!({ "plan-only": true })).await.finished();
    assert_eq!((planned.counts(), planned.plan.attribute("has-changes")), ([2, 0, 0], json!(true)));
    json_plan(owner.get(&format!("/runs/{}/plan/json-output", planned.run.id)).await, "0.12.29");
    let json = owner.plan_json(&planned.run).await;
    assert_eq!((&json["format_version"], &json["terraform_version"]), (&json!("0.1"), &json!("0.12.29")));
    assert_eq!(json["resource_changes"][1]["address"], "null_resource.a[1]");

    // As that engine sees it, outputs alone are no change: every plan has all of them as created.
    let outputs = "output \"a\" {\n  value = \"b\"\n}\n";
    let run = owner
        .run(
            &workspace,
            archive(&[("main.tf", outputs)]),
            &json!({ "auto-apply": true, "allow-empty-apply": true }),
        )
        .await;
    let ended = bench.ended(&workspace, &run).await.expect("applied", "finished");
    let state =
        bench.state_of(&owner.get(&format!("/workspaces/{workspace}/current-state-version")).await).await;
    assert_eq!(state["outputs"]["a"]["value"], "b", "{}", ended.log);
    assert_eq!(state["terraform_version"], "0.12.29");
    let again = bench.plan_in(&workspace, &[("main.tf", outputs)], &json!({})).await.finished();
    assert_eq!(again.plan.attribute("has-changes"), json!(false));
    bench.server.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn terraform_1_0_through_the_remote_backend() {
    whole_life("1.0.3", Database::Sqlite).await;
}

async fn planned(bench: &Bench, wanted: &str) -> Planned {
    let workspace = workspace(bench, wanted).await;
    bench.plan_in(&workspace, &[("main.tf", "output \"a\" {\n  value = \"b\"\n}\n")], &json!({})).await
}

/// Which engine a constraint means, and what is said where there is none.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn constraints_choose_among_several_versions() {
    let bench = bench(Database::Postgres).await;
    let newest = bench.server.app().engines().await;
    let newest = newest.iter().filter(|found| found.engine.kind.as_str() == "terraform");
    let newest =
        newest.map(|found| &found.engine.version).find(|version| !VERSIONS.contains(&version.as_str()));
    let newest = newest.unwrap().clone();
    for (wanted, used) in [
        ("1.0.3", "1.0.3"),
        ("~> 1.0.0", "1.0.3"),
        (">= 0.12, < 1.1", "1.0.3"),
        ("~> 0.11.0", "0.11.11"),
        ("< 1", "0.12.29"),
        ("~> 1.0", &newest),
        ("latest", &newest),
    ] {
        let planned = planned(&bench, wanted).await;
        assert_eq!(planned.plan.attribute("status"), "finished", "{wanted}: {}", planned.log);
        let run = bench.server.owner.get(&format!("/runs/{}", planned.run.id)).await;
        assert_eq!(run.attribute("terraform-version"), used, "{wanted}");
    }
    for wanted in ["1.0.4", "~> 9.0", "> 1.0.3, < 1.0.9", ">= 99.0.0-beta1"] {
        let planned =
            planned(&bench, wanted).await.errored_with(&format!("the workspace asks for terraform {wanted}"));
        for told in [
            "terraform 0.11.11, terraform 0.12.29, terraform 1.0.3",
            "terrane engine install --engine terraform",
        ] {
            assert!(planned.log.contains(told), "{told}: {}", planned.log);
        }
    }
    bench.server.end().await;
}

/// Two versions of one kind plan and apply at the same time, and each keeps to its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_versions_side_by_side() {
    let bench = bench(Database::Sqlite).await;
    let main = MAIN.replace("variable \"password\" {}", "variable \"password\" {\n  default = \"x\"\n}");
    let apply = async |version: &str| {
        let workspace = workspace(&bench, version).await;
        bench.apply(&workspace, &main).await.expect("applied", "finished");
        bench.state(&workspace).await["terraform_version"].clone()
    };
    let (old, older) = tokio::join!(apply("1.0.3"), apply("0.11.11"));
    assert_eq!((old, older), (Value::from("1.0.3"), Value::from("0.11.11")));
    bench.server.end().await;
}

/// One run's state is nobody else's, although the address of an old engine's state is no secret.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_state_of_an_old_engine_takes_its_password() {
    let bench = bench(Database::Sqlite).await;
    let workspace = workspace(&bench, "0.11.11").await;
    // The run itself looks at its own state with no password and with a wrong one. It says so in one piece: what comes in
    // two, this engine may print in two lines.
    let main = r#"
resource "null_resource" "a" {
  provisioner "local-exec" {
    command     = "grep -o 'http://127[^\"]*' '~~~~terrane_override.tf.json' > address; sed -i s/^/url=/ address; bare=$(curl -s -o /dev/null -w '%{http_code}' -K address); wrong=$(curl -s -o /dev/null -w '%{http_code}' -u terrane:wrong -K address); echo bare=$bare wrong=$wrong"
  }
}
"#;
    let ended = bench.apply(&workspace, main).await.expect("applied", "finished");
    assert!(ended.words().contains("bare=401 wrong=401"), "{}", ended.log);
    bench.server.end().await;
}
