//! The JSON plan: 204 while it may still come, 307 to a one-minute URL, 404 when it never will (api-contract 3.5).

use crate::app::App;
use crate::ids::PlanId;
use crate::plans::store::{self, Plan};
use crate::platform::http::{ApiError, ApiResult, Purpose, no_content};
use crate::platform::objects;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use secrecy::ExposeSecret;

/// Whether the document exists or can still appear: then the plan has a link to it.
pub fn may_exist(plan: &Plan) -> bool {
    let engine = plan.engine.kind();
    let is_able = plan.engine_version.as_deref().is_none_or(|version| engine.has_json_plans(version));
    is_able && (plan.json_object_id.is_some() || !plan.status.is_final())
}

/// Answers `json-output`.
pub fn redirect(app: &App, plan: &Plan) -> ApiResult {
    if let Some(version) = plan.engine_version.as_deref()
        && !plan.engine.kind().has_json_plans(version)
    {
        let detail = format!(
            "{} {version} cannot write its plan as JSON; 0.12 and later can",
            plan.engine.kind().title()
        );
        return Err(ApiError::unprocessable("unsupported terraform version", detail));
    }
    if !plan.status.is_final() {
        return Ok(no_content());
    }
    if plan.json_object_id.is_none() {
        return Err(ApiError::not_found());
    }
    let expires = app.clock.now().plus(app.config.limits.plan_url_life);
    let url = app.url(app.signer.path(Purpose::PlanJson, plan.id.as_str(), expires).expose_secret());
    let headers = [(header::LOCATION, url), (header::CONTENT_TYPE, "text/plain; charset=utf-8".to_owned())];
    Ok((StatusCode::TEMPORARY_REDIRECT, headers, "the plan is at the address in Location for one minute\n")
        .into_response())
}

/// Answers a signed URL of a JSON plan: the engine's bytes, checked against their digest.
pub async fn read_json(app: &App, plan: &str) -> ApiResult {
    let plan = store::find(&app.db, &PlanId::from(plan.to_owned())).await?.ok_or_else(ApiError::not_found)?;
    objects::answer(app, plan.json_object_id.as_deref(), "application/json").await
}

/// Answers a signed URL of a plan file, which only agents have.
pub async fn read_file(app: &App, plan: &str) -> ApiResult {
    let plan = store::find(&app.db, &PlanId::from(plan.to_owned())).await?.ok_or_else(ApiError::not_found)?;
    let made = store::made(&app.db, &plan.run_id).await?.ok_or_else(ApiError::not_found)?;
    objects::answer(app, made.plan_file_object_id.as_deref(), "application/octet-stream").await
}
