//! The states an apply's engine writes, as its agent forwards them: each kept before it is acknowledged.

use crate::app::App;
use crate::ids::{JobId, RecoverableItemId};
use crate::platform::db::Tx;
use crate::platform::http::{ApiError, ApiResult};
use crate::platform::objects::{self, hex};
use crate::platform::scheduler::{self, store::Job};
use crate::state_versions::{self, NewFromRun};
use crate::{recoverable_items, runs, workspaces};
use axum::body::Body;
use md5::{Digest, Md5};
use serde::Deserialize;
use terrane_wire::StoredObject;

/// What stands in the query of a state.
#[derive(Debug, Deserialize)]
pub struct Written {
    epoch: i64,
    serial: i64,
    lineage: String,
    md5: String,
}

/// Keeps a state. A repeat is answered as the first time.
pub async fn keep(
    app: &App,
    id: &JobId,
    sequence: i64,
    written: &Written,
    body: Body,
) -> ApiResult<StoredObject> {
    let mut md5 = Md5::new();
    let limit = app.config.limits.state_bytes_max;
    let object = objects::receive_hashed(app, body, limit, |bytes| md5.update(bytes)).await?;
    state_versions::check_md5(&written.md5.to_lowercase(), &hex(&md5.finalize()))?;
    let contents = state_versions::contents_of(app, &object).await?;
    let mut tx = app.db.begin().await?;
    let answer = StoredObject { sha256: hex(&object.sha256), size_bytes: object.size_bytes };
    let (run, job) = match held(app, &mut tx, id, written.epoch).await? {
        Held::Run(run, job) => (*run, *job),
        Held::Orphan(item) => {
            let state = recoverable_items::Written {
                sequence,
                serial: written.serial,
                lineage: Some(&written.lineage),
                md5: &written.md5.to_lowercase(),
                object: &object,
                contents: &contents,
            };
            recoverable_items::keep_state(app, &mut tx, &item, state).await?;
            tx.commit().await?;
            return Ok(answer);
        }
    };
    let new = NewFromRun {
        workspace_id: &run.workspace_id,
        run_id: &run.id,
        sequence,
        object: &object,
        json_object: None,
        serial: written.serial,
        lineage: Some(&written.lineage),
        md5: &written.md5.to_lowercase(),
        contents: &contents,
    };
    let version = state_versions::insert_from_run(app, &mut tx, new).await?;
    if job.lease.given_up_at.is_some() {
        // Nobody waits for it any more: it must not become current by itself.
        state_versions::mark_recovered(&mut tx, &version.id, &[]).await?;
    }
    tx.commit().await?;
    Ok(answer)
}

/// Keeps the JSON form of a state that was kept before.
pub async fn keep_json(
    app: &App,
    id: &JobId,
    sequence: i64,
    epoch: i64,
    body: Body,
) -> ApiResult<StoredObject> {
    let object = objects::receive(app, body, app.config.limits.state_bytes_max).await?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let answer = StoredObject { sha256: hex(&object.sha256), size_bytes: object.size_bytes };
    let Held::Run(run, _) = held(app, &mut tx, id, epoch).await? else {
        // Of a deleted workspace the state alone is kept; no row names this.
        let _ = app.blobs.delete(&object.id).await;
        return Ok(answer);
    };
    let version = state_versions::store::of_sequence(&mut tx, &run.id, sequence).await?;
    let version = version.ok_or_else(|| ApiError::conflict("the state itself has not come yet"))?;
    objects::store::insert(&mut tx, &object, now).await?;
    if !state_versions::store::set_json(&mut tx, &version.id, object.id.as_str()).await? {
        objects::store::discard(&mut tx, object.id.as_str(), now).await?;
    }
    tx.commit().await?;
    Ok(answer)
}

/// Whose states come.
enum Held {
    /// A run's.
    Run(Box<runs::store::Run>, Box<Job>),
    /// A deleted workspace's.
    Orphan(RecoverableItemId),
}

/// The rows, taken in their order, of an apply whose agent has this lease; also of one that was given up.
async fn held(app: &App, tx: &mut Tx, id: &JobId, epoch: i64) -> ApiResult<Held> {
    let job = scheduler::store::find(&mut *tx, id).await?.ok_or_else(ApiError::not_found)?;
    let run = runs::store::find(&mut *tx, &job.run_id).await?;
    if let Some(run) = &run {
        workspaces::store::guard(tx, &run.workspace_id, app.clock.now()).await?;
    }
    // The workspace may have been deleted until its row was there to be taken.
    let job = scheduler::store::hold(tx, id).await?.ok_or_else(ApiError::not_found)?;
    if job.lease.agent.is_none() || job.lease.epoch != epoch || !job.lease.is_started {
        return Err(ApiError::conflict(
            "this lease has been given to another agent, or its apply was not started",
        ));
    }
    match (job.orphan_of.clone(), run) {
        (Some(item), _) => Ok(Held::Orphan(item)),
        (None, Some(run)) => Ok(Held::Run(Box::new(run), Box::new(job))),
        (None, None) => Err(ApiError::not_found()),
    }
}
