//! What clients ask of runs.

use crate::ids::ConfigurationVersionId;
use crate::platform::http::{ApiError, ApiResult};
use crate::runs::store::Filter;
use crate::runs::{NewRun, RunVariable};
use axum::http::HeaderMap;
use serde_json::Value;
use terrane_jsonapi::{Attributes, Given, Incoming, Query};

/// A message longer than this is refused.
pub const MESSAGE_CHARS_MAX: usize = 10_000;

/// Reads the body of `POST /runs`.
pub fn read(headers: &HeaderMap, body: &Incoming) -> ApiResult<NewRun> {
    let given = &body.attributes;
    refuse_what_is_not_served(given)?;
    let configuration_version = match body.related("configuration-version")?.value() {
        Some(id) => Some(ConfigurationVersionId::parse(&id).ok_or_else(|| {
            ApiError::invalid_relationship(
                "configuration-version",
                "Configuration version is missing: there is no such one",
            )
        })?),
        None => None,
    };
    let message = given.text("message")?.value().filter(|message| !message.is_empty());
    if message.as_ref().is_some_and(|message| message.chars().count() > MESSAGE_CHARS_MAX) {
        return Err(ApiError::invalid_attribute(
            "message",
            format!("is longer than {MESSAGE_CHARS_MAX} characters"),
        ));
    }
    let integration = headers.get("x-terraform-integration");
    Ok(NewRun {
        may_be_a_repeat: integration.is_some() && configuration_version.is_some(),
        source: if integration.is_some_and(|value| value == "cloud") { "terraform+cloud" } else { "tfe-api" },
        configuration_version,
        message,
        is_destroy: given.boolean("is-destroy")?.value().unwrap_or(false),
        plan_only: given.boolean("plan-only")?.value(),
        auto_apply: given.boolean("auto-apply")?.value(),
        allow_empty_apply: given.boolean("allow-empty-apply")?.value().unwrap_or(false),
        variables: variables(given)?,
    })
}

fn variables(given: &Attributes) -> ApiResult<Vec<RunVariable>> {
    let wrong = || {
        ApiError::invalid_attribute(
            "variables",
            "each variable must be an object with a key and a value, both strings",
        )
    };
    let list = given.list("variables")?.value().unwrap_or_default();
    list.iter()
        .map(|variable| match (variable.get("key"), variable.get("value")) {
            (Some(Value::String(key)), Some(Value::String(value))) => {
                Ok(RunVariable { key: key.clone(), value: value.clone() })
            }
            _ => Err(wrong()),
        })
        .collect()
}

/// A run that would plan something else than was asked for must not be made.
fn refuse_what_is_not_served(given: &Attributes) -> ApiResult<()> {
    let not_served = |name: &str| {
        let detail = format!("{name} is not offered by this version of the server");
        Err(ApiError::invalid_attribute(name, detail))
    };
    for name in ["refresh-only", "save-plan", "allow-config-generation", "debugging-mode"] {
        if given.boolean(name)? == Given::Value(true) {
            return not_served(name);
        }
    }
    if given.boolean("refresh")? == Given::Value(false) {
        return not_served("refresh");
    }
    for name in ["target-addrs", "replace-addrs", "invoke-action-addrs"] {
        if given.texts(name)?.value().is_some_and(|list| !list.is_empty()) {
            return not_served(name);
        }
    }
    if given.text("terraform-version")?.value().is_some() {
        return not_served("terraform-version");
    }
    Ok(())
}

/// Reads the filters of a run list (api-contract 4.3). Without an operation, plan-only runs are left out.
pub fn filter(query: &Query) -> Filter {
    let operations = query.list("filter[operation]");
    let texts = |name: &str| query.list(name).into_iter().map(str::to_owned).collect();
    Filter {
        with_plan_only: operations.contains(&"plan_only"),
        without_normal: !operations.is_empty()
            && operations.iter().all(|operation| *operation == "plan_only"),
        statuses: texts("filter[status]"),
        sources: texts("filter[source]"),
    }
}
