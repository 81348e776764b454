//! The page of a run.

use super::Place;
use super::log_text::log_text;
use crate::app::App;
use crate::applies::{self, store::Apply};
use crate::clock::Time;
use crate::ids::{RunId, UserId};
use crate::plans::{self, store::Plan};
use crate::platform::access::{Granted, Right, WorkspaceScope};
use crate::platform::http::{ApiError, distinct};
use crate::platform::logs::{self, LogId, Tail};
use crate::platform::pages::{Page, PageResult, day, text_file};
use crate::runs::model::RunStatus;
use crate::runs::store::{self, Run};
use crate::users;
use axum::extract::{Path, State};
use axum::response::IntoResponse;
use maud::{Markup, html};

/// So much of the end of a log is shown; a link leads to all of it.
const LOG_BYTES_SHOWN: u64 = 128 * 1024;
/// A page of a run that goes on loads itself again.
const AGAIN_SECS: u32 = 5;

/// A run with all that its page shows.
struct Shown {
    run: Run,
    plan: Plan,
    apply: Apply,
    users: Vec<users::store::User>,
    plan_log: Tail,
    apply_log: Tail,
}

pub async fn show(
    State(app): State<App>,
    granted: Granted<WorkspaceScope>,
    Path(place): Path<Place>,
) -> PageResult {
    let shown = read(&app, &RunId::from(place.run_id.clone())).await?;
    Ok(page(&granted, &place, &shown).into_response())
}

async fn read(app: &App, id: &RunId) -> PageResult<Shown> {
    let mut view = app.db.snapshot().await?;
    let run = store::find(&mut view, id).await?.ok_or_else(ApiError::not_found)?;
    let plan = plans::store::find(&mut view, &run.plan_id).await?.ok_or_else(ApiError::not_found)?;
    let apply = applies::store::find(&mut view, &run.apply_id).await?.ok_or_else(ApiError::not_found)?;
    let people = [&run.created_by, &run.confirmed_by, &run.canceled_by];
    let ids: Vec<UserId> = people.into_iter().flatten().cloned().map(UserId::from).collect();
    let ids = distinct(&ids);
    let users = if ids.is_empty() { Vec::new() } else { users::store::of_ids(&mut view, &ids).await? };
    drop(view);
    let plan_log = logs::tail(app, &LogId::Plan(run.plan_id.clone()), LOG_BYTES_SHOWN).await?;
    let apply_log = logs::tail(app, &LogId::Apply(run.apply_id.clone()), LOG_BYTES_SHOWN).await?;
    Ok(Shown { run, plan, apply, users, plan_log, apply_log })
}

/// The plan's log, all of it.
pub async fn plan_log(
    State(app): State<App>,
    _granted: Granted<WorkspaceScope>,
    Path(place): Path<Place>,
) -> PageResult {
    let run = store::find(&app.db, &RunId::from(place.run_id)).await?.ok_or_else(ApiError::not_found)?;
    Ok(text_file(logs::whole(&app, LogId::Plan(run.plan_id))))
}

/// The apply's log, all of it.
pub async fn apply_log(
    State(app): State<App>,
    _granted: Granted<WorkspaceScope>,
    Path(place): Path<Place>,
) -> PageResult {
    let run = store::find(&app.db, &RunId::from(place.run_id)).await?.ok_or_else(ApiError::not_found)?;
    Ok(text_file(logs::whole(&app, LogId::Apply(run.apply_id))))
}

/// A status as a word, with a colour that says nothing more.
pub fn status(status: RunStatus) -> Markup {
    let kind = match status {
        RunStatus::Applied | RunStatus::PlannedAndFinished => "good",
        RunStatus::Errored | RunStatus::Canceled => "bad",
        RunStatus::Planned | RunStatus::PlannedAndSaved => "wait",
        _ => "",
    };
    html! { span class={ "status " (kind) } { (status.as_str().replace('_', " ")) } }
}

