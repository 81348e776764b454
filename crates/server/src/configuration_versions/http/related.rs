//! What `include` asks for beside configuration versions: one query for each kind, however many there are.

use super::resource;
use crate::app::App;
use crate::configuration_versions::store::{self, ConfigurationVersion};
use crate::ids::ConfigurationVersionId;
use crate::platform::db::Tx;
use crate::platform::http::{ApiResult, distinct, in_order};
use crate::{ingress_attributes, runs};
use terrane_jsonapi::{Query, Relationship, Resource, ResourceId};

/// Configuration versions as resources, and what is included beside them. `include=run` is the first run of each in its
/// own workspace; the relationship is there only then, because what it points at changes.
pub(super) async fn with_related(
    app: &App,
    view: &mut Tx,
    versions: &[ConfigurationVersion],
    query: &Query,
) -> ApiResult<(Vec<Resource>, Vec<Resource>)> {
    let mut included = ingress_attributes::included(&mut *view, versions, query).await?;
    if !query.includes("run") || versions.is_empty() {
        return Ok((versions.iter().map(resource).collect(), included));
    }
    let ids: Vec<&ConfigurationVersionId> = versions.iter().map(|version| &version.id).collect();
    let firsts = runs::store::first_of_configurations(&mut *view, &ids).await?;
    let resources = versions.iter().map(|version| {
        let first = firsts.iter().find(|run| run.configuration_version_id == version.id);
        let first = first.map(|run| ResourceId::new("runs", &run.id));
        resource(version).relate("run", Relationship::One(first))
    });
    let resources = resources.collect();
    included.extend(runs::with_related(app, view, &firsts, &query.beneath(&["run"])).await?);
    Ok((resources, included))
}

/// Some by id with what a query asks for beneath them, for the `include` of what points at them.
pub async fn included(
    view: &mut Tx,
    ids: &[ConfigurationVersionId],
    query: &Query,
) -> ApiResult<Vec<Resource>> {
    let ids = distinct(ids);
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let versions = in_order(store::of_ids(&mut *view, &ids).await?, &ids, |version| &version.id);
    let mut resources: Vec<Resource> = versions.iter().map(resource).collect();
    resources.extend(ingress_attributes::included(&mut *view, &versions, query).await?);
    Ok(resources)
}
