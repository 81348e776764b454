//! `GET /plans/:id` and what hangs on it (api-contract section 3).

mod json_output;

pub use json_output::{Part, read_file, read_part};

use super::model::PlanStatus;
use super::store::{self, Plan};
use crate::agents::ExecutionDetails;
use crate::app::App;
use crate::ids::{PlanId, RunId};
use crate::platform::access::{Needs, Right};
use crate::platform::http::{ApiError, ApiResult, Purpose, Route, get, ok};
use crate::platform::logs;
use crate::platform::openapi::ResourceType;
use crate::status_times::StatusTimes;
use axum::extract::{Path, State};
use schemars::JsonSchema;
use serde::Serialize;
use terrane_jsonapi::{Document, Relationship, Resource};

/// This folder's routes.
pub fn routes() -> Vec<Route> {
    vec![
        get("/api/v2/plans/{plan_id}", "getPlan", Needs::Plan(Right::ReadRuns), show),
        get("/api/v2/runs/{run_id}/plan", "getPlanOfRun", Needs::Run(Right::ReadRuns), show_of_run),
        get("/api/v2/plans/{plan_id}/json-output", "getPlanJson", Needs::Plan(Right::Administer), json),
        get(
            "/api/v2/plans/{plan_id}/json-output-redacted",
            "getRedactedPlan",
            Needs::Plan(Right::ReadRuns),
            redacted,
        ),
        get("/api/v2/plans/{plan_id}/json-schema", "getPlanSchemas", Needs::Plan(Right::ReadRuns), schemas),
        get(
            "/api/v2/runs/{run_id}/plan/json-output",
            "getPlanJsonOfRun",
            Needs::Run(Right::Administer),
            json_of_run,
        ),
        get(
            "/api/v2/runs/{run_id}/plan/json-output-redacted",
            "getRedactedPlanOfRun",
            Needs::Run(Right::ReadRuns),
            redacted_of_run,
        ),
        get(
            "/api/v2/runs/{run_id}/plan/json-schema",
            "getPlanSchemasOfRun",
            Needs::Run(Right::ReadRuns),
            schemas_of_run,
        ),
    ]
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct PlanAttributes<'a> {
    execution_details: Option<ExecutionDetails<'a>>,
    generated_configuration: bool,
    has_changes: bool,
    resource_additions: Option<i64>,
    resource_changes: Option<i64>,
    resource_destructions: Option<i64>,
    resource_imports: Option<i64>,
    structured_run_output_enabled: bool,
    status: PlanStatus,
    status_timestamps: &'a StatusTimes,
    log_read_url: String,
    actions: Actions,
    permissions: Permissions,
}

/// Plans, for their description.
pub(super) const PLAN: ResourceType = ResourceType::of::<PlanAttributes<'static>>("plans");

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct Actions {
    is_exportable: bool,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct Permissions {
    can_export: bool,
}

/// The plan as a resource.
pub fn document(app: &App, plan: &Plan) -> Resource {
    let attributes = PlanAttributes {
        execution_details: plan.executor.details(),
        generated_configuration: plan.generated_configuration,
        has_changes: plan.has_changes,
        resource_additions: plan.resource_additions,
        resource_changes: plan.resource_changes,
        resource_destructions: plan.resource_destructions,
        resource_imports: plan.resource_imports,
        structured_run_output_enabled: plan.structured_output,
        status: plan.status,
        status_timestamps: &plan.status_times,
        log_read_url: logs::read_url(app, Purpose::PlanLog, plan.id.as_str(), plan.created_at),
        actions: Actions { is_exportable: false },
        permissions: Permissions { can_export: false },
    };
    let own = format!("/api/v2/plans/{}", plan.id);
    let resource = Resource::new("plans", &plan.id, &attributes)
        .relate("state-versions", Relationship::Many(Vec::new()))
        .relate("exports", Relationship::Many(Vec::new()))
        .link("self", own.clone());
    Part::ALL.into_iter().fold(resource, |resource, (part, name)| {
        resource.link(name, part.may_exist(plan).then(|| format!("{own}/{name}")))
    })
}

async fn show(State(app): State<App>, Path(id): Path<String>) -> ApiResult {
    let plan = store::find(&app.db, &PlanId::from(id)).await?.ok_or_else(ApiError::not_found)?;
    Ok(ok(&Document::one(document(&app, &plan))))
}

async fn show_of_run(State(app): State<App>, Path(run): Path<String>) -> ApiResult {
    let plan = store::of_run(&app.db, &RunId::from(run)).await?.ok_or_else(ApiError::not_found)?;
    Ok(ok(&Document::one(document(&app, &plan))))
}

async fn of_plan(app: &App, id: String, part: Part) -> ApiResult {
    let plan = store::find(&app.db, &PlanId::from(id)).await?.ok_or_else(ApiError::not_found)?;
    json_output::redirect(app, &plan, part)
}

async fn of_run(app: &App, run: String, part: Part) -> ApiResult {
    let plan = store::of_run(&app.db, &RunId::from(run)).await?.ok_or_else(ApiError::not_found)?;
    json_output::redirect(app, &plan, part)
}

async fn json(State(app): State<App>, Path(id): Path<String>) -> ApiResult {
    of_plan(&app, id, Part::Json).await
}

async fn redacted(State(app): State<App>, Path(id): Path<String>) -> ApiResult {
    of_plan(&app, id, Part::Redacted).await
}

async fn schemas(State(app): State<App>, Path(id): Path<String>) -> ApiResult {
    of_plan(&app, id, Part::Schemas).await
}

async fn json_of_run(State(app): State<App>, Path(run): Path<String>) -> ApiResult {
    of_run(&app, run, Part::Json).await
}

async fn redacted_of_run(State(app): State<App>, Path(run): Path<String>) -> ApiResult {
    of_run(&app, run, Part::Redacted).await
}

async fn schemas_of_run(State(app): State<App>, Path(run): Path<String>) -> ApiResult {
    of_run(&app, run, Part::Schemas).await
}
