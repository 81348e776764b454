//! `GET /runs/:id/vars`: the variables a run was made from, frozen when it was made; names, never values. An addition
//! of ours to the reference's API.

use crate::app::App;
use crate::ids::RunId;
use crate::platform::http::{ApiError, ApiResult, ok};
use crate::platform::openapi::ResourceType;
use crate::runs;
use crate::variables::effective::{Used, UsedVariable};
use axum::extract::{Path, State};
use schemars::JsonSchema;
use serde::Serialize;
use terrane_jsonapi::{Document, Relationship, Resource, ResourceId};

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct UsedAttributes<'a> {
    key: &'a str,
    category: &'a str,
    hcl: bool,
    sensitive: bool,
    /// `run`, `workspace` or `varset`.
    origin: &'static str,
    /// The variable's `version-id` at that time.
    version_id: Option<&'a str>,
    /// The set's name at that time.
    varset_name: Option<&'a str>,
}

/// Variables of runs, for their description.
pub const USED_VARIABLE: ResourceType = ResourceType::of::<UsedAttributes<'static>>("run-variables");

/// Not paginated. Empty for runs of versions of this server that did not keep it.
pub async fn list(State(app): State<App>, Path(run): Path<String>) -> ApiResult {
    let stored = runs::store::variables_used(&app.db, &RunId::from(run)).await?;
    let used: Option<Used> = match stored {
        Some(text) => Some(serde_json::from_str(&text).map_err(|error| {
            ApiError::Broken(format!("what a run was made from cannot be read: {error}"))
        })?),
        None => None,
    };
    let variables = used.map(|used| used.variables).unwrap_or_default();
    Ok(ok(&Document::many(variables.iter().map(resource).collect())))
}

/// A resource by key and category: of each there is one in a run.
fn resource(used: &UsedVariable) -> Resource {
    let attributes = UsedAttributes {
        key: &used.key,
        category: &used.category,
        hcl: used.hcl,
        sensitive: used.sensitive,
        origin: match (&used.varset_id, &used.variable_id) {
            (Some(_), _) => "varset",
            (None, Some(_)) => "workspace",
            (None, None) => "run",
        },
        version_id: used.version_id.as_deref(),
        varset_name: used.varset_name.as_deref(),
    };
    let to = |kind, id: &Option<String>| Relationship::One(id.as_ref().map(|id| ResourceId::new(kind, id)));
    Resource::new("run-variables", format!("{}.{}", used.category, used.key), &attributes)
        .relate("variable", to("vars", &used.variable_id))
        .relate("varset", to("varsets", &used.varset_id))
}
