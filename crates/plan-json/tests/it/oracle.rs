//! The summary once more, written another way: from the whole document in memory.

use serde_json::Value;
use terrane_plan_json::{Counts, Summary};

/// What the tests compare, which is everything but the hash.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) counts: Counts,
    pub(crate) has_changes: bool,
    pub(crate) generated_configuration: bool,
    pub(crate) errored: bool,
    pub(crate) applyable: Option<bool>,
    pub(crate) format_version: String,
    pub(crate) engine_version: Option<String>,
    pub(crate) resource_changes: u64,
    pub(crate) size_bytes: u64,
}

impl From<Summary> for Expected {
    fn from(summary: Summary) -> Self {
        Self {
            counts: summary.counts,
            has_changes: summary.has_changes,
            generated_configuration: summary.generated_configuration,
            errored: summary.errored,
            applyable: summary.applyable,
            format_version: summary.format_version,
            engine_version: summary.engine_version,
            resource_changes: summary.resource_changes,
            size_bytes: summary.size_bytes,
        }
    }
}

/// Whether other code would call it a plan at all.
pub(crate) fn is_plan(document: &Value) -> bool {
    let has = |key: &str| document.get(key).is_some();
    document["format_version"].is_string()
        && (has("planned_values") || has("resource_changes") || has("configuration"))
}

pub(crate) fn expected(text: &str) -> Expected {
    let document: Value = serde_json::from_str(text).unwrap();
    let resources = elements(&document["resource_changes"]);
    let managed: Vec<&Value> = resources.iter().filter(|resource| resource["mode"] == "managed").collect();
    let count = |names: &[&str]| {
        managed.iter().filter(|resource| names.contains(&actions(&resource["change"]).as_str())).count()
            as u64
    };
    let replaced = count(&["delete+create", "create+delete"]);
    let counts = Counts {
        additions: count(&["create", "create+forget", "forget+create"]) + replaced,
        changes: count(&["update"]),
        destructions: count(&["delete"]) + replaced,
        imports: managed.iter().filter(|resource| !resource["change"]["importing"].is_null()).count() as u64,
    };
    let errored = document["errored"].as_bool().unwrap_or(false);
    let applyable = document["applyable"].as_bool();
    let has_changes =
        if errored { derived(&document) } else { applyable.unwrap_or_else(|| derived(&document)) };
    Expected {
        counts,
        has_changes,
        generated_configuration: resources.iter().any(|resource| {
            resource["change"]["generated_config"].as_str().is_some_and(|text| !text.is_empty())
        }),
        errored,
        applyable,
        format_version: document["format_version"].as_str().unwrap().to_owned(),
        engine_version: document["terraform_version"].as_str().map(str::to_owned),
        resource_changes: resources.len() as u64,
        size_bytes: text.len() as u64,
    }
}

fn derived(document: &Value) -> bool {
    let acts = |change: &Value| !["no-op", "read"].contains(&actions(change).as_str());
    let resources = elements(&document["resource_changes"]);
    let refreshes_only = resources.is_empty() && document["errored"] != true;
    resources.iter().any(|resource| {
        acts(&resource["change"])
            || !resource["change"]["importing"].is_null()
            || !resource["previous_address"].is_null()
    }) || document["output_changes"].as_object().is_some_and(|outputs| outputs.values().any(acts))
        || !elements(&document["action_invocations"]).is_empty()
        || refreshes_only && elements(&document["resource_drift"]).iter().any(|drift| acts(&drift["change"]))
}

fn elements(section: &Value) -> &[Value] {
    section.as_array().map_or(&[], Vec::as_slice)
}

fn actions(change: &Value) -> String {
    let names = change["actions"].as_array().unwrap().iter();
    names.map(|name| name.as_str().unwrap()).collect::<Vec<_>>().join("+")
}
