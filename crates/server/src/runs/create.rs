//! `POST /runs`: everything a run will use is frozen in one transaction (api-contract 4.2).

mod configuration;

use super::mode::{Conflict, Mode};
use super::model::is_identifier;
use super::store::{self, NewRow, Run, Triggered};
use crate::app::App;
use crate::configuration_versions::store::ConfigurationVersion;
use crate::execution_mode::ExecutionMode;
use crate::ids::{ApplyId, ConfigurationVersionId, PlanId, RunId, UserId, WorkspaceId};
use crate::plans::model::EngineName;
use crate::platform::db::Tx;
use crate::platform::http::{ApiError, ApiResult};
use crate::platform::logs::{self, LogId};
use crate::platform::scheduler::{self, Priority};
use crate::platform::secrets::Place;
use crate::workspaces::model::is_version_request;
use crate::workspaces::store::Workspace;
use crate::{applies, plans, terraform_versions, variables, workspaces};
use configuration::{plan_only, usable_configuration};
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
    /// How it plans.
    pub mode: Mode,
    /// The engine's version; only of a plan-only run.
    pub terraform_version: Option<String>,
    /// Beat the workspace's variables.
    pub variables: Vec<RunVariable>,
    /// Its creator prints the logs as they are, so that they must be for people: no JSON lines, whatever the workspace
    /// says (cli-protocol 3.8).
    pub reads_text: bool,
    /// The client repeats a request whose answer it has not seen: answer with the run that was made then.
    pub may_be_a_repeat: bool,
    /// The apply elsewhere that asked for it.
    pub triggered: Option<Triggered>,
}

impl NewRun {
    /// One that nobody asked for at this moment, with every choice left to the workspace.
    pub fn of_server() -> Self {
        Self {
            configuration_version: None,
            message: None,
            source: "tfe-api",
            is_destroy: false,
            plan_only: None,
            auto_apply: None,
            allow_empty_apply: false,
            mode: Mode::default(),
            terraform_version: None,
            variables: Vec::new(),
            reads_text: false,
            may_be_a_repeat: false,
            triggered: None,
        }
    }
}

/// A run that was made, in a transaction that is not committed yet.
#[derive(Debug)]
pub struct Made {
    /// The run; an older one when the request was a repeat.
    pub run: Run,
    is_new: bool,
    is_queued: bool,
}

