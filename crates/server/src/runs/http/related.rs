//! What `include` shows beside runs: one query for each kind, however many runs there are.

use super::document::resource;
use crate::app::App;
use crate::ids::{RunId, UserId};
use crate::platform::db::Tx;
use crate::platform::http::{ApiResult, distinct, in_order};
use crate::runs::store::{self, Run};
use crate::{applies, configuration_versions, plans, users, workspaces};
use terrane_jsonapi::{Query, Resource};

/// The related resources that a query asks for, each once, in the order of the runs. Unknown values, and relations that
/// are empty, add nothing.
pub async fn related(app: &App, view: &mut Tx, runs: &[Run], query: &Query) -> ApiResult<Vec<Resource>> {
    let mut included = Vec::new();
    if runs.is_empty() {
        return Ok(included);
    }
    if query.includes("plan") {
        let ids = distinct(runs.iter().map(|run| &run.plan_id));
        let found = plans::store::of_ids(&mut *view, &ids).await?;
        included.extend(in_order(found, &ids, |plan| &plan.id).iter().map(|plan| plans::document(app, plan)));
    }
    if query.includes("apply") {
        let ids = distinct(runs.iter().map(|run| &run.apply_id));
        let found = applies::store::of_ids(&mut *view, &ids).await?;
        let found = in_order(found, &ids, |apply| &apply.id);
        included.extend(found.iter().map(|apply| applies::document(app, apply)));
    }
    if query.includes("workspace") {
        let ids = distinct(runs.iter().map(|run| &run.workspace_id));
        let found = workspaces::store::of_ids(&mut *view, &ids).await?;
        let mut found = in_order(found, &ids, |found| &found.id);
        // The client of one run reads here whether it has to show the plan itself: as that run was made, not as the
        // workspace is now (cli-protocol 3.8).
        if let ([run], [workspace]) = (runs, found.as_mut_slice()) {
            workspace.structured_run_output_enabled = run.structured_output;
        }
        included.extend(found.iter().map(workspaces::resource));
    }
    if query.includes("configuration_version") {
        let ids: Vec<_> = runs.iter().map(|run| run.configuration_version_id.clone()).collect();
        let query = query.beneath(&["configuration_version"]);
        included.extend(configuration_versions::included(view, &ids, &query).await?);
    }
    if query.includes("created_by") {
        let ids: Vec<UserId> = runs.iter().filter_map(|run| run.created_by.clone()).map(Into::into).collect();
        included.extend(users::included(view, &ids).await?);
    }
    Ok(included)
}

/// Runs by id with what a query asks for beneath them, for the `include` of what points at them.
pub async fn included(app: &App, view: &mut Tx, ids: &[RunId], query: &Query) -> ApiResult<Vec<Resource>> {
    let ids = distinct(ids);
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let runs = in_order(store::of_ids(&mut *view, &ids).await?, &ids, |run| &run.id);
    with_related(app, view, &runs, query).await
}

/// Runs as resources, and after them what a query asks for beneath them.
pub async fn with_related(app: &App, view: &mut Tx, runs: &[Run], query: &Query) -> ApiResult<Vec<Resource>> {
    let mut resources = runs.iter().map(|run| resource(app, run, 0)).collect::<ApiResult<Vec<_>>>()?;
    resources.extend(related(app, view, runs, query).await?);
    Ok(resources)
}
