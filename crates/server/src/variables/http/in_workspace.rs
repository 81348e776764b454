//! Variables as a workspace sees them: which count, and which beat which.

use super::{Ids, id, resource};
use crate::app::App;
use crate::ids::{VariableId, VarsetId};
use crate::platform::access::{Granted, WorkspaceScope};
use crate::platform::http::{ApiError, ApiResult, ok};
use crate::variables::effective::{Effective, effective, everything};
use crate::variables::model::Owner;
use crate::variables::store::Variable;
use crate::varsets;
use axum::extract::State;
use terrane_jsonapi::{Document, Relationship, Resource, ResourceId};

/// `GET /workspaces/:id/all-vars`: the workspace's variables and those of its sets, of each key the one that counts.
pub async fn all(State(app): State<App>, granted: Granted<WorkspaceScope>) -> ApiResult {
    let mut view = app.db.snapshot().await?;
    let effective = effective(&everything(&mut view, &granted.workspace_id).await?);
    let resources: ApiResult<Vec<Resource>> =
        effective.iter().map(|one| seen(&app, &one.variable, std::slice::from_ref(one))).collect();
    Ok(ok(&Document::many(resources?)))
}

/// `GET /workspaces/:id/varsets/:id/relationships/vars`: all of a set that applies, each with what beats it here.
pub async fn of_set(State(app): State<App>, granted: Granted<WorkspaceScope>, ids: Ids) -> ApiResult {
    let (variables, effective) = read(&app, &granted, id(&ids, "varset_id")).await?;
    let resources: ApiResult<Vec<Resource>> =
        variables.iter().map(|variable| seen(&app, variable, &effective)).collect();
    Ok(ok(&Document::many(resources?)))
}

/// One of these.
pub async fn one_of_set(State(app): State<App>, granted: Granted<WorkspaceScope>, ids: Ids) -> ApiResult {
    let (variables, effective) = read(&app, &granted, id(&ids, "varset_id")).await?;
    let wanted = id(&ids, "varset_variable_id");
    let found = variables.iter().find(|variable| variable.id.as_str() == wanted);
    Ok(ok(&Document::one(seen(&app, found.ok_or_else(ApiError::not_found)?, &effective)?)))
}

/// A set's variables, if it applies to the workspace, and what counts there. At the most three queries.
async fn read(
    app: &App,
    granted: &Granted<WorkspaceScope>,
    set: &str,
) -> ApiResult<(Vec<Variable>, Vec<Effective>)> {
    let mut view = app.db.snapshot().await?;
    let set = VarsetId::from(set.to_owned());
    let all = everything(&mut view, &granted.workspace_id).await?;
    let effective = effective(&all);
    let owner = Owner::Varset(set.clone());
    let own = all.into_iter().map(|(variable, _)| variable).filter(|variable| variable.owner == owner);
    let own: Vec<Variable> = own.collect();
    // One without variables may apply all the same.
    if own.is_empty() && !varsets::store::applies(&mut view, &set, &granted.workspace_id).await? {
        return Err(ApiError::not_found());
    }
    Ok((own, effective))
}

fn seen(app: &App, variable: &Variable, effective: &[Effective]) -> ApiResult<Resource> {
    let winner = effective
        .iter()
        .find(|other| (other.variable.category, &other.variable.key) == (variable.category, &variable.key));
    let name = |id: &VariableId| ResourceId::new("vars", id);
    let (overwriter, overwritten) = match winner {
        Some(winner) if winner.variable.id == variable.id => {
            (None, winner.overwritten.iter().map(name).collect())
        }
        Some(winner) => (Some(name(&winner.variable.id)), Vec::new()),
        None => (None, Vec::new()),
    };
    Ok(resource(app, variable)?
        .relate("overwriter", Relationship::One(overwriter))
        .relate("overwritten", Relationship::Many(overwritten)))
}
