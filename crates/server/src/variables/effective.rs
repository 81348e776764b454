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
    /// Where it comes from.
    pub source: Source,
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
        let (variable, source) = all[winner.index].clone();
        let overwritten = winner.beaten.iter().map(|index| all[*index].0.id.clone()).collect();
        Effective { variable, source, overwritten }
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
    let effective = effective(&everything(tx, workspace).await?);
    let own_rank = Source::Run.rank();
    let is_stronger = |variable: &Variable, source: &Source, run: &RunVariable| {
        variable.category == VariableCategory::Terraform
            && variable.key == run.key
            && source.rank() < own_rank
    };
    let mut frozen =
        Frozen { variables: Vec::new(), used: Used { version: USED_VERSION, variables: Vec::new() } };
    for Effective { variable, source, .. } in &effective {
        let is_beaten = variable.category == VariableCategory::Terraform
            && source.rank() > own_rank
            && own.iter().any(|run| run.key == variable.key);
        if !is_beaten {
            frozen.push_variable(variable, source, open(app, variable)?);
        }
    }
    // Of two with one key the later one counts, as on a command line.
    for (index, run) in own.iter().enumerate() {
        let is_beaten = own[index + 1..].iter().any(|later| later.key == run.key)
            || effective.iter().any(|other| is_stronger(&other.variable, &other.source, run));
        if !is_beaten {
            frozen.push_own(run);
        }
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
