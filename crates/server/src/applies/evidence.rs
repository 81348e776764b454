//! What is known of an apply at its end: what its log says was done, and the states it left. Gathered before the
//! transaction that ends it, because it is read from stored objects.

use super::lines::{Done, Reading};
use crate::app::App;
use crate::ids::{ApplyId, RunId, StateVersionId};
use crate::platform::http::{ApiError, ApiResult};
use crate::platform::logs::{self, LogId};
use crate::platform::objects::{self, hex};
use crate::platform::scheduler;
use crate::platform::scheduler::store::Job;
use crate::state_versions;
use crate::state_versions::contents::{self, Contents};
use bytes::Bytes;
use md5::{Digest, Md5};
use serde_json::json;
use std::collections::BTreeSet;
use terrane_blob::{Object, ObjectId};

/// What an agent uploads of an apply that broke, as rows name it.
pub(crate) const ERRORED_STATE: &str = "errored-state";

/// What is known of an apply.
#[derive(Debug)]
pub struct Evidence {
    /// What its log says.
    pub done: Done,
    /// The newest state its engine wrote.
    pub newest: Option<StateVersionId>,
    /// The engine's `errored.tfstate`: newer than every state that was written.
    pub errored: Option<Kept>,
    /// Where an uncertain apply left neither: a copy of the state before it.
    pub untouched: Option<Kept>,
    /// What the newest of these states holds.
    pub addresses: BTreeSet<String>,
}

/// A stored state without a row.
#[derive(Debug)]
pub struct Kept {
    /// As it is stored.
    pub object: Object,
    /// What it says.
    pub contents: Contents,
    /// Hex digits of its MD5.
    pub md5: String,
}

/// Gathers it. Engines write their first state after 20 seconds: one that was killed before has left none, and then the
/// state before it is what a person has to decide on, and what the list of completed objects is compared with.
pub async fn gather(app: &App, job: &Job, is_uncertain: bool) -> ApiResult<Evidence> {
    let done = read_log(app, &job.apply_id).await?;
    let newest = state_versions::store::newest_of_run(&app.db, &job.run_id).await?;
    let errored = errored_state(app, job).await?;
    let mut untouched = None;
    let (errored, addresses) = match (errored, &newest) {
        (Some((errored, addresses)), _) => (Some(errored), addresses),
        (None, Some(newest)) => (None, of(&state_versions::state_of(app, &app.db, newest).await?)),
        (None, None) => {
            let state = before(app, &job.run_id).await?;
            let addresses = state.as_deref().map(of).unwrap_or_default();
            if is_uncertain {
                untouched = Some(keep(app, state.unwrap_or_else(nothing)).await?);
            }
            (None, addresses)
        }
    };
    Ok(Evidence { done, newest: newest.map(|newest| newest.id), errored, untouched, addresses })
}

async fn read_log(app: &App, apply: &ApplyId) -> ApiResult<Done> {
    let log = LogId::Apply(apply.clone());
    let mut reading = Reading::default();
    logs::for_each_piece(app, &log, |bytes| reading.push(bytes)).await?;
    Ok(reading.finish())
}

/// What cannot be read as a state is no evidence.
fn of(state: &[u8]) -> BTreeSet<String> {
    contents::addresses(state).unwrap_or_default()
}

/// A file that is no state is kept as it came, and nothing is read from it.
async fn errored_state(app: &App, job: &Job) -> ApiResult<Option<(Kept, BTreeSet<String>)>> {
    let Some(id) = scheduler::store::upload(&app.db, &job.id, ERRORED_STATE).await? else { return Ok(None) };
    let object = objects::store::find(&app.db, &id).await?.ok_or_else(ApiError::not_found)?;
    let state = app.blobs.get(&object, app.config.limits.state_bytes_max).await?;
    match contents::read(&state[..]) {
        Ok(contents) => {
            let md5 = hex(&Md5::digest(&state));
            Ok(Some((Kept { object, contents, md5 }, of(&state))))
        }
        Err(error) => {
            tracing::warn!(apply.id = %job.apply_id, %error, "an errored.tfstate cannot be read");
            Ok(None)
        }
    }
}

/// What there was before an apply that wrote no state at all; `None` when it was the first one.
async fn before(app: &App, run: &RunId) -> ApiResult<Option<Bytes>> {
    let made = crate::plans::store::made(&app.db, run).await?;
    let Some(id) = made.and_then(|made| made.state_version_id) else { return Ok(None) };
    let Some(version) = state_versions::store::find(&app.db, &id.into()).await? else { return Ok(None) };
    Ok(Some(state_versions::state_of(app, &app.db, &version).await?))
}

/// A state that holds nothing, as an engine would begin with it.
fn nothing() -> Bytes {
    let lineage: [u8; 16] = rand::random();
    let state =
        json!({ "version": 4, "serial": 0, "lineage": hex(&lineage), "outputs": {}, "resources": [] });
    state.to_string().into()
}

/// An object of its own, so that each state version can be deleted alone.
async fn keep(app: &App, state: Bytes) -> ApiResult<Kept> {
    let md5 = hex(&Md5::digest(&state));
    let object = app.blobs.put(ObjectId::random(), state).await?;
    let contents = state_versions::contents_of(app, &object).await?;
    Ok(Kept { object, contents, md5 })
}
