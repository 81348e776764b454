//! The routes agents call.

mod upload;

pub(crate) use upload::store_hashed;
pub use upload::upload;

use super::{claim, report};
use crate::app::App;
use crate::ids::JobId;
use crate::platform::access::{AgentCaller, Needs};
use crate::platform::http::{ApiError, ApiResult, Route, no_content, post, put};
use crate::platform::logs::{self, Appended};
use crate::platform::scheduler;
use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::time::Duration;
use terrane_jsonapi::Errors;
use terrane_wire::{Claim, Heartbeat, LOG_BODY_BYTES_MAX, LogAck, Orders, Report, Stop, VERSION};
use tokio::time::{Instant, timeout_at};

/// A claim or a report is never larger.
const BODY_BYTES_MAX: usize = 256 * 1024;
/// A heartbeat is never held longer than this.
const WAIT_MAX: Duration = Duration::from_secs(30);

/// This folder's routes.
pub fn routes() -> Vec<Route> {
    vec![
        post("/agent/v1/claim", "claimJob", Needs::Agent, take_job),
        post("/agent/v1/jobs/{job_id}/heartbeat", "heartbeatJob", Needs::Agent, heartbeat),
        put("/agent/v1/jobs/{job_id}/log", "appendJobLog", Needs::Agent, append_log),
        post("/agent/v1/jobs/{job_id}/report", "reportJob", Needs::Agent, take_report),
    ]
}

async fn whole(body: Body, bytes_max: usize) -> ApiResult<Bytes> {
    Ok(axum::body::to_bytes(body, bytes_max).await.map_err(|_| {
        Errors::new(413, "body too large", format!("the body is cut off or larger than {bytes_max} bytes"))
    })?)
}

async fn json<T: DeserializeOwned>(body: Body) -> ApiResult<T> {
    let bytes = whole(body, BODY_BYTES_MAX).await?;
    Ok(serde_json::from_slice(&bytes).map_err(|error| Errors::malformed(error.to_string()))?)
}

async fn take_job(State(app): State<App>, _agent: AgentCaller, body: Body) -> ApiResult {
    let asked: Claim = json(body).await?;
    if asked.version != VERSION {
        let detail = format!(
            "the agent speaks version {}, this server {VERSION}; update the older one",
            asked.version
        );
        return Err(ApiError::unprocessable("unsupported agent version", detail));
    }
    Ok(match claim::claim(&app, &asked).await? {
        Some(job) => Json(job).into_response(),
        None => no_content(),
    })
}

async fn heartbeat(
    State(app): State<App>,
    _agent: AgentCaller,
    Path(id): Path<String>,
    body: Body,
) -> ApiResult {
    let beat: Heartbeat = json(body).await?;
    let id = JobId::from(id);
    let mut news = app.wake.job(&id);
    let mut tx = app.db.begin().await?;
    let expires = app.clock.now().plus(app.config.limits.lease);
    if !scheduler::store::renew(&mut tx, &id, beat.lease_epoch, expires).await? {
        return Err(ApiError::conflict("the job has ended, or its lease has been given to another agent"));
    }
    tx.commit().await?;
    let deadline = Instant::now() + Duration::from_millis(beat.wait_ms).min(WAIT_MAX);
    loop {
        let job = scheduler::store::find(&app.db, &id)
            .await?
            .ok_or_else(|| ApiError::conflict("the job has ended"))?;
        let stop = match job.stop.as_deref() {
            Some("kill") => Some(Stop::Kill),
            Some(_) => Some(Stop::Interrupt),
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

#[derive(Deserialize)]
struct LogPlace {
    epoch: i64,
    offset: u64,
}

async fn append_log(
    State(app): State<App>,
    _agent: AgentCaller,
    Path(id): Path<String>,
    place: Result<Query<LogPlace>, QueryRejection>,
    body: Body,
) -> ApiResult {
    let Query(place) = place.map_err(|error| Errors::malformed(error.body_text()))?;
    let bytes = whole(body, LOG_BODY_BYTES_MAX).await?;
    let id = JobId::from(id);
    let mut tx = app.db.begin().await?;
    // Renewing is the guard: an agent that sends a log is alive, and one with an old lease stops here.
    let expires = app.clock.now().plus(app.config.limits.lease);
    if !scheduler::store::renew(&mut tx, &id, place.epoch, expires).await? {
        return Err(ApiError::conflict("the job has ended, or its lease has been given to another agent"));
    }
    let job = scheduler::store::find(&mut tx, &id).await?.ok_or_else(ApiError::not_found)?;
    let offset = i64::try_from(place.offset).map_err(|_| Errors::malformed("offset is too large"))?;
    let size = crate::plans::store::log_size(&mut tx, &job.plan_id).await?.unwrap_or(0);
    let limit = i64::try_from(app.config.limits.log_bytes_max).unwrap_or(i64::MAX);
    if size.saturating_add(i64::try_from(bytes.len()).unwrap_or(i64::MAX))
        > limit.saturating_add(LOG_BODY_BYTES_MAX as i64)
    {
        return Err(ApiError::conflict(format!("the log is larger than {limit} bytes")));
    }
    let appended = logs::append(&mut tx, &job.plan_id, offset, &bytes).await?;
    tx.commit().await?;
    app.wake.wake_plan(&job.plan_id);
    Ok(acknowledge(appended))
}

fn acknowledge(appended: Appended) -> Response {
    let (status, size) = match appended {
        Appended::Next(size) => (StatusCode::OK, size),
        Appended::Gap(size) => (StatusCode::CONFLICT, size),
    };
    (status, Json(LogAck { next_offset: u64::try_from(size).unwrap_or(0) })).into_response()
}

async fn take_report(
    State(app): State<App>,
    _agent: AgentCaller,
    Path(id): Path<String>,
    body: Body,
) -> ApiResult {
    let told: Report = json(body).await?;
    report::take(&app, &JobId::from(id), &told).await?;
    Ok(no_content())
}
