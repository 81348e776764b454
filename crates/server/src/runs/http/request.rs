//! What clients ask of runs.

use crate::ids::ConfigurationVersionId;
use crate::platform::http::{ApiError, ApiResult};
use crate::runs::mode::{Addresses, Mode};
use crate::runs::model::CLI_SOURCE;
use crate::runs::{NewRun, RunVariable};
use axum::http::HeaderMap;
use serde_json::Value;
use terrane_jsonapi::{Attributes, Given, Incoming};

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
        triggered: None,
        // The `remote` backend: it says the engine's version, and not that it is the `cloud` block.
        reads_text: integration.is_none() && headers.contains_key("terraform-version"),
        may_be_a_repeat: integration.is_some() && configuration_version.is_some(),
        source: if integration.is_some_and(|value| value == "cloud") { CLI_SOURCE } else { "tfe-api" },
        configuration_version,
        message,
        is_destroy: given.boolean("is-destroy")?.value().unwrap_or(false),
        plan_only: given.boolean("plan-only")?.value(),
        auto_apply: given.boolean("auto-apply")?.value(),
        allow_empty_apply: given.boolean("allow-empty-apply")?.value().unwrap_or(false),
        mode: mode(given)?,
        terraform_version: given.text("terraform-version")?.value(),
        variables: variables(given)?,
    })
}

fn mode(given: &Attributes) -> ApiResult<Mode> {
    let is_set = |name: &str| given.boolean(name).map(|given| given.value() == Some(true));
    Ok(Mode {
        refresh: given.boolean("refresh")?.value().unwrap_or(true),
        refresh_only: is_set("refresh-only")?,
        save_plan: is_set("save-plan")?,
        allow_config_generation: is_set("allow-config-generation")?,
        debugging_mode: is_set("debugging-mode")?,
        target_addrs: Addresses(given.texts("target-addrs")?.value()),
        replace_addrs: Addresses(given.texts("replace-addrs")?.value()),
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
    const NAME: &str = "invoke-action-addrs";
    // An empty list is none (api-contract 4.2).
    match given.texts(NAME)? {
        Given::Value(list) if !list.is_empty() => {
            Err(ApiError::invalid_attribute(NAME, "actions are not offered by this version of the server"))
        }
        _ => Ok(()),
    }
}