fn page(granted: &Granted<WorkspaceScope>, place: &Place, shown: &Shown) -> Page {
    let Shown { run, plan, apply, .. } = shown;
    let Place { organization, workspace, run_id } = place;
    let title = if run.message.is_empty() { run_id } else { &run.message };
    let body = html! {
        p { (status(run.status)) " " code { (run.id) } }
        h1 { (title) }
        (about(shown))
        @if granted.may(Right::ApplyRuns) { (actions(place, run)) }
        h2 { "Plan " span.muted { (plan.status.as_str()) } }
        (counts([plan.resource_additions, plan.resource_changes, plan.resource_destructions, plan.resource_imports],
            ["to create", "to change", "to destroy", "to import"], "The plan has not been counted."))
        (log(&shown.plan_log, &format!("{}/plan-log", place.path()), "The plan has logged nothing."))
        @if shown.apply_log.size > 0 || apply.resource_additions.is_some() {
            h2 { "Apply " span.muted { (apply.status.as_str()) } }
            (counts([apply.resource_additions, apply.resource_changes, apply.resource_destructions, apply.resource_imports],
                ["created", "changed", "destroyed", "imported"], "The apply has not been counted."))
            (log(&shown.apply_log, &format!("{}/apply-log", place.path()), "The apply has logged nothing."))
        }
    };
    let page = Page::new(title.as_str(), body)
        .shown_to(&granted.caller().username)
        .below(organization, format!("/app/{organization}/workspaces"))
        .below(workspace, format!("/app/{organization}/workspaces/{workspace}"))
        .below("runs", format!("/app/{organization}/{workspace}/runs"));
    let goes_on = !run.status.is_final() && !run.status.is_confirmable();
    if goes_on { page.again_after(AGAIN_SECS) } else { page }
}

fn about(shown: &Shown) -> Markup {
    let run = &shown.run;
    let name = |id: &Option<String>| {
        let id = id.as_deref()?;
        shown.users.iter().find(|user| user.id.as_str() == id).map(|user| user.username.clone())
    };
    let version = run.engine_version.as_deref().unwrap_or(&run.terraform_version);
    html! {
        ul.meta {
            li { "started by " (name(&run.created_by).unwrap_or_else(|| "the server".to_owned())) ", " (day(run.created_at)) }
            li { (run.engine.as_str()) " " (version) }
            li { "source " (run.source) }
            @if run.is_destroy { li { b { "destroys everything" } } }
            @if run.plan_only { li { "plan only: never applied" } }
            @if run.mode.refresh_only { li { "refresh only" } }
            @if let Some(name) = name(&run.confirmed_by) { li { "confirmed by " (name) } }
            @if let Some(name) = name(&run.canceled_by) {
                li { "canceled by " (name) @if let Some(at) = run.canceled_at { ", " (day(Time(at))) } }
            }
            @if let Some(workspace) = &run.triggering_workspace_name { li { "after a run of " (workspace) } }
            li { "last change " (day(run.updated_at)) }
        }
    }
}

fn actions(place: &Place, run: &Run) -> Markup {
    let is_cancelable = run.status.is_cancelable(run.force_cancel_available_at.is_some());
    let path = place.path();
    html! {
        @if run.status.is_confirmable() {
            form.fields.card method="post" {
                p { "The plan waits for a decision." }
                label { "Comment" small { "need not be given" } input name="comment" maxlength="1000"; }
                div.actions {
                    button.go formaction={ (path) "/confirm" } { "Confirm and apply" }
                    @if run.status.is_discardable() { button.bad formaction={ (path) "/discard" } { "Discard" } }
                }
            }
        }
        @if is_cancelable {
            div.actions { form method="post" action={ (path) "/cancel" } { button.bad { "Cancel the run" } } }
        } @else if run.force_cancel_available_at.is_some() && !run.status.is_final() {
            p.card.note.wait { "The run is being canceled." }
        }
    }
}

fn counts(counts: [Option<i64>; 4], words: [&str; 4], without: &str) -> Markup {
    html! {
        @if counts.iter().all(Option::is_none) { p.muted { (without) } } @else {
            ul.counts { @for (count, word) in counts.iter().zip(words) { li { b { (count.unwrap_or(0)) } " " (word) } } }
        }
    }
}

fn log(tail: &Tail, path: &str, without: &str) -> Markup {
    let left_out = tail.size.saturating_sub(tail.bytes.len() as u64);
    html! {
        @if tail.size == 0 { p.muted { (without) } } @else {
            @if left_out > 0 {
                p.muted { "The end of the log; " (left_out / 1024 + 1) " KiB before it are left out." }
            }
            pre.log tabindex="0" { (log_text(&tail.bytes)) }
            p { a href=(path) { "The whole log as it is" } }
        }
    }
}
