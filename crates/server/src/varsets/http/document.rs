//! A variable set as a JSON:API resource (api-contract section 9, Appendix A).

use crate::clock::Time;
use crate::platform::openapi::ResourceType;
use crate::varsets::store::{Link, Varset};
use schemars::JsonSchema;
use serde::Serialize;
use terrane_jsonapi::{Relationship, Resource, ResourceId};

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct VarsetAttributes<'a> {
    name: &'a str,
    description: Option<&'a str>,
    global: bool,
    priority: bool,
    created_at: Time,
    updated_at: Time,
    var_count: i64,
    workspace_count: i64,
    project_count: i64,
    permissions: Permissions,
}

/// The viewer's right: whoever sees a set may change it until teams bring finer rights.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct Permissions {
    can_update: bool,
}

/// Variable sets, for their description.
pub const VARSET: ResourceType = ResourceType::of::<VarsetAttributes<'static>>("varsets");

/// The resource, with what it points at among the links of a whole page.
pub fn resource(set: &Varset, links: &[Link]) -> Resource {
    let attributes = VarsetAttributes {
        name: &set.name,
        description: set.description.as_deref(),
        global: set.global,
        priority: set.priority,
        created_at: set.created_at,
        updated_at: set.updated_at,
        var_count: set.var_count,
        workspace_count: set.workspace_count,
        project_count: set.project_count,
        permissions: Permissions { can_update: true },
    };
    let parent = match &set.project_id {
        Some(project) => Relationship::to("projects", project),
        None => Relationship::to("organizations", &set.organization_name),
    };
    let many = |kind: &'static str| {
        let own = links.iter().filter(|link| link.varset_id == set.id.as_str() && link.kind == kind);
        Relationship::Many(own.map(|link| ResourceId::new(kind, &link.id)).collect())
    };
    Resource::new("varsets", &set.id, &attributes)
        .relate("organization", Relationship::to("organizations", &set.organization_name))
        .relate("parent", parent)
        .relate("vars", many("vars"))
        .relate("workspaces", many("workspaces"))
        .relate("projects", many("projects"))
        .link("self", format!("/api/v2/varsets/{}", set.id))
}
