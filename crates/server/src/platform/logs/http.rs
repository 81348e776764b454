//! `GET <log-read-url>?limit=L&offset=O` (api-contract 3.9), with long polling.

use super::frame::{Frame, Piece};
use super::model::LogId;
use super::store::{self, Log};
use crate::app::App;
use crate::clock::Time;
use crate::platform::http::{ApiError, ApiResult, Purpose};
use crate::platform::objects;
use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use secrecy::ExposeSecret;
use std::time::Duration;
use terrane_jsonapi::Query;
use tokio::time::{Instant, timeout_at};

/// Bytes of one answer without `limit`, and at the most.
const WINDOW_BYTES_MAX: u64 = 1024 * 1024;
/// Above this go-tfe reads a body in small steps unless it has seen the head first (performance.md B1).
const HEAD_FIRST_BYTES: usize = 3500;
/// How long the head travels alone.
const HEAD_FIRST_PAUSE: Duration = Duration::from_millis(2);
/// Another server's bytes are noticed without a wake-up after this time.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// The URL of a log. It is the same on every read for as long as a run may last, and alive for at least that long
/// (api-contract section 20 row 23): the expiry moves in steps.
pub fn read_url(app: &App, purpose: Purpose, id: &str, created_at: Time) -> String {
    let life = i64::try_from(app.config.limits.object_url_life.as_micros()).unwrap_or(i64::MAX / 4);
    let steps = (app.clock.now().0 - created_at.0).max(0) / life;
    let expires = Time(created_at.0 + (steps + 2) * life);
    app.url(app.signer.stable_path(purpose, id, expires).expose_secret())
}

/// Answers a window of a log. At the end of a log that still grows it waits for bytes; beyond the end of a
/// complete one it answers 200 without any, because every other status ends a client's stream.
pub async fn read(app: &App, log: &str, query: &Query) -> ApiResult {
    let number = |name: &str, default: u64| {
        query.get(name).and_then(|text| text.parse::<u64>().ok()).unwrap_or(default)
    };
    let offset = number("offset", 0);
    let limit = number("limit", WINDOW_BYTES_MAX).min(WINDOW_BYTES_MAX);
    let log = LogId::of(log.to_owned());
    let deadline = Instant::now() + app.config.limits.log_poll;
    let mut news = app.wake.log(log.as_str());
    loop {
        let Some(state) = store::find(&app.db, &log).await? else {
            return Ok(text(Bytes::new()));
        };
        let frame = frame_of(&state);
        if offset < frame.size() || frame.is_complete() || limit == 0 || never_ran(&state) {
            return window(app, &log, &state, &frame.window(offset, limit)).await;
        }
        let look_again = deadline.min(Instant::now() + LOOK_AGAIN);
        tokio::select! {
            _ = timeout_at(look_again, news.woken()) => {}
            () = app.stopping.cancelled() => return Ok(text(Bytes::new())),
        }
        if Instant::now() >= deadline {
            return Ok(text(Bytes::new()));
        }
    }
}

/// The end of a log, as stored.
#[derive(Debug)]
pub struct Tail {
    /// Its last bytes.
    pub bytes: Vec<u8>,
    /// The size of the whole log, bytes.
    pub size: u64,
}

/// The last bytes of a log, `limit` at the most; none of a log that there is not.
pub async fn tail(app: &App, log: &LogId, limit: u64) -> ApiResult<Tail> {
    let Some(state) = store::find(&app.db, log).await? else {
        return Ok(Tail { bytes: Vec::new(), size: 0 });
    };
    let size = u64::try_from(state.size_bytes).unwrap_or(0);
    let length = size.min(limit);
    let bytes =
        if length == 0 { Vec::new() } else { stored(app, log, &state, size - length, length).await? };
    Ok(Tail { bytes, size })
}

/// All of a log as it stands now, read while it is sent.
pub fn whole(app: &App, log: LogId) -> Body {
    let app = app.clone();
    Body::from_stream(futures_util::stream::try_unfold(0, move |offset| {
        let (app, log) = (app.clone(), log.clone());
        async move {
            let Some(state) = store::find(&app.db, &log).await? else { return Ok::<_, ApiError>(None) };
            let left = u64::try_from(state.size_bytes).unwrap_or(0).saturating_sub(offset);
            let bytes = match left.min(WINDOW_BYTES_MAX) {
                0 => Vec::new(),
                length => stored(&app, &log, &state, offset, length).await?,
            };
            let next = offset + bytes.len() as u64;
            Ok((!bytes.is_empty()).then(|| (Bytes::from(bytes), next)))
        }
    }))
}

fn never_ran(state: &Log) -> bool {
    state.status.is_final() && !state.was_queued()
}

fn frame_of(state: &Log) -> Frame {
    let engine = state.engine_version.as_deref().map(|version| (state.engine.kind(), version));
    Frame::new(state.status, state.was_queued(), engine, u64::try_from(state.size_bytes).unwrap_or(0))
}

async fn window(app: &App, log: &LogId, state: &Log, pieces: &[Piece]) -> ApiResult {
    let mut body = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Bytes(bytes) => body.extend_from_slice(bytes),
            Piece::Stored { from, length } => {
                let bytes = stored(app, log, state, *from, *length).await?;
                let is_short = (bytes.len() as u64) < *length;
                body.extend_from_slice(&bytes);
                if is_short {
                    break;
                }
            }
        }
    }
    Ok(text(body.into()))
}

async fn stored(app: &App, log: &LogId, state: &Log, from: u64, length: u64) -> ApiResult<Vec<u8>> {
    let chunks = store::from(&app.db, log, i64::try_from(from).unwrap_or(i64::MAX)).await?;
    if !chunks.is_empty() {
        return Ok(cut(&chunks, from, length));
    }
    // Compacted, maybe between the two looks: then the row names the object by now.
    let object = match &state.object_id {
        Some(object) => Some(object.clone()),
        None => store::find(&app.db, log).await?.and_then(|state| state.object_id),
    };
    let Some(object) = object else { return Ok(Vec::new()) };
    let object = objects::store::find(&app.db, &object).await?.ok_or_else(ApiError::not_found)?;
    Ok(app.blobs.read_range(&object, from..from + length).await?.to_vec())
}

fn cut(chunks: &[store::Chunk], from: u64, length: u64) -> Vec<u8> {
    let wanted = usize::try_from(length).unwrap_or(usize::MAX);
    let mut out = Vec::new();
    for chunk in chunks {
        let skip = from.saturating_sub(u64::try_from(chunk.start_offset).unwrap_or(0));
        let bytes = chunk.bytes.get(usize::try_from(skip).unwrap_or(usize::MAX)..).unwrap_or_default();
        out.extend_from_slice(&bytes[..bytes.len().min(wanted - out.len())]);
        if out.len() == wanted {
            break;
        }
    }
    out
}

fn text(bytes: Bytes) -> Response {
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    if bytes.len() <= HEAD_FIRST_BYTES {
        return (headers, bytes).into_response();
    }
    let body = futures_util::stream::once(async move {
        tokio::time::sleep(HEAD_FIRST_PAUSE).await;
        Ok::<_, std::convert::Infallible>(bytes)
    });
    (headers, Body::from_stream(body)).into_response()
}
