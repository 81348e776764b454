//! Addresses of resource instances, as engines print them.

use super::ContentsError;
use super::file::{OldKey, old_module};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufReader, Read};

#[derive(Deserialize)]
struct Shape {
    #[serde(default)]
    resources: Option<Vec<Resource>>,
    #[serde(default)]
    modules: Option<Vec<Module>>,
}

#[derive(Deserialize)]
struct Resource {
    #[serde(default)]
    module: Option<String>,
    #[serde(default)]
    mode: Option<String>,
    #[serde(rename = "type")]
    kind: String,
    name: String,
    #[serde(default)]
    instances: Option<Vec<Instance>>,
}

#[derive(Deserialize)]
struct Instance {
    #[serde(default)]
    index_key: Value,
}

#[derive(Deserialize)]
struct Module {
    #[serde(default)]
    path: Vec<String>,
    #[serde(default)]
    resources: Option<BTreeMap<String, IgnoredAny>>,
}

/// Every instance that a state holds, data sources too: `module.a["x"].terraform_data.b[0]`, the form in which engines
/// name it in their logs.
///
/// # Errors
/// [`ContentsError`] when the bytes are no state.
pub fn addresses(state: impl Read) -> Result<BTreeSet<String>, ContentsError> {
    let mut reader = serde_json::Deserializer::from_reader(BufReader::new(state));
    let shape = Shape::deserialize(&mut reader)?;
    reader.end()?;
    let new = shape.resources.iter().flatten().flat_map(Resource::addresses);
    let old = shape.modules.iter().flatten().flat_map(Module::addresses);
    Ok(new.chain(old).collect())
}

impl Resource {
    fn addresses(&self) -> Vec<String> {
        let mode = if self.mode.as_deref() == Some("data") { "data." } else { "" };
        let resource = in_module(self.module.as_deref(), &format!("{mode}{}.{}", self.kind, self.name));
        let instances = self.instances.iter().flatten();
        instances.map(|instance| format!("{resource}{}", key(&instance.index_key))).collect()
    }
}

impl Module {
    fn addresses(&self) -> Vec<String> {
        let module = old_module(&self.path);
        let keys = self.resources.iter().flatten().filter_map(|(key, _)| OldKey::parse(key));
        keys.map(|old| {
            let index = old.index.map_or(String::new(), |index| format!("[{index}]"));
            in_module(Some(&module), &format!("{}.{}{index}", old.kind, old.name))
        })
        .collect()
    }
}

fn in_module(module: Option<&str>, resource: &str) -> String {
    match module {
        Some(module) if !module.is_empty() => format!("{module}.{resource}"),
        _ => resource.to_owned(),
    }
}

/// The address of one instance of a resource as [`super::ResourceSummary`] names it.
pub fn instance_address(module: &str, kind: &str, name: &str, index: &Value) -> String {
    let module = Some(module).filter(|module| *module != super::ROOT_MODULE);
    in_module(module, &format!("{kind}.{name}{}", key(index)))
}

fn key(index: &Value) -> String {
    match index {
        Value::Null => String::new(),
        Value::String(text) => format!("[{}]", quoted(text)),
        other => format!("[{other}]"),
    }
}

/// As the engines' `toHCLQuotedString` does it.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '$' | '%' if letters.peek() == Some(&'{') => out.extend([letter, letter]),
            letter if is_printable(letter) => out.push(letter),
            letter if u32::from(letter) < 0x1_0000 => out.push_str(&format!("\\u{:04x}", u32::from(letter))),
            letter => out.push_str(&format!("\\U{:08x}", u32::from(letter))),
        }
    }
    out.push('"');
    out
}

/// What Rust's own `Debug` of a text leaves as it is: the same Unicode classes as Go's `IsPrint`. After another
/// letter, because a mark at the start of a text is escaped for its own sake.
fn is_printable(letter: char) -> bool {
    letter == '\'' || format!("a{letter}").escape_debug().eq(['a', letter])
}
