//! The page of a user's tokens: `/app/settings/tokens`, which the CLIs name when they want one pasted.

use super::http::DESCRIPTION_CHARS_MAX;
use super::issue::{Issued, issue};
use super::store::{self, Token};
use crate::app::App;
use crate::clock::Time;
use crate::ids::TokenId;
use crate::platform::access::{Caller, Needs};
use crate::platform::http::{ApiError, Route, get, post};
use crate::platform::pages::{Form, Page, PageResult, day, see_other};
use axum::extract::{Path, RawQuery, State};
use axum::response::IntoResponse;
use maud::{Markup, html};
use secrecy::ExposeSecret;
use serde::Deserialize;
use std::time::Duration;

const PATH: &str = "/app/settings/tokens";
/// For how many days a token may be asked for; the default stands first.
const LIVES_DAYS: [u64; 4] = [90, 30, 7, 365];

/// This page's routes.
pub fn routes() -> Vec<Route> {
    vec![
        get(PATH, "showTokens", Needs::Session, show),
        post(PATH, "makeToken", Needs::Session, make),
        post("/app/settings/tokens/{token_id}/delete", "revokeToken", Needs::Session, revoke),
    ]
}

async fn show(State(app): State<App>, caller: Caller, RawQuery(query): RawQuery) -> PageResult {
    let is_for_cli = query.is_some_and(|query| query.contains("source=terraform-login"));
    let tokens = store::list(&app.db, &caller.user_id).await?;
    Ok(page(&caller, &tokens, app.clock.now(), &Above { issued: None, problem: None, is_for_cli })
        .into_response())
}

#[derive(Deserialize)]
struct Wish {
    #[serde(default)]
    description: String,
    days: u64,
}

async fn make(State(app): State<App>, caller: Caller, Form(wish): Form<Wish>) -> PageResult {
    let now = app.clock.now();
    let description = wish.description.trim();
    let problem = if description.is_empty() {
        Some("Say what the token is for, so that you know it again.".to_owned())
    } else if description.chars().count() > DESCRIPTION_CHARS_MAX {
        Some(format!("The description is longer than {DESCRIPTION_CHARS_MAX} characters."))
    } else if !LIVES_DAYS.contains(&wish.days) {
        Some("Choose one of the times.".to_owned())
    } else {
        None
    };
    if problem.is_some() {
        let tokens = store::list(&app.db, &caller.user_id).await?;
        let above = Above { issued: None, problem, is_for_cli: false };
        return Ok(page(&caller, &tokens, now, &above).status(422).into_response());
    }
    let expires = now.plus(Duration::from_secs(wish.days * 24 * 3600));
    let mut tx = app.db.begin().await?;
    let issued = issue(&mut tx, &caller.user_id, Some(description.to_owned()), Some(expires), now).await?;
    tx.commit().await?;
    let tokens = store::list(&app.db, &caller.user_id).await?;
    let above = Above { issued: Some(issued), problem: None, is_for_cli: false };
    Ok(page(&caller, &tokens, now, &above).into_response())
}

async fn revoke(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> PageResult {
    let mut tx = app.db.begin().await?;
    let is_gone = store::delete(&mut tx, &TokenId::from(id), &caller.user_id).await?;
    tx.commit().await?;
    if is_gone { Ok(see_other(PATH)) } else { Err(ApiError::not_found().into()) }
}

/// What stands above the list.
struct Above {
    issued: Option<Issued>,
    problem: Option<String>,
    is_for_cli: bool,
}

fn page(caller: &Caller, tokens: &[Token], now: Time, above: &Above) -> Page {
    let body = html! {
        h1 { "Tokens of " (caller.username) }
        p.muted { "With a token, programs do what you may do. Each is shown once; whoever has it needs no password." }
        @if above.is_for_cli {
            p.card.note {
                "The command line waits for a token: make one here and paste it there. With "
                code { "tofu login" } " or " code { "terraform login" } " on this computer nothing has to be pasted."
            }
        }
        @if let Some(problem) = &above.problem { p.card.note.bad role="alert" { (problem) } }
        @if let Some(issued) = &above.issued {
            div.card.note.good role="status" {
                p { b { "The new token. Copy it now: it is not shown again." } }
                code.secret { (issued.text.expose_secret()) }
            }
        }
        (form())
        @if tokens.is_empty() { p { "You have no tokens." } } @else { (list(tokens, now)) }
    };
    Page::new("Tokens", body).shown_to(&caller.username).below("Settings", PATH)
}

fn form() -> Markup {
    html! {
        form.fields.card method="post" action=(PATH) {
            label { "What is it for?" input name="description" maxlength=(DESCRIPTION_CHARS_MAX) required; }
            label {
                "Valid for"
                select name="days" { @for days in LIVES_DAYS { option value=(days) { (days) " days" } } }
            }
            div { button.go { "Make a token" } }
        }
    }
}

fn list(tokens: &[Token], now: Time) -> Markup {
    html! {
        table.rows.stack {
            thead { tr { th { "What for" } th { "Made" } th { "Last used" } th { "Valid until" } th { } } }
            tbody {
                @for token in tokens.iter().rev() {
                    tr {
                        td { (token.description.as_deref().unwrap_or("no description")) " " span.muted { code { (token.id) } } }
                        td { (day(token.created_at)) }
                        td { @match token.last_used_at { Some(at) => (day(Time(at))), None => span.muted { "never" } } }
                        td {
                            @match token.expired_at {
                                Some(at) if at <= now.0 => span.status.bad { "expired" },
                                Some(at) => (day(Time(at))),
                                None => span.muted { "no end" },
                            }
                        }
                        td {
                            form method="post" action={ (PATH) "/" (token.id) "/delete" } {
                                button.bad { "Revoke" }
                            }
                        }
                    }
                }
            }
        }
    }
}
