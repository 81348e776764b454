//! Plans to plant secrets in: those of others, those of our engines, and made-up ones that have every part.

use std::fs;

use serde_json::{Value, json};

use super::dice::Dice;
use crate::{
    fixtures::{documents, folder},
    oracle::is_plan,
};

/// Plans of others and those that our engines made, as text, by name.
pub(super) fn all_plans() -> Vec<(String, String)> {
    let mut paths = Vec::new();
    documents(&folder(), &mut paths);
    let mut plans: Vec<(String, String)> = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        if is_plan(&serde_json::from_str(&text).unwrap()) {
            plans.push((path.display().to_string(), text));
        }
    }
    for lines in [include_str!("../../data/terraform.jsonl"), include_str!("../../data/tofu.jsonl")] {
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

/// Makes sure that a plan has every section, with an element in each.
pub(super) fn complete(plan: &mut Value, dice: &mut Dice) {
    let resource = resource(dice);
    for section in ["resource_changes", "resource_drift"] {
        list(&mut plan[section]).push(resource.clone());
    }
    list(&mut plan["deferred_changes"])
        .push(json!({"reason": "resource_config_unknown", "resource_change": resource}));
    list(&mut plan["action_invocations"]).push(json!({
        "address": "action.example_run.a", "type": "example_run", "name": "a",
        "provider_name": "registry.example.org/x/example",
        "config_values": values(dice, 2), "config_sensitive": {}, "config_unknown": {},
        "lifecycle_action_trigger": {"triggering_resource_address": "example_thing.a", "actions_list_index": 0},
    }));
    list(&mut plan["relevant_attributes"])
        .push(json!({"resource": "example_thing.a", "attribute": ["id", 0]}));
    let change = json!({"actions": ["update"], "before": values(dice, 1), "after": values(dice, 2),
        "after_unknown": false, "before_sensitive": false, "after_sensitive": false});
    object(&mut plan["output_changes"]).insert("made_up".to_owned(), change);
    object(&mut plan["variables"]).entry("made_up").or_insert_with(|| json!({"value": "eu"}));
    for state in ["/planned_values", "/prior_state/values"] {
        let module = at(plan, &format!("{state}/root_module"));
        list(&mut module["resources"]).push(planned(dice));
        let child = json!({"address": "module.a", "child_modules": [{"resources": [planned(dice)]}]});
        list(&mut module["child_modules"]).push(child);
        object(at(plan, &format!("{state}/outputs")));
    }
    let root = at(plan, "/configuration/root_module");
    object(&mut root["variables"]).entry("made_up").or_insert_with(|| json!({"type": "string"}));
    object(&mut root["outputs"]);
    list(&mut root["resources"]);
    object(&mut root["module_calls"]);
    object(at(plan, "/configuration/provider_config"));
}

/// The value at a pointer of plain keys, with objects on the way where there are none.
pub(super) fn at<'a>(value: &'a mut Value, pointer: &str) -> &'a mut Value {
    pointer.split('/').skip(1).fold(value, |value, key| {
        if !value.is_object() {
            *value = json!({});
        }
        &mut value[key]
    })
}

pub(super) fn list(value: &mut Value) -> &mut Vec<Value> {
    if !value.is_array() {
        *value = json!([]);
    }
    value.as_array_mut().unwrap()
}

pub(super) fn object(value: &mut Value) -> &mut serde_json::Map<String, Value> {
    if !value.is_object() {
        *value = json!({});
    }
    value.as_object_mut().unwrap()
}

/// A change with every part.
pub(super) fn resource(dice: &mut Dice) -> Value {
    let (before, after) = (values(dice, 3), values(dice, 3));
    json!({
        "address": "module.a[\"k\"].example_thing.a", "module_address": "module.a[\"k\"]",
        "mode": dice.pick(&["managed", "managed", "data"]), "type": "example_thing", "name": "a", "index": "k",
        "provider_name": "registry.example.org/x/example",
        "change": {"actions": ["update"], "before": before, "after": after, "after_unknown": {"id": true},
            "before_sensitive": {}, "after_sensitive": {}, "replace_paths": [["made_up"]],
            "importing": {"id": "abc"}, "generated_config": "resource \"a\" \"b\" {}\n",
            "before_identity": {"id": 1}, "after_identity": {"id": 1}},
    })
}

fn planned(dice: &mut Dice) -> Value {
    json!({"address": "example_thing.a", "mode": "managed", "type": "example_thing", "name": "a",
        "provider_name": "registry.example.org/x/example", "values": values(dice, 2), "sensitive_values": {}})
}

/// An object as resources have it.
fn values(dice: &mut Dice, depth: usize) -> Value {
    let mut members = serde_json::Map::new();
    for number in 0..=dice.below(4) {
        let value = match dice.below(if depth == 0 { 4 } else { 7 }) {
            0 => Value::Null,
            1 => json!(dice.chance(50)),
            2 => json!(dice.below(100_000)),
            3 => json!(dice.word(8)),
            4 => values(dice, depth - 1),
            5 => json!((0..dice.below(3)).map(|_| values(dice, depth - 1)).collect::<Vec<_>>()),
            _ => json!([dice.word(5), "{\"a\":\"\\\"b\\\"\"}"]),
        };
        members.insert(format!("attribute_{number}"), value);
    }
    members.into()
}
