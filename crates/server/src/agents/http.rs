//! The routes agents call.

mod log;
mod states;
mod upload;

pub use upload::{take_offer, upload};

use super::model::AGENT_BACK;
use super::{claim, hello, report};
use crate::app::App;
use crate::applies;
use crate::ids::JobId;
use crate::platform::access::{AgentCaller, Needs};
use crate::platform::db::Tx;
use crate::platform::http::{ApiError, ApiResult, Route, no_content, post, put};
use crate::platform::scheduler::{self, lease::Heard, store::Job};
use crate::runs;
use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::IntoResponse;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use states::Written;
use std::time::Duration;
use terrane_jsonapi::Errors;
use terrane_wire::{Claim, Heartbeat, Hello, LOCK_FILE_BYTES_MAX, Orders, Report, Start, Stop, VERSION};
use tokio::time::{Instant, timeout_at};

/// A document of an agent is never larger.
const BODY_BYTES_MAX: usize = 256 * 1024;
/// A report is: it may hold a lock file, with every byte escaped.
const REPORT_BYTES_MAX: usize = 6 * LOCK_FILE_BYTES_MAX as usize + BODY_BYTES_MAX;
/// A heartbeat is never held longer than this.
const WAIT_MAX: Duration = Duration::from_secs(30);

/// This folder's routes.
pub fn routes() -> Vec<Route> {
    vec![
        post("/agent/v1/hello", "helloAgent", Needs::Agent, take_in),
        post("/agent/v1/claim", "claimJob", Needs::Agent, take_job),
        post("/agent/v1/jobs/{job_id}/heartbeat", "heartbeatJob", Needs::Agent, heartbeat),
        put("/agent/v1/jobs/{job_id}/log", "appendJobLog", Needs::Agent, log::append),
        post("/agent/v1/jobs/{job_id}/start", "startJob", Needs::Agent, take_start),
        put("/agent/v1/jobs/{job_id}/states/{sequence}", "putJobState", Needs::Agent, take_state),
        put(
            "/agent/v1/jobs/{job_id}/states/{sequence}/json",
            "putJobStateJson",
            Needs::Agent,
            take_state_json,
        ),
        post("/agent/v1/jobs/{job_id}/report", "reportJob", Needs::Agent, take_report),
    ]
}

async fn whole(body: Body, bytes_max: usize) -> ApiResult<Bytes> {
    Ok(axum::body::to_bytes(body, bytes_max).await.map_err(|_| {
        Errors::new(413, "body too large", format!("the body is cut off or larger than {bytes_max} bytes"))
    })?)
}

async fn json<T: DeserializeOwned>(body: Body, bytes_max: usize) -> ApiResult<T> {
    let bytes = whole(body, bytes_max).await?;
    Ok(serde_json::from_slice(&bytes).map_err(|error| Errors::malformed(error.to_string()))?)
}

fn in_query<T>(query: Result<Query<T>, QueryRejection>) -> ApiResult<T> {
    let Query(query) = query.map_err(|error| Errors::malformed(error.body_text()))?;
    Ok(query)
}

fn same_version(agent: u32) -> ApiResult<()> {
    if agent == VERSION {
        return Ok(());
    }
    let detail = format!("the agent speaks version {agent}, this server {VERSION}; update the older one");
    Err(ApiError::unprocessable("unsupported agent version", detail))
}

async fn take_in(State(app): State<App>, agent: AgentCaller, body: Body) -> ApiResult {
    let told: Hello = json(body, BODY_BYTES_MAX).await?;
    same_version(told.version)?;
    Ok(Json(hello::hello(&app, &agent, &told).await?).into_response())
}

async fn take_job(State(app): State<App>, agent: AgentCaller, body: Body) -> ApiResult {
    let asked: Claim = json(body, BODY_BYTES_MAX).await?;
    same_version(asked.version)?;
    Ok(match claim::claim(&app, &agent, &asked).await? {
        Some(job) => Json(job).into_response(),
        None => no_content(),
    })
}

/// The job of an agent's call: what belongs to another pool does not exist.
async fn own(app: &App, agent: &AgentCaller, id: String) -> ApiResult<Job> {
    let job = scheduler::store::find(&app.db, &JobId::from(id)).await?;
    job.filter(|job| job.agent_pool_id == agent.agent_pool_id).ok_or_else(ApiError::not_found)
}

