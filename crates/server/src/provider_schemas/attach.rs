//! Takes what an agent reports as the schemas of a plan.

use super::store::{self, Kept};
use crate::clock::Time;
use crate::ids::JobId;
use crate::platform::db::Tx;
use crate::platform::http::{ApiError, ApiResult};
use crate::platform::{objects, scheduler};
use std::time::Duration;
use terrane_wire::Artefact;

/// Under what a job's upload is noted.
pub const PURPOSE: &str = "provider-schemas";
/// Noted as used no more often than this: plans that end at the same time must not wait for each other's row. Far less
/// than [`super::sweep`] waits.
const NOTE_AFTER: Duration = Duration::from_secs(3600);

/// Whether the server has the schemas with a digest; they stay then, at least until the job that asks has ended.
pub async fn is_known(tx: &mut Tx, sha256: &str, now: Time) -> ApiResult<bool> {
    Ok(in_use(tx, sha256, now).await?.is_some())
}

async fn in_use(tx: &mut Tx, sha256: &str, now: Time) -> ApiResult<Option<Kept>> {
    let Some(kept) = store::find(&mut *tx, sha256).await? else { return Ok(None) };
    if kept.used_at.plus(NOTE_AFTER) > now || store::touch(tx, sha256, now).await? {
        return Ok(Some(kept));
    }
    Ok(None)
}

/// The id of the object with the schemas that a job reports: the one it uploaded, or the one with the same bytes that
/// was there before, and then what it uploaded is thrown away.
///
/// # Errors
/// 409 when they were not uploaded, or are not those that are reported.
pub async fn attach(
    tx: &mut Tx,
    job: &JobId,
    reported: Option<&Artefact>,
    now: Time,
) -> ApiResult<Option<String>> {
    let Some(artefact) = reported else { return objects::attach(tx, job, PURPOSE, None, now).await };
    if scheduler::store::upload(&mut *tx, job, PURPOSE).await?.is_none()
        && let Some(kept) = in_use(tx, &artefact.sha256, now).await?
    {
        return Ok(Some(kept.object_id));
    }
    let uploaded = objects::attach(tx, job, PURPOSE, reported, now).await?.ok_or_else(ApiError::not_found)?;
    let kept = store::insert(tx, &artefact.sha256, &uploaded, now).await?;
    if kept.object_id != uploaded {
        objects::store::discard(tx, &uploaded, now).await?;
    }
    Ok(Some(kept.object_id))
}
