//! Takes what an agent has uploaded for a job as what it reports.

use super::store;
use crate::clock::Time;
use crate::ids::JobId;
use crate::platform::db::Tx;
use crate::platform::http::{ApiError, ApiResult};
use crate::platform::scheduler;
use terrane_wire::Artefact;

/// The id of the object an agent reports for a purpose. An artefact counts only when the stored object has the digest
/// and the size the agent says; one that was uploaded and is not reported is thrown away.
pub async fn attach(
    tx: &mut Tx,
    job: &JobId,
    purpose: &str,
    reported: Option<&Artefact>,
    now: Time,
) -> ApiResult<Option<String>> {
    let Some(id) = scheduler::store::upload(&mut *tx, job, purpose).await? else {
        return match reported {
            None => Ok(None),
            Some(_) => Err(ApiError::conflict(format!("the {purpose} was reported but not uploaded"))),
        };
    };
    let Some(reported) = reported else {
        store::discard(tx, &id, now).await?;
        return Ok(None);
    };
    let object = store::find(&mut *tx, &id).await?.ok_or_else(ApiError::not_found)?;
    if hex(&object.sha256) == reported.sha256 && object.size_bytes == reported.size_bytes {
        Ok(Some(id))
    } else {
        Err(ApiError::conflict(format!("the uploaded {purpose} is not the one reported")))
    }
}

/// Lower-case hex, as digests travel.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
