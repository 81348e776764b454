//! `POST /runs`: everything a run will use is frozen in one transaction (api-contract 4.2).

use super::model::is_identifier;
use super::store::{self, NewRow, Run};
use crate::app::App;
use crate::configuration_versions::{self, model::ConfigurationStatus};
use crate::ids::{ApplyId, ConfigurationVersionId, PlanId, RunId, UserId, WorkspaceId};
use crate::plans::model::EngineName;
use crate::platform::db::Tx;
use crate::platform::http::{ApiError, ApiResult};
use crate::platform::logs::{self, LogId};
use crate::platform::scheduler::{self, Priority};
use crate::platform::secrets::Place;
use crate::workspaces::store::Workspace;
use crate::{applies, plans, variables, workspaces};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use terrane_wire::Variable;

/// What a client asks for.
#[derive(Debug)]
pub struct NewRun {
    /// Which configuration; the workspace's latest when `None`.
    pub configuration_version: Option<ConfigurationVersionId>,
    /// Said by its creator.
    pub message: Option<String>,
    /// `tfe-api`, `terraform+cloud`, ….
    pub source: &'static str,
    /// Plans the destruction of everything.
    pub is_destroy: bool,
    /// Can never be applied; by default as the configuration version says.
    pub plan_only: Option<bool>,
    /// Needs no confirmation; by default as the workspace says.
    pub auto_apply: Option<bool>,
    /// May be applied without changes.
    pub allow_empty_apply: bool,
    /// Beat the workspace's variables.
    pub variables: Vec<RunVariable>,
    /// The client repeats a request whose answer it has not seen: answer with the run that was made then.
    pub may_be_a_repeat: bool,
}

/// A variable of one run; the value is an HCL expression.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct RunVariable {
    /// The name.
    pub key: String,
    /// The expression.
    pub value: String,
}

/// Where the frozen variables of runs stand.
const VARIABLES: &str = "runs.variables";
const OWN_VARIABLES: &str = "runs.own_variables";
const DEFAULT_MESSAGE: &str = "Queued manually via the Terraform Enterprise API";

/// Makes a run and puts it in line.
pub async fn create(app: &App, workspace: &WorkspaceId, creator: &UserId, new: NewRun) -> ApiResult<Run> {
    check_variables(app, &new.variables)?;
    let mut tx = app.db.begin().await?;
    if !workspaces::store::guard(&mut tx, workspace, app.clock.now()).await? {
        return Err(ApiError::not_found());
    }
    // Only now, so that the order of creation is the order in line.
    let now = app.clock.now();
    let workspace = workspaces::store::find(&mut tx, workspace).await?.ok_or_else(ApiError::not_found)?;
    let configuration = usable_configuration(&mut tx, &workspace, new.configuration_version.as_ref()).await?;
    let plan_only = plan_only(&new, configuration.speculative)?;
    if new.is_destroy && !workspace.allow_destroy_plan {
        return Err(ApiError::invalid_attribute("is-destroy", "the workspace does not allow destroy plans"));
    }
    let digest = creation_digest(&new, &configuration.id, creator);
    if new.may_be_a_repeat
        && let Some(twin) = store::twin(&mut tx, &configuration.id, &digest).await?
    {
        return Ok(twin);
    }
    let id = RunId::random();
    let frozen = variables::freeze(app, &mut tx, &workspace.id, &new.variables).await?;
    let row = NewRow {
        id: &id,
        workspace_id: &workspace.id,
        configuration_version_id: &configuration.id,
        message: new.message.as_deref().unwrap_or(DEFAULT_MESSAGE),
        source: new.source,
        is_destroy: new.is_destroy,
        plan_only,
        auto_apply: new.auto_apply.unwrap_or(workspace.auto_apply),
        allow_empty_apply: new.allow_empty_apply,
        engine: workspace.engine,
        terraform_version: &workspace.terraform_version,
        working_directory: workspace.working_directory.as_deref().unwrap_or_default(),
        variables_sealed: seal(app, VARIABLES, &id, &frozen.variables)?,
        own_variables_sealed: seal(app, OWN_VARIABLES, &id, &new.variables)?,
        creation_digest: digest,
        created_by: creator,
    };
    store::insert(&mut tx, row, now).await?;
    store::set_variables_used(&mut tx, &id, &used(&frozen.used)?).await?;
    make_phases(&mut tx, &id, workspace.engine, now).await?;
    let queued = put_in_line(&mut tx, &workspace, &configuration, &id, plan_only, now).await?;
    let run = store::find(&mut tx, &id).await?.ok_or_else(ApiError::not_found)?;
    tx.commit().await?;
    if queued {
        app.wake.wake_jobs();
    }
    metrics::counter!("terrane_runs_created_total").increment(1);
    Ok(run)
}

