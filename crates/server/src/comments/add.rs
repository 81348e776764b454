//! Adds a comment to a run.

use super::store::{self, Comment};
use crate::clock::Time;
use crate::ids::{CommentId, RunId, UserId};
use crate::platform::db::Tx;
use crate::platform::http::{ApiError, ApiResult};
use crate::{run_events, runs};

/// A comment longer than this is refused.
const BODY_CHARS_MAX: usize = 10_000;

/// Adds what was said, with an action or by itself, if anything was. Takes the run's row: its events are numbered.
pub async fn add(
    tx: &mut Tx,
    run: &RunId,
    body: Option<String>,
    actor: &UserId,
    now: Time,
) -> ApiResult<Option<Comment>> {
    let Some(body) = body.filter(|body| !body.is_empty()) else { return Ok(None) };
    if body.chars().count() > BODY_CHARS_MAX {
        return Err(ApiError::invalid_attribute(
            "body",
            format!("is longer than {BODY_CHARS_MAX} characters"),
        ));
    }
    runs::store::hold(tx, run).await?;
    let id = CommentId::random();
    store::insert(tx, &id, run, &body, actor, now).await?;
    run_events::store::insert_comment(tx, run, &id, actor, now).await?;
    Ok(store::find(tx, &id).await?)
}
