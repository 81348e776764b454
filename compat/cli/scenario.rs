//! The format of `scenarios/*.toml`.

use crate::step::Step;
use crate::variant::{Backend, Engine, Form};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::Path;

/// One file. Texts may hold placeholders (`{{name}}`), which `world` knows.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Scenario {
    /// The file's name, which is the test's.
    #[serde(skip)]
    pub name: String,
    /// What holds, as a sentence.
    #[expect(dead_code, reason = "for those who read the file")]
    about: String,
    #[serde(default = "both_engines")]
    pub engines: Vec<Engine>,
    #[serde(default = "cloud")]
    pub backends: Vec<Backend>,
    /// Those of a cloud block's runs. Without it: the last that the server has. The remote backend gets text.
    #[serde(default)]
    pub forms: Vec<Form>,
    /// Played on PostgreSQL as well.
    #[serde(default)]
    pub postgres: bool,
    /// Attributes of the workspace that is there before the first step.
    #[serde(default)]
    pub workspace: Map<String, Value>,
    /// There is none: the client makes it.
    #[serde(default)]
    pub without_workspace: bool,
    /// In no output, no log of a run and no log of the server may these be found.
    #[serde(default)]
    pub secrets: Vec<String>,
    /// Files of the configuration.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
    pub steps: Vec<Step>,
}

fn both_engines() -> Vec<Engine> {
    vec![Engine::Tofu, Engine::Terraform]
}

fn cloud() -> Vec<Backend> {
    vec![Backend::Cloud]
}

/// All scenarios, by name.
///
/// # Panics
/// On a file that is none: it would never be played.
pub fn all() -> Vec<Scenario> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../compat/cli/scenarios");
    let entries = std::fs::read_dir(folder).expect("the scenarios are beside this file");
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let read = |path: &std::path::PathBuf| {
        let text = std::fs::read_to_string(path).unwrap();
        let scenario: Scenario =
            toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Scenario { name: path.file_stem().unwrap().to_string_lossy().into_owned(), ..scenario }
    };
    paths.iter().map(read).collect()
}
