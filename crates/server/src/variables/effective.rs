//! The variables a workspace has, its sets' included, and those a run is made from (api-contract section 9).

use super::model::{Owner, VariableCategory};
use super::precedence::{Source, decide};
use super::store::{self, Variable};
use super::write::open;
use crate::app::App;
use crate::ids::{VariableId, WorkspaceId};
use crate::platform::db::{DbError, Tx};
use crate::platform::http::ApiResult;
use crate::runs::RunVariable;
use serde::{Deserialize, Serialize};
use terrane_wire::{Category, Secret};

/// A variable that counts for a workspace.
#[derive(Debug, Clone)]
pub struct Effective {
    /// The variable.
    pub variable: Variable,
    /// Those that it beats, the strongest first.
    pub overwritten: Vec<VariableId>,
}

/// Every variable of a workspace and of the sets that apply to it, whatever beats it. Two queries.
pub async fn everything(tx: &mut Tx, workspace: &WorkspaceId) -> Result<Vec<(Variable, Source)>, DbError> {
    let own = store::list(&mut *tx, &Owner::Workspace(workspace.clone())).await?;
    let of_sets = store::of_sets(&mut *tx, workspace).await?;
    let own = own.into_iter().map(|variable| (variable, Source::Workspace));
    let of_sets = of_sets.into_iter().map(|(variable, scope)| (variable, Source::Set(scope)));
    Ok(own.chain(of_sets).collect())
}

/// Of each category and key the variable that counts.
pub fn effective(all: &[(Variable, Source)]) -> Vec<Effective> {
    let keys = all.iter().map(|(variable, source)| ((variable.category, &variable.key), source.clone()));
    let effective = decide(keys).into_iter().map(|winner| {
        let variable = all[winner.index].0.clone();
        let overwritten = winner.beaten.iter().map(|index| all[*index].0.id.clone()).collect();
        Effective { variable, overwritten }
    });
    effective.collect()
}

/// The version of [`Used`] as it is stored.
pub const USED_VERSION: u32 = 1;

/// What a run was made from, without values. Stored as JSON with the run, so fields are only ever added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Used {
    /// [`USED_VERSION`].
    pub version: u32,
    /// In the order in which the run has them.
    pub variables: Vec<UsedVariable>,
}

/// One variable of a run, without its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsedVariable {
    /// Its name.
    pub key: String,
    /// `terraform` or `env`.
    pub category: String,
    /// Its value is an HCL expression.
    pub hcl: bool,
    /// Nobody reads its value again.
    pub sensitive: bool,
    /// The variable; `None` when it came with the run.
    pub variable_id: Option<String>,
    /// Its `version-id` at that time.
    pub version_id: Option<String>,
    /// The set it is of.
    pub varset_id: Option<String>,
    /// The set's name at that time.
    pub varset_name: Option<String>,
}

/// What a run is made from: with values for its agent, without for people.
#[derive(Debug)]
pub struct Frozen {
    /// For the agent.
    pub variables: Vec<terrane_wire::Variable>,
    /// For people.
    pub used: Used,
}

/// The variables a run of a workspace gets as they stand now. The run's own beat the workspace's, and are beaten by
/// those of priority sets.
pub async fn freeze(
    app: &App,
    tx: &mut Tx,
    workspace: &WorkspaceId,
    own: &[RunVariable],
) -> ApiResult<Frozen> {
    let all = everything(tx, workspace).await?;
    let theirs = all.iter().map(|(variable, source)| ((variable.category, &variable.key), source.clone()));
    // Of two with one key the later one counts, as on a command line: the first that is met.
    let of_run = own.iter().rev().map(|run| ((VariableCategory::Terraform, &run.key), Source::Run));
    let winners = decide(theirs.chain(of_run)).into_iter().map(|winner| winner.index);
    let (theirs, mut of_run): (Vec<usize>, Vec<usize>) = winners.partition(|index| *index < all.len());
    of_run.sort_unstable_by_key(|index| std::cmp::Reverse(*index));
    let mut frozen =
        Frozen { variables: Vec::new(), used: Used { version: USED_VERSION, variables: Vec::new() } };
    for (variable, source) in theirs.into_iter().map(|index| &all[index]) {
        frozen.push_variable(variable, source, open(app, variable)?);
    }
    for run in of_run.into_iter().map(|index| &own[own.len() - 1 - (index - all.len())]) {
        frozen.push_own(run);
    }
    Ok(frozen)
}

impl Frozen {
    fn push_variable(&mut self, variable: &Variable, source: &Source, value: String) {
        let set = match source {
            Source::Set(set) => Some(set),
            Source::Run | Source::Workspace => None,
        };
        self.used.variables.push(UsedVariable {
            key: variable.key.clone(),
            category: variable.category.as_str().to_owned(),
            hcl: variable.hcl,
            sensitive: variable.sensitive,
            variable_id: Some(variable.id.to_string()),
            version_id: Some(variable.version_id.clone()),
            varset_id: set.map(|set| set.set_id.clone()),
            varset_name: set.map(|set| set.set_name.clone()),
        });
        self.variables.push(terrane_wire::Variable {
            key: variable.key.clone(),
            value: Secret::new(value),
            category: variable.category.wire(),
            hcl: variable.hcl,
            sensitive: variable.sensitive,
        });
    }

    fn push_own(&mut self, run: &RunVariable) {
        self.used.variables.push(UsedVariable {
            key: run.key.clone(),
            category: VariableCategory::Terraform.as_str().to_owned(),
            hcl: true,
            sensitive: false,
            variable_id: None,
            version_id: None,
            varset_id: None,
            varset_name: None,
        });
        self.variables.push(terrane_wire::Variable {
            key: run.key.clone(),
            value: Secret::new(run.value.clone()),
            category: Category::Terraform,
            hcl: true,
            sensitive: false,
        });
    }
}
