//! What is not sensitive stays as it is: redacted plans against the whole documents.

use std::io::Cursor;

use serde_json::{Map, Value, json};
use terrane_plan_json::{Error, Known, Redaction, redact};

use super::plans::all_plans;

const SECTIONS: [&str; 6] = [
    "resource_changes",
    "resource_drift",
    "relevant_attributes",
    "output_changes",
    "deferred_changes",
    "action_invocations",
];

/// The redacted document of a plan without schemas, and what was done.
pub(super) fn try_redacted(plan: &str) -> Result<(Value, Redaction), Error> {
    let mut output = Vec::new();
    let done = redact(Cursor::new(plan), None::<Cursor<&str>>, &Known::default(), &mut output)?;
    assert_eq!(done.size_bytes, output.len() as u64);
    Ok((serde_json::from_slice(&output).unwrap(), done))
}

pub(super) fn redacted(plan: &str) -> (Value, Redaction) {
    try_redacted(plan).unwrap()
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

#[test]
fn numbers_and_texts_stay_as_they_are_written() {
    let value = r#"{"a":12345678901234567890123,"b":1e400,"c":"\u00e9\/\ud800","d":-0.10}"#;
    let plan = format!(
        r#"{{"format_version":"1.2","resource_changes":[{{"mode":"managed","change":{{"actions":["create"],"after":{value},
        "after_sensitive":{{}}}}}}]}}"#
    );
    let mut output = Vec::new();
    redact(Cursor::new(plan), None::<Cursor<&str>>, &Known::default(), &mut output).unwrap();
    assert!(String::from_utf8(output).unwrap().contains(value));
}

/// Documents of the service's own kind that its makers keep with the plans they were made from: what they change.
#[test]
fn changes_have_the_shape_that_clients_know() {
    for name in ["plan-json-full", "plan-json-basic", "plan-json-no-changes"] {
        let read = |kind: &str| {
            let path = crate::fixtures::folder().join(format!("opentofu/cloud/{name}__plan-{kind}.json"));
            std::fs::read_to_string(path).unwrap()
        };
        let theirs: Value = serde_json::from_str(&read("redacted")).unwrap();
        let (ours, _) = redacted(&read("unredacted"));
        let keys = |document: &Value| -> Vec<Vec<String>> {
            let keys = |value: &Value| {
                let mut keys: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
                keys.sort();
                keys
            };
            let changes = document["resource_changes"].as_array().unwrap();
            changes.iter().flat_map(|item| [keys(item), keys(&item["change"])]).collect()
        };
        assert_eq!(keys(&ours), keys(&theirs), "{name}");
    }
}
