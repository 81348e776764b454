//! `PUT` of a piece of a job's log.

use super::{hear, in_query, own, whole};
use crate::app::App;
use crate::platform::access::AgentCaller;
use crate::platform::http::{ApiError, ApiResult};
use crate::platform::logs::{self, Appended, LogId};
use crate::platform::scheduler::lease::Heard;
use axum::Json;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use terrane_jsonapi::Errors;
use terrane_wire::{LOG_BODY_BYTES_MAX, LogAck};

#[derive(Deserialize)]
pub(super) struct LogPlace {
    epoch: i64,
    offset: u64,
}

pub(super) async fn append(
    State(app): State<App>,
    agent: AgentCaller,
    Path(id): Path<String>,
    place: Result<Query<LogPlace>, QueryRejection>,
    body: Body,
) -> ApiResult {
    let place = in_query(place)?;
    let bytes = whole(body, LOG_BODY_BYTES_MAX).await?;
    let offset = i64::try_from(place.offset).map_err(|_| Errors::malformed("offset is too large"))?;
    let job = own(&app, &agent, id).await?;
    let log = LogId::of(job.phase_id().to_owned());
    let mut tx = app.db.begin().await?;
    // Hearing is the guard: an agent that sends a log is alive, and one with an old lease stops here.
    let (job, heard) = hear(&app, &mut tx, &job, place.epoch).await?;
    let end = offset.saturating_add(i64::try_from(bytes.len()).unwrap_or(i64::MAX));
    if heard == Heard::GivenUp {
        // The log has its last byte; nothing comes after it.
        return Ok(acknowledge(Appended::Next(end)));
    }
    let limit = i64::try_from(app.config.limits.log_bytes_max).unwrap_or(i64::MAX);
    if end > limit.saturating_add(LOG_BODY_BYTES_MAX as i64) {
        return Err(ApiError::conflict(format!("the log is larger than {limit} bytes")));
    }
    let appended = logs::append(&mut tx, &log, offset, &bytes).await?;
    tx.commit().await?;
    app.wake.wake_log(job.phase_id());
    Ok(acknowledge(appended))
}

fn acknowledge(appended: Appended) -> Response {
    let (status, size) = match appended {
        Appended::Next(size) => (StatusCode::OK, size),
        Appended::Gap(size) => (StatusCode::CONFLICT, size),
    };
    (status, Json(LogAck { next_offset: u64::try_from(size).unwrap_or(0) })).into_response()
}
