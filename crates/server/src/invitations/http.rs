//! `/invitations/{invitation}`. To look at it changes nothing: programs that open links in mail do no harm.

use super::accept::accept;
use super::store;
use super::view::{good_no_more, set_password};
use crate::app::App;
use crate::passwords;
use crate::platform::access::{Needs, digest_of_token};
use crate::platform::http::{Route, get, post};
use crate::platform::pages::{Form, PageResult};
use crate::sessions::enter;
use axum::extract::{Path, State};
use axum::response::IntoResponse;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

/// This folder's routes.
pub fn routes() -> Vec<Route> {
    const ONE: &str = "/invitations/{invitation}";
    vec![get(ONE, "showInvitation", Needs::Visitor, show), post(ONE, "acceptInvitation", Needs::Visitor, set)]
}

async fn show(State(app): State<App>, Path(secret): Path<SecretString>) -> PageResult {
    let digest = digest_of_token(secret.expose_secret());
    let guest = store::find(&app.db, &digest, app.clock.now()).await?;
    Ok(guest.map_or_else(good_no_more, |guest| set_password(&guest.username, None)).into_response())
}

#[derive(Deserialize)]
struct Chosen {
    password: SecretString,
    again: SecretString,
}

async fn set(
    State(app): State<App>,
    Path(secret): Path<SecretString>,
    Form(chosen): Form<Chosen>,
) -> PageResult {
    let digest = digest_of_token(secret.expose_secret());
    let Some(guest) = store::find(&app.db, &digest, app.clock.now()).await? else {
        return Ok(good_no_more().into_response());
    };
    if chosen.password.expose_secret() != chosen.again.expose_secret() {
        return Ok(set_password(&guest.username, Some("The two passwords differ.")).into_response());
    }
    if let Err(problem) = passwords::check(&chosen.password, &guest.username) {
        return Ok(set_password(&guest.username, Some(&problem)).into_response());
    }
    match accept(&app, &digest, &guest, chosen.password).await? {
        Some(session) => Ok(enter(&app, &session, "/app")),
        None => Ok(good_no_more().into_response()),
    }
}
