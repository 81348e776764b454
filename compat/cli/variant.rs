//! What a scenario is played with: an engine, a backend, a form of the run's output, a database.

use crate::scenario::Scenario;
use serde::Deserialize;
use std::fmt;
use terrane_testkit::Database;

/// The forms that the server has; the last is what a workspace has unless it says otherwise.
const FORMS: &[Form] = &[Form::Text, Form::Structured];

/// Whose command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Engine {
    Tofu,
    Terraform,
}

impl Engine {
    /// The program's name.
    pub fn program(self) -> &'static str {
        match self {
            Self::Tofu => "tofu",
            Self::Terraform => "terraform",
        }
    }

    /// The name in its messages.
    pub fn title(self) -> &'static str {
        match self {
            Self::Tofu => "OpenTofu",
            Self::Terraform => "Terraform",
        }
    }
}

/// How a configuration names the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Backend {
    /// `cloud { … }`
    Cloud,
    /// `backend "remote" { … }`
    Remote,
}

/// What the log of a run consists of, by the workspace's `structured-run-output-enabled`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// The engine's text, shown as it is.
    Text,
    /// JSON lines, from which the client makes its own text.
    Structured,
}

/// One of each.
#[derive(Debug, Clone, Copy)]
pub struct Variant {
    pub engine: Engine,
    pub backend: Backend,
    pub form: Form,
    pub database: Database,
}

/// As in the names of the tests.
impl fmt::Display for Variant {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let database = match self.database {
            Database::Sqlite => "sqlite",
            Database::Postgres => "postgres",
        };
        let (backend, form) = (format!("{:?}", self.backend), format!("{:?}", self.form));
        let (backend, form) = (backend.to_lowercase(), form.to_lowercase());
        write!(to, "{}::{backend}::{form}::{database}", self.engine.program())
    }
}

/// All variants of a scenario.
pub fn of(scenario: &Scenario) -> Vec<Variant> {
    let databases: &[Database] =
        if scenario.postgres { &[Database::Sqlite, Database::Postgres] } else { &[Database::Sqlite] };
    let mut all = Vec::new();
    for &database in databases {
        for &backend in &scenario.backends {
            for form in forms(scenario, backend) {
                let of = |&engine| Variant { engine, backend, form, database };
                all.extend(scenario.engines.iter().map(of));
            }
        }
    }
    all
}

/// Each costs a second: all of them are for scenarios that are about what is shown.
fn forms(scenario: &Scenario, backend: Backend) -> Vec<Form> {
    match backend {
        Backend::Remote => vec![Form::Text],
        Backend::Cloud if scenario.forms.is_empty() => FORMS.last().copied().into_iter().collect(),
        Backend::Cloud => scenario.forms.iter().copied().filter(|form| FORMS.contains(form)).collect(),
    }
}
