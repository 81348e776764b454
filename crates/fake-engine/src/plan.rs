//! A plan document with given numbers, in the shape of `show -json`.

use serde_json::{Value, json};

fn count(plan: &Value, name: &str) -> u64 {
    plan[name].as_u64().unwrap_or_default()
}

/// What engines print at the end of a plan.
pub(crate) fn summary_line(plan: &Value) -> String {
    let [additions, changes, destructions] =
        ["additions", "changes", "destructions"].map(|name| count(plan, name));
    format!("Plan: {additions} to add, {changes} to change, {destructions} to destroy.\n")
}

/// The document, which may be given whole.
pub(crate) fn document(plan: &Value, version: &str) -> Value {
    if let Some(whole) = plan.get("document") {
        return whole.clone();
    }
    let kinds =
        [("additions", "create"), ("changes", "update"), ("destructions", "delete"), ("imports", "no-op")];
    let changes: Vec<Value> = kinds
        .iter()
        .flat_map(|(name, action)| (0..count(plan, name)).map(move |number| resource(name, action, number)))
        .collect();
    let has_outputs = plan["outputs_only"] == json!(true);
    let outputs = if has_outputs {
        json!({"result": {"actions": ["create"], "before": null, "after": "new", "after_unknown": false,
            "before_sensitive": false, "after_sensitive": false}})
    } else {
        json!({})
    };
    let is_errored = plan["errored"] == json!(true);
    json!({
        "format_version": "1.2",
        "terraform_version": version,
        "planned_values": {"root_module": {}},
        "resource_changes": changes,
        "output_changes": outputs,
        "configuration": {"root_module": {}},
        "timestamp": "2026-01-01T00:00:00Z",
        "applyable": !is_errored && (has_outputs || !changes.is_empty()),
        "complete": !is_errored,
        "errored": is_errored,
    })
}

/// What `providers schema -json` says of the one provider that the document names.
pub(crate) fn schemas() -> Value {
    let attribute = |kind: &str| json!({"type": kind, "optional": true});
    let attributes = json!({"id": {"type": "string", "computed": true}, "input": attribute("dynamic")});
    let resource = json!({"version": 0, "block": {"attributes": attributes}});
    json!({"terraform.io/builtin/terraform": {
        "provider": {"version": 0, "block": {}},
        "resource_schemas": {"terraform_data": resource},
    }})
}

fn resource(name: &str, action: &str, number: u64) -> Value {
    let exists = json!({"id": format!("{name}-{number}"), "input": "old"});
    let (before, after) = match action {
        "create" => (Value::Null, json!({"input": "new"})),
        "delete" => (exists, Value::Null),
        "update" => (exists.clone(), json!({"id": exists["id"], "input": "new"})),
        _ => (exists.clone(), exists),
    };
    let mut change = json!({
        "actions": [action],
        "before": before,
        "after": after,
        "after_unknown": if action == "create" { json!({"id": true}) } else { json!({}) },
        "before_sensitive": {},
        "after_sensitive": {},
    });
    if name == "imports" {
        change["importing"] = json!({"id": format!("import-{number}")});
    }
    json!({
        "address": format!("terraform_data.{name}[{number}]"),
        "mode": "managed",
        "type": "terraform_data",
        "name": name,
        "index": number,
        "provider_name": "terraform.io/builtin/terraform",
        "change": change,
    })
}
