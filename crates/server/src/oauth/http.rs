//! `/oauth/authorize` and `/oauth/token`.

use super::authorize::authorize;
use super::exchange::{Shown, exchange};
use super::model::{AUTHORIZE_PATH, Asked, CLIENT_ID, Refusal, TOKEN_PATH};
use super::view::{consent, untrusted};
use crate::app::App;
use crate::platform::access::{Caller, Needs};
use crate::platform::http::{ApiError, Route, get, post};
use crate::platform::pages::{Form, PageResult, see_other};
use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};

/// This folder's routes.
pub fn routes() -> Vec<Route> {
    vec![
        get(AUTHORIZE_PATH, "showConsent", Needs::Session, show),
        post(AUTHORIZE_PATH, "giveConsent", Needs::Session, decide),
        post(TOKEN_PATH, "exchangeCode", Needs::AuthorizationCode, token),
    ]
}

async fn show(State(app): State<App>, caller: Caller, RawQuery(query): RawQuery) -> PageResult {
    let asked: Asked = serde_html_form::from_str(&query.unwrap_or_default()).unwrap_or_default();
    if let Err(refusal) = asked.check() {
        return Ok(refused(&asked, &refusal));
    }
    let expires = app.clock.now().plus(app.config.limits.token_life);
    let server = app.public_url.split_once("://").map_or(app.public_url.as_str(), |(_, host)| host);
    Ok(consent(&caller, &asked, server, expires).into_response())
}

fn refused(asked: &Asked, refusal: &Refusal) -> Response {
    match refusal {
        Refusal::Untrusted(why) => untrusted(why).into_response(),
        Refusal::Told(error, words) => {
            see_other(&asked.answer(&[("error", error), ("error_description", words)]))
        }
    }
}

#[derive(Deserialize)]
struct Decision {
    #[serde(default)]
    decision: String,
    #[serde(flatten)]
    asked: Asked,
}

async fn decide(State(app): State<App>, caller: Caller, Form(form): Form<Decision>) -> PageResult {
    let asked = form.asked;
    if let Err(refusal) = asked.check() {
        return Ok(refused(&asked, &refusal));
    }
    if form.decision != "allow" {
        let denied = Refusal::Told("access_denied", "refused on the page");
        return Ok(refused(&asked, &denied));
    }
    let code = authorize(&app, &caller.user_id, &asked).await?;
    Ok(see_other(&asked.answer(&[("code", &code)])))
}

#[derive(Deserialize)]
struct Exchange {
    #[serde(default)]
    grant_type: String,
    #[serde(default)]
    client_id: String,
    code: Option<SecretString>,
    code_verifier: Option<SecretString>,
    redirect_uri: Option<String>,
}

/// The access token response and the errors of RFC 6749 sections 5.1 and 5.2.
async fn token(
    State(app): State<App>,
    form: Result<Form<Exchange>, crate::platform::pages::PageError>,
) -> Result<Response, ApiError> {
    let Ok(Form(form)) = form else {
        return Ok(failed("invalid_request", "the body is no form that can be read"));
    };
    if form.grant_type != "authorization_code" {
        let error = if form.grant_type.is_empty() { "invalid_request" } else { "unsupported_grant_type" };
        return Ok(failed(error, "grant_type must be authorization_code"));
    }
    if form.client_id != CLIENT_ID {
        return Ok(failed("invalid_client", "client_id is not the one that discovery names"));
    }
    let (Some(code), Some(verifier), Some(redirect_uri)) =
        (&form.code, &form.code_verifier, &form.redirect_uri)
    else {
        return Ok(failed("invalid_request", "code, code_verifier and redirect_uri are needed"));
    };
    let shown = Shown { code: code.expose_secret(), verifier: verifier.expose_secret(), redirect_uri };
    let Some(issued) = exchange(&app, shown).await? else {
        let words = "the code is unknown, used or too old, or does not belong to this verifier and redirect_uri; \
             start the login again";
        return Ok(failed("invalid_grant", words));
    };
    let life = app.config.limits.token_life.as_secs();
    Ok(answer(
        StatusCode::OK,
        json!({ "access_token": issued.text.expose_secret(), "token_type": "bearer", "expires_in": life }),
    ))
}

fn failed(error: &str, words: &str) -> Response {
    answer(StatusCode::BAD_REQUEST, json!({ "error": error, "error_description": words }))
}

fn answer(status: StatusCode, body: Value) -> Response {
    let headers = [(header::CACHE_CONTROL, "no-store"), (header::PRAGMA, "no-cache")];
    (status, headers, Json(body)).into_response()
}