/// The plan and the apply every run has, each with its log.
async fn make_phases(tx: &mut Tx, run: &RunId, engine: EngineName, now: crate::clock::Time) -> ApiResult<()> {
    let (plan, apply) = (PlanId::random(), ApplyId::random());
    plans::store::insert(tx, &plan, run, engine, now).await?;
    applies::store::insert(tx, &apply, run, now).await?;
    logs::store::create(tx, &LogId::Plan(plan), run).await?;
    Ok(logs::store::create(tx, &LogId::Apply(apply), run).await?)
}

async fn put_in_line(
    tx: &mut Tx,
    workspace: &Workspace,
    configuration: &configuration_versions::store::ConfigurationVersion,
    run: &RunId,
    plan_only: bool,
    now: crate::clock::Time,
) -> ApiResult<bool> {
    if plan_only {
        return Ok(scheduler::queue_run(tx, run, Priority::SpeculativePlan, now).await?);
    }
    if !configuration.provisional && configuration.workspace_id == workspace.id {
        workspaces::store::set_current_configuration(tx, &workspace.id, configuration.id.as_str()).await?;
    }
    Ok(scheduler::advance_workspace(tx, &workspace.id, now).await?)
}

/// The configuration a run plans: the one asked for, else the workspace's current one, else the latest uploaded.
async fn usable_configuration(
    tx: &mut Tx,
    workspace: &Workspace,
    asked: Option<&ConfigurationVersionId>,
) -> ApiResult<configuration_versions::store::ConfigurationVersion> {
    use configuration_versions::store as configurations;
    let missing = || {
        let detail = "Configuration version is missing: upload one to the workspace first, or name one of this organization";
        ApiError::invalid_relationship("configuration-version", detail)
    };
    let found = match asked {
        Some(id) => configurations::in_organization(&mut *tx, id, &workspace.organization_id).await?,
        None => match &workspace.current_configuration_version_id {
            Some(id) => configurations::find(&mut *tx, &id.clone().into()).await?,
            None => configurations::latest_uploaded(&mut *tx, &workspace.id).await?,
        },
    };
    let found = found.ok_or_else(missing)?;
    if found.status == ConfigurationStatus::Uploaded {
        return Ok(found);
    }
    let detail = format!("the configuration version is {}, it must be uploaded first", found.status.as_str());
    Err(ApiError::invalid_relationship("configuration-version", detail))
}

fn plan_only(new: &NewRun, speculative: bool) -> ApiResult<bool> {
    match new.plan_only {
        Some(false) if speculative => Err(ApiError::invalid_attribute(
            "plan-only",
            "runs of a speculative configuration version are plan-only",
        )),
        Some(plan_only) => Ok(plan_only),
        None => Ok(speculative),
    }
}

fn check_variables(app: &App, given: &[RunVariable]) -> ApiResult<()> {
    let limits = &app.config.limits;
    if given.len() > limits.variables_max {
        return Err(ApiError::invalid_attribute(
            "variables",
            format!("a run takes {} variables", limits.variables_max),
        ));
    }
    for variable in given {
        if !is_identifier(&variable.key) {
            let detail = format!("{:?} cannot be the name of a variable", variable.key);
            return Err(ApiError::invalid_attribute("variables", detail));
        }
        if variable.value.len() > limits.variable_bytes_max {
            let detail = format!("{} is larger than {} bytes", variable.key, limits.variable_bytes_max);
            return Err(ApiError::invalid_attribute("variables", detail));
        }
    }
    Ok(())
}

/// Two requests with the same digest ask for the same run.
fn creation_digest(new: &NewRun, configuration: &ConfigurationVersionId, creator: &UserId) -> Vec<u8> {
    let options = serde_json::json!([
        configuration,
        creator,
        new.message,
        new.is_destroy,
        new.plan_only,
        new.auto_apply,
        new.allow_empty_apply,
        new.variables,
    ]);
    Sha256::digest(options.to_string()).to_vec()
}

fn seal(app: &App, column: &'static str, run: &RunId, value: &impl Serialize) -> ApiResult<Vec<u8>> {
    let plain = serde_json::to_vec(value).map_err(|error| ApiError::Broken(error.to_string()))?;
    Ok(app.secrets.seal(Place { column, id: run.as_str() }, &plain))
}

fn used(used: &variables::Used) -> ApiResult<String> {
    serde_json::to_string(used).map_err(|error| ApiError::Broken(error.to_string()))
}

/// All variables of a run, for its agent.
pub(crate) fn open_variables(app: &App, run: &RunId, sealed: &[u8]) -> ApiResult<Vec<Variable>> {
    let plain = app.secrets.open(Place { column: VARIABLES, id: run.as_str() }, sealed)?;
    serde_json::from_slice(&plain).map_err(|error| ApiError::Broken(error.to_string()))
}

/// The variables a run's creator gave, for its document.
pub(super) fn open_own_variables(app: &App, run: &Run) -> ApiResult<Vec<RunVariable>> {
    let plain =
        app.secrets.open(Place { column: OWN_VARIABLES, id: run.id.as_str() }, &run.own_variables_sealed)?;
    serde_json::from_slice(&plain).map_err(|error| ApiError::Broken(error.to_string()))
}
