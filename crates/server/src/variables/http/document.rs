//! A variable as a JSON:API resource (api-contract section 9).

use crate::app::App;
use crate::clock::Time;
use crate::platform::http::ApiResult;
use crate::platform::openapi::ResourceType;
use crate::variables::model::{Owner, VariableCategory};
use crate::variables::store::Variable;
use crate::variables::write;
use schemars::JsonSchema;
use serde::Serialize;
use terrane_jsonapi::{Relationship, Resource};

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct VariableAttributes<'a> {
    key: &'a str,
    value: Option<String>,
    sensitive: bool,
    category: VariableCategory,
    hcl: bool,
    description: Option<&'a str>,
    version_id: &'a str,
    created_at: Time,
}

/// Variables, for their description.
pub const VARIABLE: ResourceType = ResourceType::of::<VariableAttributes<'static>>("vars");

/// The resource; the value of a sensitive variable is null. A workspace's has the relationship `configurable`, a set's
/// has `varset`: go-tfe reads the first as a workspace and refuses any other type in it.
pub fn resource(app: &App, variable: &Variable) -> ApiResult<Resource> {
    let attributes = VariableAttributes {
        key: &variable.key,
        value: if variable.sensitive { None } else { Some(write::open(app, variable)?) },
        sensitive: variable.sensitive,
        category: variable.category,
        hcl: variable.hcl,
        description: variable.description.as_deref(),
        version_id: &variable.version_id,
        created_at: variable.created_at,
    };
    let resource = Resource::new("vars", &variable.id, &attributes);
    let id = &variable.id;
    Ok(match &variable.owner {
        Owner::Workspace(workspace) => resource
            .relate("configurable", Relationship::to("workspaces", workspace))
            .link("self", format!("/api/v2/workspaces/{workspace}/vars/{id}")),
        Owner::Varset(set) => resource
            .relate("varset", Relationship::to("varsets", set))
            .link("self", format!("/api/v2/varsets/{set}/relationships/vars/{id}")),
    })
}
