//! A state version as a JSON:API resource.

use super::download::download_url;
use super::upload::upload_url;
use crate::app::App;
use crate::clock::Time;
use crate::platform::http::Purpose;
use crate::platform::openapi::ResourceType;
use crate::state_versions::contents::ResourceSummary;
use crate::state_versions::model::StateVersionStatus;
use crate::state_versions::store::StateVersion;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;
use terrane_jsonapi::{Relationship, Resource, ResourceId};

/// How many resources of each type, by module or provider.
type Tally<'a> = BTreeMap<&'a str, BTreeMap<String, u64>>;

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct StateVersionAttributes<'a> {
    created_at: Time,
    size: Option<i64>,
    serial: i64,
    status: StateVersionStatus,
    state_version: Option<i64>,
    terraform_version: Option<&'a str>,
    intermediate: bool,
    /// Ours: left after an apply that ended badly.
    recovered: bool,
    /// Ours: what that apply completed and this state does not hold.
    completed_but_not_in_state: Option<Vec<String>>,
    resources_processed: bool,
    modules: Option<Tally<'a>>,
    providers: Option<Tally<'a>>,
    resources: Option<&'a [ResourceSummary]>,
    vcs_commit_sha: Option<()>,
    vcs_commit_url: Option<()>,
    billable_rum_count: Option<i64>,
    hosted_state_download_url: Option<String>,
    hosted_state_upload_url: Option<String>,
    hosted_json_state_download_url: Option<String>,
    hosted_json_state_upload_url: Option<String>,
    encrypted_state_download_url: Option<()>,
    sanitized_state_download_url: Option<()>,
    sanitized_state_upload_url: Option<()>,
    permissions: Permissions,
}

/// State versions, for their description.
pub const STATE_VERSION: ResourceType = ResourceType::of::<StateVersionAttributes<'static>>("state-versions");

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct Permissions {
    can_restore_backing_data: bool,
}

fn tally<'a>(resources: &'a [ResourceSummary], by: fn(&ResourceSummary) -> &str) -> Tally<'a> {
    let mut tally = Tally::new();
    for resource in resources {
        // Keys of documents have no underscores here; the types in `resources` keep theirs.
        let kind = resource.kind.replace('_', "-");
        *tally.entry(by(resource)).or_default().entry(kind).or_default() += resource.count;
    }
    tally
}

/// The resource. Upload URLs are for who may write state, while the bytes are awaited: they carry their own authority.
pub fn document(app: &App, version: &StateVersion, may_write: bool) -> Resource {
    let outputs = version.output_ids.as_deref().unwrap_or_default().split_terminator(',');
    let outputs = outputs.map(|id| ResourceId::new("state-version-outputs", id)).collect();
    let one = |kind, id: &Option<String>| Relationship::One(id.as_ref().map(|id| ResourceId::new(kind, id)));
    let resources: Option<Vec<ResourceSummary>> =
        version.resources.as_ref().map(|json| serde_json::from_str(json).unwrap_or_default());
    let attributes = attributes(app, version, resources.as_deref(), may_write);
    let own = format!("/api/v2/state-versions/{}", version.id);
    Resource::new("state-versions", &version.id, &attributes)
        .relate("run", one("runs", &version.run_id))
        .relate("created-by", one("users", &version.created_by))
        .relate("workspace", Relationship::to("workspaces", &version.workspace_id))
        .relate("outputs", Relationship::Many(outputs))
        .relate("rollback-state-version", one("state-versions", &version.rollback_of))
        .relate("previous-state-version", one("state-versions", &version.previous_id))
        .relate("next-state-version", one("state-versions", &version.next_id))
        .link("self", own)
}

fn attributes<'a>(
    app: &App,
    version: &'a StateVersion,
    resources: Option<&'a [ResourceSummary]>,
    may_write: bool,
) -> StateVersionAttributes<'a> {
    let is_pending = version.status == StateVersionStatus::Pending;
    let is_wanted = may_write && is_pending;
    let has_json = version.json_object_id.is_some();
    let completed = version.completed_not_in_state.as_ref();
    StateVersionAttributes {
        created_at: version.created_at,
        size: version.size_bytes,
        serial: version.serial,
        status: version.status,
        state_version: version.format_version,
        terraform_version: version.terraform_version.as_deref(),
        intermediate: version.intermediate,
        recovered: version.recovered,
        completed_but_not_in_state: completed.map(|json| serde_json::from_str(json).unwrap_or_default()),
        resources_processed: !is_pending,
        modules: resources.map(|resources| tally(resources, |resource| &resource.module)),
        providers: resources.map(|resources| tally(resources, |resource| &resource.provider)),
        resources,
        vcs_commit_sha: None,
        vcs_commit_url: None,
        billable_rum_count: version.resource_count,
        hosted_state_download_url: version
            .object_id
            .is_some()
            .then(|| download_url(app, Purpose::StateDownload, version)),
        hosted_state_upload_url: is_wanted.then(|| upload_url(app, Purpose::StateUpload, version)),
        hosted_json_state_download_url: has_json
            .then(|| download_url(app, Purpose::JsonStateDownload, version)),
        hosted_json_state_upload_url: (is_wanted && !has_json)
            .then(|| upload_url(app, Purpose::JsonStateUpload, version)),
        encrypted_state_download_url: None,
        sanitized_state_download_url: None,
        sanitized_state_upload_url: None,
        permissions: Permissions { can_restore_backing_data: false },
    }
}