fn taken_away() -> ApiError {
    ApiError::conflict("the job has ended, or its lease has been given to another agent")
}

/// Hears from a job's agent: its lease is renewed, and who was away is back.
async fn hear(app: &App, tx: &mut Tx, job: &Job, epoch: i64) -> ApiResult<(Job, Heard)> {
    let now = app.clock.now();
    let mut job = scheduler::store::hold(tx, &job.id).await?.ok_or_else(taken_away)?;
    let heard = job.lease.hear(epoch, now, app.config.patience());
    match heard {
        Heard::Refused => return Err(taken_away()),
        Heard::GivenUp => {}
        Heard::Renewed { is_back } => {
            scheduler::store::save(tx, &job).await?;
            if is_back {
                runs::store::note(tx, &job.run_id, AGENT_BACK, now).await?;
            }
        }
    }
    Ok((job, heard))
}

async fn heartbeat(
    State(app): State<App>,
    agent: AgentCaller,
    Path(id): Path<String>,
    body: Body,
) -> ApiResult {
    let beat: Heartbeat = json(body, BODY_BYTES_MAX).await?;
    let job = own(&app, &agent, id).await?;
    let mut news = app.wake.job(&job.id);
    let mut tx = app.db.begin().await?;
    let (_, heard) = hear(&app, &mut tx, &job, beat.lease_epoch).await?;
    tx.commit().await?;
    let deadline = Instant::now() + Duration::from_millis(beat.wait_ms).min(WAIT_MAX);
    loop {
        let job = scheduler::store::find(&app.db, &job.id).await?.ok_or_else(taken_away)?;
        let stop = match job.stop.as_deref() {
            Some("kill") => Some(Stop::Kill),
            Some(_) => Some(Stop::Interrupt),
            // Nobody waits for it any more: what it does is brought to an end.
            None if heard == Heard::GivenUp => Some(Stop::Interrupt),
            None => None,
        };
        if stop > beat.heard || Instant::now() >= deadline {
            return Ok(Json(Orders { stop }).into_response());
        }
        tokio::select! {
            _ = timeout_at(deadline, news.woken()) => {}
            () = app.stopping.cancelled() => return Ok(Json(Orders { stop }).into_response()),
        }
    }
}

async fn take_start(
    State(app): State<App>,
    agent: AgentCaller,
    Path(id): Path<String>,
    body: Body,
) -> ApiResult {
    let asked: Start = json(body, BODY_BYTES_MAX).await?;
    let job = own(&app, &agent, id).await?;
    applies::start(&app, &job.id, &asked).await?;
    Ok(no_content())
}

fn sequence(text: &str) -> ApiResult<i64> {
    text.parse().ok().filter(|number| *number >= 0).ok_or_else(ApiError::not_found)
}

async fn take_state(
    State(app): State<App>,
    agent: AgentCaller,
    Path((id, number)): Path<(String, String)>,
    query: Result<Query<Written>, QueryRejection>,
    body: Body,
) -> ApiResult {
    let (number, written) = (sequence(&number)?, in_query(query)?);
    let job = own(&app, &agent, id).await?;
    Ok(Json(states::keep(&app, &job.id, number, &written, body).await?).into_response())
}

#[derive(Deserialize)]
struct Epoch {
    epoch: i64,
}

async fn take_state_json(
    State(app): State<App>,
    agent: AgentCaller,
    Path((id, number)): Path<(String, String)>,
    query: Result<Query<Epoch>, QueryRejection>,
    body: Body,
) -> ApiResult {
    let (number, Epoch { epoch }) = (sequence(&number)?, in_query(query)?);
    let job = own(&app, &agent, id).await?;
    Ok(Json(states::keep_json(&app, &job.id, number, epoch, body).await?).into_response())
}

async fn take_report(
    State(app): State<App>,
    agent: AgentCaller,
    Path(id): Path<String>,
    body: Body,
) -> ApiResult {
    let told: Report = json(body, REPORT_BYTES_MAX).await?;
    let Some(job) = scheduler::store::find(&app.db, &JobId::from(id.clone())).await? else {
        // Taken before, or the workspace is gone: nothing is left to say.
        return Ok(no_content());
    };
    if job.agent_pool_id != agent.agent_pool_id {
        return Err(ApiError::not_found());
    }
    report::take(&app, &job.id, &told).await?;
    Ok(no_content())
}
