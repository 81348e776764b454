//! What is not sensitive stays as it is: redacted plans against the whole documents.

use std::{fs, io::Cursor, path::PathBuf};

use serde_json::{Map, Value, json};
use terrane_plan_json::{Known, Redaction, redact};

use crate::fixtures::{documents, folder};
use crate::oracle::is_plan;

const SECTIONS: [&str; 6] = [
    "resource_changes",
    "resource_drift",
    "relevant_attributes",
    "output_changes",
    "deferred_changes",
    "action_invocations",
];

/// The redacted document of a plan without schemas, and what was done.
fn redacted(plan: &str) -> (Value, Redaction) {
    let mut output = Vec::new();
    let done = redact(Cursor::new(plan), None::<Cursor<&str>>, &Known::default(), &mut output).unwrap();
    assert_eq!(done.size_bytes, output.len() as u64);
    (serde_json::from_slice(&output).unwrap(), done)
}

/// Plans of others and those that our engines made, as text.
pub(crate) fn all_plans() -> Vec<(String, String)> {
    let mut paths: Vec<PathBuf> = Vec::new();
    documents(&folder(), &mut paths);
    let mut plans: Vec<(String, String)> = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        if is_plan(&serde_json::from_str(&text).unwrap()) {
            plans.push((path.display().to_string(), text));
        }
    }
    for lines in [include_str!("../data/terraform.jsonl"), include_str!("../data/tofu.jsonl")] {
        for line in lines.lines() {
            let record: Value = serde_json::from_str(line).unwrap();
            let text = record["document"].as_str().unwrap().to_owned();
            plans.push((record["case"].as_str().unwrap().to_owned(), text));
        }
    }
    assert!(plans.len() > 150, "only {} plans", plans.len());
    plans.sort();
    plans
}

/// The plan's sections as they are, with what the document adds to each change.
fn expected(plan: &Value) -> Map<String, Value> {
    let mut sections = Map::new();
    for name in SECTIONS {
        let empty = if name == "output_changes" { json!({}) } else { json!([]) };
        let mut section = match &plan[name] {
            Value::Null => empty,
            section => section.clone(),
        };
        if let Value::Array(items) = &mut section {
            items.retain(|item| item["mode"] != "ephemeral");
            for item in items.iter_mut().filter(|item| item["change"].is_object()) {
                complete(&mut item["change"]);
            }
        } else if let Value::Object(outputs) = &mut section {
            outputs.values_mut().for_each(complete);
        }
        sections.insert(name.to_owned(), section);
    }
    sections
}

fn complete(change: &mut Value) {
    for (value, mask) in [("before", "before_sensitive"), ("after", "after_sensitive")] {
        if change.get(value).is_none() {
            change[value] = Value::Null;
        }
        if change.get(mask).is_none() && change[value].is_null() {
            change[mask] = json!(false);
        }
    }
}

/// Whether a mask marks anything, or one is missing.
fn has_marks(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.iter().any(|(key, member)| {
            let is_marked = key.contains("sensitive") && member.to_string().contains("true");
            let is_unmasked = ["before", "after"].contains(&key.as_str())
                && !member.is_null()
                && members.contains_key("actions")
                && !members.contains_key(&format!("{key}_sensitive"));
            is_marked || is_unmasked || has_marks(member)
        }),
        Value::Array(items) => items.iter().any(has_marks),
        _ => false,
    }
}

#[test]
fn a_plan_without_secrets_stays_as_it_is() {
    let (mut same, mut marked) = (0, 0);
    for (name, text) in all_plans() {
        let plan: Value = serde_json::from_str(&text).unwrap();
        let (document, done) = redacted(&text);
        assert_eq!(document["plan_format_version"], plan["format_version"], "{name}");
        if has_marks(&plan) {
            marked += 1;
            continue;
        }
        let expected = expected(&plan);
        for (section, value) in &expected {
            assert_eq!(document[section], *value, "{section} of {name}: {done:?}");
        }
        assert_eq!(document.as_object().unwrap().len(), SECTIONS.len() + 3, "{name}");
        same += 1;
    }
    assert!(same >= 120 && marked >= 10, "{same} without marks, {marked} with them");
}
