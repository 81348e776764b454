//! The documents of a plan: 204 while one may still come, 307 to a one-minute URL, 404 when it never will (api-contract
//! 3.5, 3.7).

use crate::app::App;
use crate::ids::PlanId;
use crate::plans::store::{self, Plan};
use crate::platform::http::{ApiError, ApiResult, Purpose, no_content};
use crate::platform::objects;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use secrecy::ExposeSecret;
use terrane_wire::EngineKind;

/// A document of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// What the engine showed of its plan: with everything that is in it.
    Json,
    /// What clients show of it, without secrets.
    Redacted,
    /// What its providers can do.
    Schemas,
}

impl Part {
    /// Every part, with the name of its link, which is also the end of its path.
    pub(super) const ALL: [(Self, &'static str); 3] = [
        (Self::Json, "json-output"),
        (Self::Redacted, "json-output-redacted"),
        (Self::Schemas, "json-schema"),
    ];

    fn purpose(self) -> Purpose {
        match self {
            Self::Json => Purpose::PlanJson,
            Self::Redacted => Purpose::RedactedJson,
            Self::Schemas => Purpose::ProviderSchemas,
        }
    }

    fn object(self, plan: &Plan) -> Option<&str> {
        match self {
            Self::Json => plan.json_object_id.as_deref(),
            Self::Redacted => plan.redacted_object_id.as_deref(),
            Self::Schemas => plan.schemas_object_id.as_deref(),
        }
    }

    /// Whether an engine can make it. Schemas are asked of engines whose plans are
    /// redacted by them; api-contract 3.5 has the others answer 404.
    fn is_made_by(self, engine: EngineKind, version: &str) -> bool {
        match self {
            Self::Json | Self::Schemas => engine.has_json_plans(version),
            Self::Redacted => engine.has_redacted_plans(version),
        }
    }

    /// The first Terraform that can.
    fn first_terraform(self) -> &'static str {
        match self {
            Self::Json | Self::Schemas => "0.12",
            Self::Redacted => "0.15.2",
        }
    }

    /// Whether the document exists or can still appear: then the plan has a link to it.
    pub(super) fn may_exist(self, plan: &Plan) -> bool {
        let engine = plan.engine.kind();
        let is_made_by = |version| self.is_made_by(engine, version);
        plan.engine_version.as_deref().is_none_or(is_made_by)
            && (self.object(plan).is_some() || !plan.status.is_final())
    }
}

/// Answers where a document is.
pub fn redirect(app: &App, plan: &Plan, part: Part) -> ApiResult {
    let engine = plan.engine.kind();
    if let Some(version) = plan.engine_version.as_deref()
        && !part.is_made_by(engine, version)
    {
        let (title, first) = (engine.title(), part.first_terraform());
        let detail =
            format!("{title} {version} cannot write this document of its plan; {first} and later can");
        return Err(ApiError::unprocessable("unsupported terraform version", detail));
    }
    if !plan.status.is_final() {
        return Ok(no_content());
    }
    if part.object(plan).is_none() {
        return Err(ApiError::not_found());
    }
    let expires = app.clock.now().plus(app.config.limits.plan_url_life);
    let url = app.url(app.signer.path(part.purpose(), plan.id.as_str(), expires).expose_secret());
    let headers = [(header::LOCATION, url), (header::CONTENT_TYPE, "text/plain; charset=utf-8".to_owned())];
    Ok((
        StatusCode::TEMPORARY_REDIRECT,
        headers,
        "the document is at the address in Location for one minute\n",
    )
        .into_response())
}

/// Answers a signed URL of a document: the bytes as they were stored, checked against their digest.
pub async fn read_part(app: &App, plan: &str, part: Part) -> ApiResult {
    let plan = store::find(&app.db, &PlanId::from(plan.to_owned())).await?.ok_or_else(ApiError::not_found)?;
    objects::answer(app, part.object(&plan), "application/json").await
}

/// Answers a signed URL of a plan file, which only agents have.
pub async fn read_file(app: &App, plan: &str) -> ApiResult {
    let plan = store::find(&app.db, &PlanId::from(plan.to_owned())).await?.ok_or_else(ApiError::not_found)?;
    let made = store::made(&app.db, &plan.run_id).await?.ok_or_else(ApiError::not_found)?;
    objects::answer(app, made.plan_file_object_id.as_deref(), "application/octet-stream").await
}
