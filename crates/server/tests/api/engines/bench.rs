//! One real engine on one server, and what it planned.

use serde_json::{Value, json};
use terrane_testkit::{Answer, Database, Engines, Run, Setup, TestServer, archive};

/// Both engines, no fake.
pub const REAL: Setup = Setup { engines: Engines::Real, configure: |_| {} };

/// One engine on one server: OpenTofu on SQLite, Terraform on PostgreSQL.
pub struct Bench {
    /// The server.
    pub server: TestServer,
    /// `tofu` or `terraform`.
    pub engine: &'static str,
}

impl Bench {
    /// With an engine of this name.
    pub async fn with(engine: &'static str, setup: Setup) -> Self {
        let database = if engine == "tofu" { Database::Sqlite } else { Database::Postgres };
        Self { server: TestServer::with(database, setup).await, engine }
    }

    /// A workspace that uses the engine.
    pub async fn workspace(&self, name: &str) -> String {
        self.workspace_with(&json!({ "name": name })).await
    }

    /// The same with more attributes. Its logs are text: what these tests compare is what the engine says to people.
    pub async fn workspace_with(&self, attributes: &Value) -> String {
        let mut wish = json!({ "engine": self.engine, "structured-run-output-enabled": false });
        wish.as_object_mut().unwrap().extend(attributes.as_object().unwrap().clone());
        self.server.owner.workspace_with(&wish).await
    }

    /// Plans one file in a fresh workspace.
    pub async fn plan(&self, main: &str) -> Planned {
        self.plan_files(&[("main.tf", main)]).await
    }

    /// Plans some files in a fresh workspace.
    pub async fn plan_files(&self, files: &[(&str, &str)]) -> Planned {
        let workspace = self.workspace("net-prod").await;
        self.plan_in(&workspace, files, &json!({})).await
    }

    /// Plans some files in a workspace.
    pub async fn plan_in(&self, workspace: &str, files: &[(&str, &str)], attributes: &Value) -> Planned {
        let owner = &self.server.owner;
        let run = owner.run(workspace, archive(files), attributes).await;
        let plan = owner.planned(&run).await;
        let log = owner.log(&run).await;
        Planned { run, plan, log }
    }
}

/// A plan that has ended.
pub struct Planned {
    pub run: Run,
    pub plan: Answer,
    pub log: String,
}

impl Planned {
    /// Fails unless the plan is finished, and unless its counts are those the engine itself printed.
    #[track_caller]
    pub fn finished(self) -> Self {
        assert_eq!(self.plan.attribute("status"), "finished", "{}", self.log);
        let printed = self
            .log
            .lines()
            .filter_map(|line| without_colors(line).strip_prefix("Plan: ").map(numbers))
            .next();
        let names = ["additions", "changes", "destructions"].map(|name| format!("resource-{name}"));
        let counts = names.map(|name| self.plan.attribute(&name).as_u64().unwrap());
        assert_eq!(counts, printed.unwrap_or_default(), "{}", self.log);
        self
    }

    /// Fails unless the plan is errored and its log says this.
    #[track_caller]
    pub fn errored_with(self, text: &str) -> Self {
        assert_eq!(self.plan.attribute("status"), "errored", "{}", self.log);
        let words = without_colors(&self.log).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains(text), "{text:?} is not in {}", self.log);
        self
    }

    /// Additions, changes, destructions.
    pub fn counts(&self) -> [u64; 3] {
        ["additions", "changes", "destructions"]
            .map(|name| self.plan.attribute(&format!("resource-{name}")).as_u64().unwrap())
    }
}

/// `1 to import, 2 to add, 3 to change, 4 to destroy.`
fn numbers(text: &str) -> [u64; 3] {
    ["to add", "to change", "to destroy"].map(|what| {
        let part = text.split(", ").find_map(|part| part.trim_end_matches('.').strip_suffix(what));
        part.and_then(|number| number.trim().parse().ok()).unwrap_or(0)
    })
}

/// The text without what terminals take as colors.
pub(super) fn without_colors(text: &str) -> String {
    let mut parts = text.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |plain, part| plain + part.split_once('m').map_or("", |(_, rest)| rest))
}

/// Defines one test for each real engine; a setup is named by its whole path.
macro_rules! on_engines {
    ($name:ident, |$bench:ident| $body:block) => {
        on_engines!($name, crate::engines::REAL, |$bench| $body);
    };
    ($name:ident, $setup:expr, |$bench:ident| $body:block) => {
        async fn $name($bench: &crate::engines::Bench) $body

        mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn tofu() {
                let bench = crate::engines::Bench::with("tofu", $setup).await;
                super::$name(&bench).await;
                bench.server.end().await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn terraform() {
                let bench = crate::engines::Bench::with("terraform", $setup).await;
                super::$name(&bench).await;
                bench.server.end().await;
            }
        }
    };
}
pub(crate) use on_engines;
