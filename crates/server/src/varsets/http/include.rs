//! What `include` asks for beside variable sets: `vars`, `workspaces`, `projects`. One query for each, whatever the
//! number of sets.

use crate::app::App;
use crate::platform::db::Tx;
use crate::platform::http::ApiResult;
use crate::varsets::store::{Link, Varset};
use crate::{projects, variables, workspaces};
use terrane_jsonapi::{Query, Resource};

/// More resources of one kind than this are not included; their linkage is there all the same.
const INCLUDED_MAX: usize = 1000;

/// The full resources of what these sets point at.
pub async fn included(
    app: &App,
    view: &mut Tx,
    sets: &[Varset],
    links: &[Link],
    query: &Query,
) -> ApiResult<Vec<Resource>> {
    let mut included = Vec::new();
    if query.includes("vars") {
        let sets: Vec<_> = sets.iter().map(|set| set.id.clone()).collect();
        for variable in variables::store::of_these_sets(&mut *view, &sets, INCLUDED_MAX).await? {
            included.push(variables::resource(app, &variable)?);
        }
    }
    if query.includes("workspaces") {
        let found = workspaces::store::by_ids(&mut *view, &ids(links, "workspaces")).await?;
        included.extend(found.iter().map(workspaces::resource));
    }
    if query.includes("projects") {
        let found = projects::store::by_ids(&mut *view, &ids(links, "projects")).await?;
        included.extend(found.iter().map(projects::resource));
    }
    Ok(included)
}

/// Each id once.
fn ids(links: &[Link], kind: &str) -> Vec<String> {
    let mut ids: Vec<String> =
        links.iter().filter(|link| link.kind == kind).map(|link| link.id.clone()).collect();
    ids.sort_unstable();
    ids.dedup();
    ids.truncate(INCLUDED_MAX);
    ids
}
