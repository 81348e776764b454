//! One step of a scenario: its first key says which kind it is.

use crate::variant::{Backend, Engine, Form};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;

/// One step, and for which variants.
#[derive(Debug, Deserialize)]
#[serde(try_from = "toml::Table")]
pub struct Step {
    pub only: Only,
    pub action: Action,
}

/// Unless it names another engine, backend or form a step is for all.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Only {
    pub engine: Option<Engine>,
    pub backend: Option<Backend>,
    pub form: Option<Form>,
}

#[derive(Debug)]
pub enum Action {
    Command(Box<Command>),
    Request(Box<Request>),
    Edit(Edit),
}

/// `run`: a command of the engine.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Command {
    /// Words, split at spaces; one that holds a space stands between `'`.
    pub run: String,
    /// A folder in the test's own, in which it runs.
    #[serde(default)]
    pub dir: String,
    /// What is typed; without it there is nobody who could.
    pub stdin: Option<String>,
    /// Nothing is typed after it.
    #[serde(default)]
    pub stdin_ends: bool,
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// One of these, where it depends on what comes first.
    #[serde(default)]
    pub exit: Exit,
    /// Stand in this order in the standard output.
    #[serde(default)]
    pub out: Vec<String>,
    /// All of the standard output.
    pub out_is: Option<String>,
    /// The standard output as JSON: values by pointer.
    #[serde(default)]
    pub out_json: BTreeMap<String, Value>,
    /// Stand in this order in the standard error.
    #[serde(default)]
    pub err: Vec<String>,
    /// Stand in neither of the two.
    #[serde(default)]
    pub never: Vec<String>,
    /// What happens while it runs, one after another.
    #[serde(default)]
    pub then: Vec<Meanwhile>,
    /// Files that are there afterwards, each with texts that it holds in this order.
    #[serde(default)]
    pub files: BTreeMap<String, Vec<String>>,
    /// Files that are not.
    #[serde(default)]
    pub no_files: Vec<String>,
}

/// An exit code, or several of which one.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Exit {
    One(i32),
    OneOf(Vec<i32>),
}

impl Exit {
    /// Whether it may be this code.
    pub fn allows(&self, code: i32) -> bool {
        match self {
            Self::One(one) => *one == code,
            Self::OneOf(several) => several.contains(&code),
        }
    }
}

impl Default for Exit {
    fn default() -> Self {
        Self::One(0)
    }
}

/// Something that happens to a running command.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Meanwhile {
    /// As soon as it has printed this.
    pub after: String,
    /// The interrupt of Ctrl-C.
    #[serde(default)]
    pub interrupt: bool,
    /// A line is typed.
    #[serde(rename = "type")]
    pub types: Option<String>,
    /// Somebody else asks the server.
    pub ask: Option<Request>,
}

/// `api`: a request of the organization's owner.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Request {
    /// `GET /runs/{{run}}`
    pub api: String,
    /// The body's `data`.
    pub data: Option<Value>,
    /// The whole body.
    pub body: Option<Value>,
    #[serde(default = "ok")]
    pub status: u16,
    /// Values by pointer. A name without `/` is an attribute, `#` before a pointer asks how many there are.
    #[serde(default)]
    pub expect: BTreeMap<String, Value>,
    /// Stand in the body in this order.
    #[serde(default)]
    pub text: Vec<String>,
    /// Do not stand in the body.
    #[serde(default)]
    pub never: Vec<String>,
    /// Asked again until it is so.
    #[serde(default)]
    pub until: bool,
    /// Values, by pointer, that become placeholders.
    #[serde(default)]
    pub save: BTreeMap<String, String>,
}

fn ok() -> u16 {
    200
}

/// `write` and `remove`: the configuration changes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    #[serde(default)]
    pub write: BTreeMap<String, String>,
    #[serde(default)]
    pub remove: Vec<String>,
}

impl TryFrom<toml::Table> for Step {
    type Error = String;

    fn try_from(mut table: toml::Table) -> Result<Self, String> {
        let only = table.remove("only").map(read).transpose()?.unwrap_or_default();
        let kind = ["run", "api", "write", "remove"].into_iter().find(|kind| table.contains_key(*kind));
        let table = toml::Value::Table(table);
        let action = match kind {
            Some("run") => Action::Command(Box::new(read(table)?)),
            Some("api") => Action::Request(Box::new(read(table)?)),
            Some(_) => Action::Edit(read(table)?),
            None => return Err("a step has one of run, api, write and remove".to_owned()),
        };
        Ok(Self { only, action })
    }
}

fn read<T: DeserializeOwned>(value: toml::Value) -> Result<T, String> {
    value.try_into().map_err(|error: toml::de::Error| error.to_string())
}

/// The words of a command line.
pub fn words(line: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let (mut is_quoted, mut is_inside) = (false, false);
    for letter in line.chars() {
        match letter {
            '\'' => (is_quoted, is_inside) = (!is_quoted, is_inside || begin(&mut words)),
            letter if letter.is_whitespace() && !is_quoted => is_inside = false,
            letter => {
                is_inside = is_inside || begin(&mut words);
                words.last_mut().expect("just begun").push(letter);
            }
        }
    }
    words
}

fn begin(words: &mut Vec<String>) -> bool {
    words.push(String::new());
    true
}
