//! What `include` asks for beside workspaces (api-contract 8.1): one query for each kind, however many there are.

use super::document::resource;
use crate::app::App;
use crate::ids::{StateVersionId, WorkspaceId};
use crate::platform::db::Tx;
use crate::platform::http::{ApiResult, distinct, in_order};
use crate::variables::model::Owner;
use crate::workspaces::model::LockKind;
use crate::workspaces::store::Workspace;
use crate::{
    configuration_versions, organizations, projects, runs, state_version_outputs, state_versions,
    tag_bindings, users, variables,
};
use terrane_jsonapi::{Query, Relationship, Resource, ResourceId};

/// Linkage of a kind that is there only when it is included: every other answer would need one more query for it. Each
/// with the id of what it belongs to; `None` when nobody has asked.
type Linkage = Option<Vec<(String, ResourceId)>>;

#[derive(Default)]
struct Beside {
    included: Vec<Resource>,
    bindings: Linkage,
    outputs: Linkage,
    vars: Linkage,
}

/// Workspaces as resources, and what is included beside them.
pub(super) async fn with_related(
    app: &App,
    view: &mut Tx,
    workspaces: &[Workspace],
    query: &Query,
) -> ApiResult<(Vec<Resource>, Vec<Resource>)> {
    let mut beside = Beside::default();
    if !workspaces.is_empty() {
        add_runs(app, view, workspaces, query, &mut beside).await?;
        add_state(app, view, workspaces, query, &mut beside).await?;
        add_own(app, view, workspaces, query, &mut beside).await?;
        add_shared(view, workspaces, query, &mut beside).await?;
    }
    let resources = workspaces.iter().map(|workspace| beside.resource(workspace)).collect();
    Ok((resources, beside.included))
}

impl Beside {
    /// Adds resources of which each belongs to something, and their linkage.
    fn add(&mut self, all: Vec<(String, Resource)>) -> Vec<(String, ResourceId)> {
        let names = all.iter().map(|(owner, resource)| (owner.clone(), resource.name().clone())).collect();
        self.included.extend(all.into_iter().map(|(_, resource)| resource));
        names
    }

    fn resource(&self, workspace: &Workspace) -> Resource {
        let (id, state) = (Some(workspace.id.as_str()), workspace.current_state_version_id.as_deref());
        let mut shown = resource(workspace);
        for (name, linkage, owner) in [
            ("effective-tag-bindings", &self.bindings, id),
            ("outputs", &self.outputs, state),
            ("vars", &self.vars, id),
        ] {
            if let Some(linkage) = of(linkage, owner) {
                shown = shown.relate(name, linkage);
            }
        }
        shown
    }
}

fn of(linkage: &Linkage, owner: Option<&str>) -> Option<Relationship> {
    let own = linkage.as_ref()?.iter().filter(|(of, _)| Some(of.as_str()) == owner);
    Some(Relationship::Many(own.map(|(_, name)| name.clone()).collect()))
}

/// The ids in a column of these workspaces, where there is one.
fn ids<I: From<String>>(workspaces: &[Workspace], column: fn(&Workspace) -> Option<&str>) -> Vec<I> {
    workspaces.iter().filter_map(column).map(|id| I::from(id.to_owned())).collect()
}

fn locked_by(workspace: &Workspace, wanted: LockKind) -> Option<&str> {
    workspace.lock().filter(|(kind, _)| *kind == wanted).map(|(_, holder)| holder)
}

async fn add_runs(
    app: &App,
    view: &mut Tx,
    workspaces: &[Workspace],
    query: &Query,
    beside: &mut Beside,
) -> ApiResult<()> {
    let (mut run_ids, mut user_ids) = (Vec::new(), Vec::new());
    // Both are the same run.
    let of_run = ["current_run", "latest_run"];
    if of_run.iter().any(|name| query.includes(name)) {
        run_ids = ids(workspaces, |workspace| workspace.current_run_id.as_deref());
    }
    if query.includes("locked_by") {
        run_ids.extend(ids(workspaces, |workspace| locked_by(workspace, LockKind::Run)));
        user_ids = ids(workspaces, |workspace| locked_by(workspace, LockKind::User));
    }
    beside.included.extend(runs::included(app, view, &run_ids, &query.beneath(&of_run)).await?);
    if query.includes("current_configuration_version") {
        let ids = ids(workspaces, |workspace| workspace.current_configuration_version_id.as_deref());
        let query = query.beneath(&["current_configuration_version"]);
        beside.included.extend(configuration_versions::included(view, &ids, &query).await?);
    }
    beside.included.extend(users::included(view, &user_ids).await?);
    Ok(())
}

async fn add_state(
    app: &App,
    view: &mut Tx,
    workspaces: &[Workspace],
    query: &Query,
    beside: &mut Beside,
) -> ApiResult<()> {
    let current: Vec<StateVersionId> =
        ids(workspaces, |workspace| workspace.current_state_version_id.as_deref());
    let current = distinct(&current);
    if query.includes("current_state_version") && !current.is_empty() {
        let found = state_versions::store::of_ids(&mut *view, &current).await?;
        let found = in_order(found, &current, |version| &version.id);
        beside.included.extend(found.iter().map(|version| state_versions::document(app, version, false)));
    }
    if query.includes("outputs") {
        let outputs = state_version_outputs::workspace_outputs(app, view, &current).await?;
        let outputs = outputs.into_iter().map(|(version, output)| (version.into(), output)).collect();
        beside.outputs = Some(beside.add(outputs));
    }
    Ok(())
}

/// What belongs to each workspace alone.
async fn add_own(
    app: &App,
    view: &mut Tx,
    workspaces: &[Workspace],
    query: &Query,
    beside: &mut Beside,
) -> ApiResult<()> {
    let ids: Vec<&WorkspaceId> = workspaces.iter().map(|workspace| &workspace.id).collect();
    if query.includes("effective_tag_bindings") {
        let bindings = tag_bindings::store::effective(&mut *view, &ids).await?;
        let bindings = bindings.iter().map(|holding| {
            ((&holding.workspace_id).into(), tag_bindings::effective_resource(&holding.binding))
        });
        let bindings = bindings.collect();
        beside.bindings = Some(beside.add(bindings));
    }
    if query.includes("vars") {
        let mut vars = Vec::new();
        for variable in variables::store::of_workspaces(&mut *view, &ids).await? {
            if let Owner::Workspace(workspace) = &variable.owner {
                vars.push((workspace.into(), variables::resource(app, &variable)?));
            }
        }
        beside.vars = Some(beside.add(vars));
    }
    Ok(())
}

/// Organizations and projects: many workspaces have the same.
async fn add_shared(
    view: &mut Tx,
    workspaces: &[Workspace],
    query: &Query,
    beside: &mut Beside,
) -> ApiResult<()> {
    if query.includes("organization")
        && let Some(first) = workspaces.first()
    {
        let organization = organizations::store::find(&mut *view, &first.organization_name).await?;
        beside.included.extend(organization.iter().map(organizations::resource));
    }
    if query.includes("project") {
        let mut ids: Vec<String> =
            workspaces.iter().map(|workspace| workspace.project_id.to_string()).collect();
        ids.sort_unstable();
        ids.dedup();
        let projects = projects::store::by_ids(&mut *view, &ids).await?;
        beside.included.extend(projects.iter().map(projects::resource));
    }
    Ok(())
}
