//! `GET /configuration-versions/:id/ingress-attributes` and what others include of it (api-contract section 6).

use super::store::{self, IngressAttributes};
use crate::app::App;
use crate::configuration_versions::store::ConfigurationVersion;
use crate::ids::ConfigurationVersionId;
use crate::platform::access::{Needs, Right};
use crate::platform::db::Exec;
use crate::platform::http::{ApiError, ApiResult, Route, get, ok};
use crate::platform::openapi::ResourceType;
use axum::extract::{Path, State};
use schemars::JsonSchema;
use serde::Serialize;
use terrane_jsonapi::{Document, Query, Resource};

/// This folder's routes.
pub fn routes() -> Vec<Route> {
    vec![get(
        "/api/v2/configuration-versions/{configuration_version_id}/ingress-attributes",
        "getIngressAttributes",
        Needs::ConfigurationVersion(Right::ReadRuns),
        show,
    )]
}

/// What nobody has said is left out: the official schema knows no null here but for the tag.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct Attributes<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    branch: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    clone_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    commit_message: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    commit_sha: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    commit_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    compare_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    identifier: Option<&'a str>,
    is_pull_request: bool,
    on_default_branch: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pull_request_number: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pull_request_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pull_request_title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pull_request_body: Option<&'a str>,
    tag: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sender_username: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sender_avatar_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sender_html_url: Option<&'a str>,
}

/// Ingress attributes, for their description.
pub(super) const INGRESS_ATTRIBUTES: ResourceType =
    ResourceType::of::<Attributes<'static>>("ingress-attributes");

fn resource(row: &IngressAttributes) -> Resource {
    let attributes = Attributes {
        branch: row.branch.as_deref(),
        clone_url: row.clone_url.as_deref(),
        commit_message: row.commit_message.as_deref(),
        commit_sha: row.commit_sha.as_deref(),
        commit_url: row.commit_url.as_deref(),
        compare_url: row.compare_url.as_deref(),
        identifier: row.identifier.as_deref(),
        is_pull_request: row.is_pull_request,
        on_default_branch: row.on_default_branch,
        pull_request_number: row.pull_request_number,
        pull_request_url: row.pull_request_url.as_deref(),
        pull_request_title: row.pull_request_title.as_deref(),
        pull_request_body: row.pull_request_body.as_deref(),
        tag: row.tag.as_deref(),
        sender_username: row.sender_username.as_deref(),
        sender_avatar_url: row.sender_avatar_url.as_deref(),
        sender_html_url: row.sender_html_url.as_deref(),
    };
    let own = format!("/api/v2/configuration-versions/{}/ingress-attributes", row.configuration_version_id);
    Resource::new("ingress-attributes", &row.id, &attributes).link("self", own)
}

async fn show(State(app): State<App>, Path(id): Path<String>) -> ApiResult {
    let found = store::find(&app.db, &ConfigurationVersionId::from(id)).await?;
    Ok(ok(&Document::one(resource(&found.ok_or_else(ApiError::not_found)?))))
}

/// `include=ingress_attributes` of configuration versions. No query when none has any.
pub async fn included(
    exec: impl Exec,
    versions: &[ConfigurationVersion],
    query: &Query,
) -> ApiResult<Vec<Resource>> {
    if !query.includes("ingress_attributes") {
        return Ok(Vec::new());
    }
    let with = versions.iter().filter(|version| version.ingress_attributes_id.is_some());
    let ids: Vec<&ConfigurationVersionId> = with.map(|version| &version.id).collect();
    Ok(store::of_these(exec, &ids).await?.iter().map(resource).collect())
}