impl Made {
    /// Wakes whoever waits for work; to be called after the commit.
    pub fn announce(&self, app: &App) {
        if self.is_queued {
            app.wake.wake_jobs();
        }
        if self.is_new {
            metrics::counter!("terrane_runs_created_total").increment(1);
        }
    }
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
/// Why a workspace in local mode has no runs (api-contract 8.4).
const LOCAL_WORKSPACE: &str = "Runs cannot be created in a workspace whose execution mode is local: it keeps state only. Run \
     the engine yourself, or change the workspace's execution-mode.";
const DEFAULT_MESSAGE: &str = "Queued manually via the Terraform Enterprise API";

/// Makes a run and puts it in line.
pub async fn create(app: &App, workspace: &WorkspaceId, creator: &UserId, new: NewRun) -> ApiResult<Run> {
    let mut tx = app.db.begin().await?;
    let made = create_in(app, &mut tx, workspace, creator, new).await?;
    tx.commit().await?;
    made.announce(app);
    Ok(made.run)
}

/// The same inside a larger transaction.
///
/// # Errors
/// 404 and 422 before anything is written.
pub async fn create_in(
    app: &App,
    tx: &mut Tx,
    workspace: &WorkspaceId,
    creator: &UserId,
    new: NewRun,
) -> ApiResult<Made> {
    check_variables(app, &new.variables)?;
    if !workspaces::store::guard(tx, workspace, app.clock.now()).await? {
        return Err(ApiError::not_found());
    }
    // Only now, so that the order of creation is the order in line.
    let now = app.clock.now();
    let workspace = workspaces::store::find(&mut *tx, workspace).await?.ok_or_else(ApiError::not_found)?;
    if workspace.execution().mode == ExecutionMode::Local {
        return Err(ApiError::unprocessable("invalid workspace", LOCAL_WORKSPACE));
    }
    let configuration = usable_configuration(tx, &workspace, new.configuration_version.as_ref()).await?;
    let plan_only = plan_only(&new, configuration.speculative)?;
    check_mode(&new, &workspace, plan_only)?;
    check_version(tx, &new, &workspace).await?;
    let digest = creation_digest(&new, &configuration.id, creator);
    if new.may_be_a_repeat
        && let Some(twin) = store::twin(&mut *tx, &configuration.id, &digest).await?
    {
        return Ok(Made { run: twin, is_new: false, is_queued: false });
    }
    let id = RunId::random();
    let frozen = variables::freeze(app, tx, &workspace.id, &new.variables).await?;
    let row = NewRow {
        id: &id,
        workspace_id: &workspace.id,
        organization_id: &workspace.organization_id,
        configuration_version_id: &configuration.id,
        message: new.message.as_deref().unwrap_or(DEFAULT_MESSAGE),
        source: new.source,
        is_destroy: new.is_destroy,
        plan_only,
        auto_apply: new.auto_apply.unwrap_or(workspace.auto_apply),
        allow_empty_apply: new.allow_empty_apply,
        mode: &new.mode,
        engine: workspace.engine,
        terraform_version: new.terraform_version.as_ref().unwrap_or(&workspace.terraform_version),
        working_directory: workspace.working_directory.as_deref().unwrap_or_default(),
        variables_sealed: seal(app, VARIABLES, &id, &frozen.variables)?,
        own_variables_sealed: seal_own(app, &id, &new.variables)?,
        creation_digest: digest,
        created_by: creator,
    };
    store::insert(tx, row, now).await?;
    store::set_variables_used(tx, &id, &used(&frozen.used)?).await?;
    if let Some(triggered) = &new.triggered {
        store::set_triggered(tx, &id, triggered).await?;
    }
    let structured_output = workspace.structured_run_output_enabled && !new.reads_text;
    make_phases(tx, &id, workspace.engine, structured_output, now).await?;
    let priority = match plan_only {
        true => Some(Priority::SpeculativePlan),
        false => new.mode.save_plan.then_some(Priority::NormalPlan),
    };
    let is_queued = match priority {
        // These wait for nobody and hold nobody up (api-contract 4.7).
        Some(priority) => scheduler::queue_run(tx, &id, priority, now).await?,
        None => put_in_line(tx, &workspace, &configuration, now).await?,
    };
    let run = store::find(&mut *tx, &id).await?.ok_or_else(ApiError::not_found)?;
    Ok(Made { run, is_new: true, is_queued })
}

/// The plan and the apply every run has, each with its log.
async fn make_phases(
    tx: &mut Tx,
    run: &RunId,
    engine: EngineName,
    structured_output: bool,
    now: crate::clock::Time,
) -> ApiResult<()> {
    let (plan, apply) = (PlanId::random(), ApplyId::random());
    plans::store::insert(tx, &plan, run, engine, structured_output, now).await?;
    applies::store::insert(tx, &apply, run, now).await?;
    logs::store::create(tx, &LogId::Plan(plan), run).await?;
    Ok(logs::store::create(tx, &LogId::Apply(apply), run).await?)
}

async fn put_in_line(
    tx: &mut Tx,
    workspace: &Workspace,
    configuration: &ConfigurationVersion,
    now: crate::clock::Time,
) -> ApiResult<bool> {
    if !configuration.provisional && configuration.workspace_id == workspace.id {
        workspaces::store::set_current_configuration(tx, &workspace.id, configuration.id.as_str()).await?;
    }
    Ok(scheduler::advance_workspace(tx, &workspace.id, now).await?)
}

/// The combinations of api-contract 4.2.
fn check_mode(new: &NewRun, workspace: &Workspace, plan_only: bool) -> ApiResult<()> {
    let refused = |(name, why): Conflict| ApiError::invalid_attribute(name, why);
    if new.is_destroy && !workspace.allow_destroy_plan {
        return Err(ApiError::invalid_attribute("is-destroy", "the workspace does not allow destroy plans"));
    }
    if let Some(version) = &new.terraform_version {
        if !plan_only {
            let detail = "only a plan-only run may have another version than its workspace";
            return Err(ApiError::invalid_attribute("terraform-version", detail));
        }
        if !is_version_request(version) {
            let detail = format!("{version:?} is no version: give one such as 1.11.4");
            return Err(ApiError::invalid_attribute("terraform-version", detail));
        }
    }
    new.mode.check(new.is_destroy, plan_only).map_err(refused)?;
    let version = new.terraform_version.as_ref().unwrap_or(&workspace.terraform_version);
    new.mode.check_engine(workspace.engine, version).map_err(refused)
}

/// What a site administrator has disabled is not planned with (api-contract 4.2).
async fn check_version(tx: &mut Tx, new: &NewRun, workspace: &Workspace) -> ApiResult<()> {
    let version = new.terraform_version.as_ref().unwrap_or(&workspace.terraform_version);
    match terraform_versions::check_enabled(&mut *tx, workspace.engine, version).await? {
        Some(why) if new.terraform_version.is_some() => {
            Err(ApiError::invalid_attribute("terraform-version", why))
        }
        Some(why) => Err(ApiError::unprocessable("invalid workspace", format!("the workspace's {why}"))),
        None => Ok(()),
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
        new.mode,
        new.terraform_version,
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

/// Most runs have none: then nothing is kept, and a list of runs has nothing to open.
fn seal_own(app: &App, run: &RunId, own: &[RunVariable]) -> ApiResult<Vec<u8>> {
    if own.is_empty() { Ok(Vec::new()) } else { seal(app, OWN_VARIABLES, run, &own) }
}

/// All variables of a run, for its agent.
pub(crate) fn open_variables(app: &App, run: &RunId, sealed: &[u8]) -> ApiResult<Vec<Variable>> {
    let plain = app.secrets.open(Place { column: VARIABLES, id: run.as_str() }, sealed)?;
    serde_json::from_slice(&plain).map_err(|error| ApiError::Broken(error.to_string()))
}

/// The variables a run's creator gave, for its document.
pub(super) fn open_own_variables(app: &App, run: &Run) -> ApiResult<Vec<RunVariable>> {
    if run.own_variables_sealed.is_empty() {
        return Ok(Vec::new());
    }
    let plain =
        app.secrets.open(Place { column: OWN_VARIABLES, id: run.id.as_str() }, &run.own_variables_sealed)?;
    serde_json::from_slice(&plain).map_err(|error| ApiError::Broken(error.to_string()))
}
