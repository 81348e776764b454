//! `GET /applies/:id` and what hangs on it (api-contract section 5).

use super::model::ApplyStatus;
use super::store::{self, Apply};
use crate::agents::ExecutionDetails;
use crate::app::App;
use crate::ids::ApplyId;
use crate::platform::access::{Needs, Right};
use crate::platform::http::{ApiError, ApiResult, Purpose, Route, get, ok};
use crate::platform::openapi::ResourceType;
use crate::platform::{logs, objects};
use crate::status_times::StatusTimes;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use schemars::JsonSchema;
use secrecy::ExposeSecret;
use serde::Serialize;
use terrane_jsonapi::{Document, Relationship, Resource, ResourceId};

/// This folder's routes.
pub fn routes() -> Vec<Route> {
    vec![
        get("/api/v2/applies/{apply_id}", "getApply", Needs::Apply(Right::ReadRuns), show),
        get(
            "/api/v2/applies/{apply_id}/errored-state",
            "getErroredState",
            Needs::Apply(Right::ReadState),
            show_errored_state,
        ),
    ]
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct ApplyAttributes<'a> {
    execution_details: Option<ExecutionDetails<'a>>,
    status: ApplyStatus,
    status_timestamps: &'a StatusTimes,
    log_read_url: String,
    resource_additions: Option<i64>,
    resource_changes: Option<i64>,
    resource_destructions: Option<i64>,
    resource_imports: Option<i64>,
    action_invocations: Option<i64>,
    action_failures: Option<i64>,
}

/// Applies, for their description.
pub(super) const APPLY: ResourceType = ResourceType::of::<ApplyAttributes<'static>>("applies");

/// The apply as a resource, with the states it wrote, newest first.
pub fn document(app: &App, apply: &Apply) -> Resource {
    let attributes = ApplyAttributes {
        execution_details: apply.executor.details(),
        status: apply.status,
        status_timestamps: &apply.status_times,
        log_read_url: logs::read_url(app, Purpose::ApplyLog, apply.id.as_str(), apply.created_at),
        resource_additions: apply.resource_additions,
        resource_changes: apply.resource_changes,
        resource_destructions: apply.resource_destructions,
        resource_imports: apply.resource_imports,
        action_invocations: None,
        action_failures: None,
    };
    let states = apply.state_version_ids.as_deref().unwrap_or_default().split_terminator(',');
    let states = states.map(|id| ResourceId::new("state-versions", id)).collect();
    Resource::new("applies", &apply.id, &attributes)
        .relate("state-versions", Relationship::Many(states))
        .link("self", format!("/api/v2/applies/{}", apply.id))
}

async fn show(State(app): State<App>, Path(id): Path<String>) -> ApiResult {
    let apply = store::find(&app.db, &ApplyId::from(id)).await?.ok_or_else(ApiError::not_found)?;
    Ok(ok(&Document::one(document(&app, &apply))))
}

/// 307 to a one-minute URL; 404 when the apply left none.
async fn show_errored_state(State(app): State<App>, Path(id): Path<String>) -> ApiResult {
    let apply = store::find(&app.db, &ApplyId::from(id)).await?.ok_or_else(ApiError::not_found)?;
    if apply.errored_state_object_id.is_none() {
        return Err(ApiError::not_found());
    }
    let expires = app.clock.now().plus(app.config.limits.plan_url_life);
    let url = app.url(app.signer.path(Purpose::ErroredState, apply.id.as_str(), expires).expose_secret());
    Ok((StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, url)]).into_response())
}

/// Answers a signed URL of an errored state.
pub async fn read_errored_state(app: &App, apply: &str) -> ApiResult {
    let apply =
        store::find(&app.db, &ApplyId::from(apply.to_owned())).await?.ok_or_else(ApiError::not_found)?;
    objects::answer(app, apply.errored_state_object_id.as_deref(), "application/json").await
}
