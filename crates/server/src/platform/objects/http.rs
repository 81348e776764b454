//! `/v1/object/…`: the one place where signed URLs are read and written.

mod answer;
mod receive;

pub use answer::answer;
pub use receive::{receive, receive_hashed};

use crate::app::App;
use crate::platform::access::Needs;
use crate::platform::http::{Purpose, Route, UrlError, get, put};
use crate::{
    agents, applies, configuration_versions, plans, platform::logs, provider_schemas, recoverable_items,
    state_versions,
};
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use terrane_jsonapi::Query;
use terrane_wire::OFFER_HEADER;

/// This folder's routes. `HEAD` comes with `GET`.
pub fn routes() -> Vec<Route> {
    vec![
        get("/v1/object/{token}", "readObject", Needs::SignedUrl, read),
        put("/v1/object/{token}", "writeObject", Needs::SignedUrl, write),
    ]
}

async fn read(
    State(app): State<App>,
    method: Method,
    Path(token): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let url = match app.signer.check(&token, &method, app.clock.now()) {
        Ok(url) => url,
        Err(error) => return refuse(error),
    };
    let query = Query::parse(query.as_deref().unwrap_or_default());
    let answer = match url.purpose {
        Purpose::PlanLog => logs::read(&app, &url.subject, &query).await,
        Purpose::PlanJson => plans::read_part(&app, &url.subject, plans::Part::Json).await,
        Purpose::RedactedJson => plans::read_part(&app, &url.subject, plans::Part::Redacted).await,
        Purpose::ProviderSchemas => plans::read_part(&app, &url.subject, plans::Part::Schemas).await,
        Purpose::ConfigurationDownload => configuration_versions::read_archive(&app, &url.subject).await,
        Purpose::StateDownload => state_versions::read_state(&app, &url.subject).await,
        Purpose::JsonStateDownload => state_versions::read_json_state(&app, &url.subject).await,
        Purpose::ApplyLog => logs::read(&app, &url.subject, &query).await,
        Purpose::PlanFile => plans::read_file(&app, &url.subject).await,
        Purpose::ErroredState => applies::read_errored_state(&app, &url.subject).await,
        Purpose::RecoverableState => recoverable_items::read_state(&app, &url.subject).await,
        // What is to be written: no signature of such a URL fits a reading request.
        _ => Ok(refuse(UrlError::Invalid)),
    };
    private(answer.unwrap_or_else(IntoResponse::into_response))
}

async fn write(
    State(app): State<App>,
    method: Method,
    Path(token): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let url = match app.signer.check(&token, &method, app.clock.now()) {
        Ok(url) => url,
        Err(error) => return refuse(error),
    };
    let answer = match url.purpose {
        Purpose::ConfigurationUpload => configuration_versions::upload(&app, &url.subject, body).await,
        Purpose::JobPlanFile => agents::upload(&app, &url.subject, "plan-file", body).await,
        Purpose::JobPlanJson => agents::upload(&app, &url.subject, "plan-json", body).await,
        Purpose::JobRedactedJson => agents::upload(&app, &url.subject, plans::REDACTED_JSON, body).await,
        Purpose::JobProviderSchemas => match headers.get(OFFER_HEADER) {
            Some(offer) => agents::take_offer(&app, &url.subject, offer).await,
            None => agents::upload(&app, &url.subject, provider_schemas::PURPOSE, body).await,
        },
        Purpose::StateUpload => state_versions::upload_state(&app, &url.subject, body).await,
        Purpose::JsonStateUpload => state_versions::upload_json_state(&app, &url.subject, body).await,
        Purpose::JobErroredState => agents::upload(&app, &url.subject, "errored-state", body).await,
        _ => Ok(refuse(UrlError::Invalid)),
    };
    private(answer.unwrap_or_else(IntoResponse::into_response))
}

/// 403 in plain words: whoever follows a signed URL need not speak JSON:API (api-contract 3.8).
fn refuse(error: UrlError) -> Response {
    private(
        (StatusCode::FORBIDDEN, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], format!("{error}\n"))
            .into_response(),
    )
}

/// Nobody on the way may keep what a signed URL answers, and the URL itself goes nowhere else.
fn private(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
