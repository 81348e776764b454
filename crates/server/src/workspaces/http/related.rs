//! What `include` asks for beside workspaces (api-contract 8.1).

use super::document::{resource, with_bindings};
use crate::app::App;
use crate::platform::db::Tx;
use crate::platform::http::ApiResult;
use crate::state_version_outputs::{self, OUTPUTS_OF_WORKSPACE};
use crate::workspaces::model::LockKind;
use crate::workspaces::store::Workspace;
use crate::{configuration_versions, organizations, projects, runs, state_versions, tag_bindings, users};
use terrane_jsonapi::{Query, Relationship, Resource};

/// A workspace with the relationships that are there only when they are included (every other answer would need one
/// more query for them), and what is included for it alone. [`shared`] has the rest.
pub(super) async fn with_related(
    app: &App,
    view: &mut Tx,
    workspace: &Workspace,
    query: &Query,
) -> ApiResult<(Resource, Vec<Resource>)> {
    let mut included = of_run(app, view, workspace, query).await?;
    included.extend(of_state(app, view, workspace, query).await?);
    let mut resource = if query.includes("effective_tag_bindings") {
        let bindings = tag_bindings::store::effective(&mut *view, &workspace.id).await?;
        let bindings: Vec<Resource> = bindings.iter().map(tag_bindings::effective_resource).collect();
        let names = bindings.iter().map(|binding| binding.name().clone()).collect();
        included.extend(bindings);
        with_bindings(workspace, Relationship::Many(names))
    } else {
        resource(workspace)
    };
    if query.includes("outputs") {
        let outputs = included.iter().map(Resource::name).filter(|name| name.kind == OUTPUTS_OF_WORKSPACE);
        resource = resource.relate("outputs", Relationship::Many(outputs.cloned().collect()));
    }
    Ok((resource, included))
}

async fn of_run(app: &App, view: &mut Tx, workspace: &Workspace, query: &Query) -> ApiResult<Vec<Resource>> {
    let mut included = Vec::new();
    if (query.includes("current_run") || query.includes("latest_run"))
        && let Some(run) = &workspace.current_run_id
    {
        included.extend(runs::document(app, &mut *view, &run.clone().into()).await?);
    }
    if query.includes("current_configuration_version")
        && let Some(version) = &workspace.current_configuration_version_id
    {
        let version = configuration_versions::store::find(&mut *view, &version.clone().into()).await?;
        included.extend(version.iter().map(configuration_versions::resource));
    }
    if query.includes("locked_by")
        && let Some((LockKind::User, holder)) = workspace.lock()
    {
        let user = users::store::find(&mut *view, &holder.to_owned().into()).await?;
        included.extend(user.iter().map(users::public_resource));
    }
    Ok(included)
}

async fn of_state(
    app: &App,
    view: &mut Tx,
    workspace: &Workspace,
    query: &Query,
) -> ApiResult<Vec<Resource>> {
    let mut included = Vec::new();
    let Some(current) = &workspace.current_state_version_id else { return Ok(included) };
    let current = current.clone().into();
    if query.includes("current_state_version")
        && let Some(version) = state_versions::store::find(&mut *view, &current).await?
    {
        included.push(state_versions::document(app, &version, false));
    }
    if query.includes("outputs") {
        included.extend(state_version_outputs::workspace_outputs(app, view, &current).await?);
    }
    Ok(included)
}

/// Organizations and projects: many workspaces have the same, so each is read once.
pub(super) async fn shared(
    view: &mut Tx,
    workspaces: &[Workspace],
    query: &Query,
) -> ApiResult<Vec<Resource>> {
    let mut included = Vec::new();
    if query.includes("organization")
        && let Some(first) = workspaces.first()
    {
        let organization = organizations::store::find(&mut *view, &first.organization_name).await?;
        included.extend(organization.iter().map(organizations::resource));
    }
    if query.includes("project") {
        let mut ids: Vec<String> =
            workspaces.iter().map(|workspace| workspace.project_id.to_string()).collect();
        ids.sort_unstable();
        ids.dedup();
        let projects = projects::store::by_ids(&mut *view, &ids).await?;
        included.extend(projects.iter().map(projects::resource));
    }
    Ok(included)
}
