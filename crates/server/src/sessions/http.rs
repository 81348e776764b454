//! `/session`: sign in and out.

use super::check::{Outcome, check};
use super::model::{Cookie, Session, way_back};
use super::view::{Problem, sign_in};
use super::{open, store};
use crate::app::App;
use crate::platform::access::{Needs, Visitor};
use crate::platform::http::{Route, get, post};
use crate::platform::pages::{Form, PageResult, see_other};
use axum::extract::{RawQuery, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use secrecy::SecretString;
use serde::Deserialize;

const START: &str = "/app";

/// This folder's routes.
pub fn routes() -> Vec<Route> {
    vec![
        get("/session", "showSignIn", Needs::Visitor, show),
        post("/session", "signIn", Needs::Visitor, begin),
        post("/session/end", "signOut", Needs::Session, end),
    ]
}

async fn show(State(app): State<App>, visitor: Visitor, RawQuery(query): RawQuery) -> PageResult {
    let asked: Vec<(String, String)> =
        query.and_then(|query| serde_html_form::from_str(&query).ok()).unwrap_or_default();
    let to = asked.iter().find(|(name, _)| name == "to").and_then(|(_, path)| way_back(path));
    if let Some(session) = &visitor.session
        && store::find(&app.db, &session.digest, app.clock.now()).await?.is_some()
    {
        return Ok(see_other(to.unwrap_or(START)));
    }
    Ok(sign_in("", to, None).into_response())
}

#[derive(Deserialize)]
struct SignIn {
    name: String,
    password: SecretString,
    to: Option<String>,
}

async fn begin(State(app): State<App>, visitor: Visitor, Form(form): Form<SignIn>) -> PageResult {
    let to = form.to.as_deref().and_then(way_back);
    let problem = match check(&app, &form.name, form.password, visitor.address).await? {
        Outcome::Right(user) => {
            let mut tx = app.db.begin().await?;
            let session = open(&app, &mut tx, &user).await?;
            tx.commit().await?;
            return Ok(enter(&app, &session, to.unwrap_or(START)));
        }
        Outcome::Wrong => Problem::Wrong,
        Outcome::Refused(refused) => Problem::Refused(refused),
    };
    let mut response = sign_in(&form.name, to, Some(problem)).into_response();
    if let Problem::Refused(refused) = problem {
        response.headers_mut().insert(header::RETRY_AFTER, (refused.wait_minutes * 60).into());
    }
    Ok(response)
}

/// The way on with the cookie of a new session.
pub(crate) fn enter(app: &App, session: &SecretString, to: &str) -> Response {
    let cookie = Cookie::of(&app.public_url).set(session, app.config.limits.session_life);
    with_cookie(see_other(to), &cookie)
}

async fn end(State(app): State<App>, session: Session) -> PageResult {
    let mut tx = app.db.begin().await?;
    store::delete(&mut tx, &session.digest).await?;
    tx.commit().await?;
    Ok(with_cookie(see_other("/session"), &Cookie::of(&app.public_url).forget()))
}

fn with_cookie(mut response: Response, cookie: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    response
}
