//! `POST /workspaces/:id/state-versions`: at once with inline bytes, else `pending` until they come.

use super::bytes::refusal;
use super::contents::{self, Contents};
use super::model::{Asked, Verdict, judge};
use super::store::{self, StateVersion};
use super::{NewState, make_current_with};
use crate::app::App;
use crate::clock::Time;
use crate::ids::{RunId, StateVersionId, UserId, WorkspaceId};
use crate::platform::db::Tx;
use crate::platform::http::{ApiError, ApiResult};
use crate::platform::objects::hex;
use crate::workspaces::model::LockKind;
use crate::{runs, workspaces};
use bytes::Bytes;
use md5::{Digest, Md5};
use terrane_blob::{Object, ObjectId};
use terrane_jsonapi::Errors;

/// What a client asks for.
#[derive(Debug)]
pub(super) struct NewStateVersion {
    pub serial: i64,
    /// In lower case.
    pub md5: String,
    pub lineage: Option<String>,
    pub force: bool,
    pub run: Option<RunId>,
    /// The state itself, where it comes with the request.
    pub state: Option<Vec<u8>>,
    /// Its JSON form, the same.
    pub json_state: Option<Vec<u8>>,
}

/// A state that came with the request, stored.
struct Inline {
    object: Object,
    contents: Contents,
    json: Option<Object>,
}

impl Inline {
    fn objects(&self) -> impl Iterator<Item = &Object> {
        [Some(&self.object), self.json.as_ref()].into_iter().flatten()
    }
}

/// Makes a state version for somebody who holds the workspace's lock.
pub(super) async fn create(
    app: &App,
    workspace: &WorkspaceId,
    creator: &UserId,
    mut new: NewStateVersion,
) -> ApiResult<StateVersion> {
    let inline = store_inline(app, &mut new).await?;
    let made = write(app, workspace, creator, &new, inline.as_ref()).await;
    if made.is_err() {
        for object in inline.iter().flat_map(Inline::objects) {
            // No row names it, so it cannot be read; deleting it only saves space.
            let _ = app.blobs.delete(&object.id).await;
        }
    }
    made
}

async fn write(
    app: &App,
    workspace: &WorkspaceId,
    creator: &UserId,
    new: &NewStateVersion,
    inline: Option<&Inline>,
) -> ApiResult<StateVersion> {
    let mut tx = app.db.begin().await?;
    hold_as_lock_holder(&mut tx, workspace, creator, app.clock.now()).await?;
    if let Some(run) = &new.run {
        let run = runs::store::find(&mut tx, run).await?.filter(|run| &run.workspace_id == workspace);
        run.ok_or_else(|| ApiError::invalid_relationship("run", "there is no such run in this workspace"))?;
    }
    let current = store::current(&mut tx, workspace).await?;
    let pending = store::pending(&mut tx, workspace).await?;
    if let Some(repeat) = decide(new, current.as_ref(), pending)? {
        return Ok(repeat);
    }
    // A writer that says no lineage goes on with the one there is: a chain cannot lose its name on the way.
    let lineage = new.lineage.as_deref().or(current.as_ref().and_then(|current| current.lineage.as_deref()));
    let said = NewState {
        workspace_id: workspace,
        serial: new.serial,
        lineage,
        md5: &new.md5,
        run: new.run.as_ref().map(RunId::as_str),
        creator,
        rollback_of: None,
    };
    let version = match inline {
        Some(inline) => {
            let bytes = (&inline.object, &inline.contents);
            make_current_with(app, &mut tx, &said, bytes, inline.json.as_ref()).await?
        }
        None => {
            let id = StateVersionId::random();
            said.insert(app, &mut tx, &id).await?;
            store::find(&mut tx, &id).await?.ok_or_else(ApiError::not_found)?
        }
    };
    tx.commit().await?;
    Ok(version)
}

/// Takes the workspace's row for somebody who holds its lock; 409 for everybody else.
pub(super) async fn hold_as_lock_holder(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    caller: &UserId,
    now: Time,
) -> ApiResult<()> {
    if !workspaces::store::guard(tx, workspace, now).await? {
        return Err(ApiError::not_found());
    }
    let found = workspaces::store::find(&mut *tx, workspace).await?.ok_or_else(ApiError::not_found)?;
    match found.lock() {
        Some((LockKind::User, holder)) if holder == caller.as_str() => Ok(()),
        Some((kind, _)) => Err(ApiError::conflict(format!(
            "The workspace is locked by another {}. Only who holds the lock may write its state.",
            kind.title()
        ))),
        None => Err(ApiError::conflict("The workspace is not locked. Lock it before writing its state.")),
    }
}

/// The one that waits already, when the request repeats it; `None` for a new one.
fn decide(
    new: &NewStateVersion,
    current: Option<&StateVersion>,
    pending: Option<StateVersion>,
) -> ApiResult<Option<StateVersion>> {
    let asked = Asked {
        serial: new.serial,
        lineage: new.lineage.as_deref(),
        md5: &new.md5,
        force: new.force,
        is_inline: new.state.is_some(),
    };
    let verdict = judge(current.map(StateVersion::known), pending.as_ref().map(StateVersion::known), &asked);
    let serial = current.map_or(0, |current| current.serial);
    let detail = match verdict {
        Verdict::New => return Ok(None),
        Verdict::Repeat => return Ok(pending),
        Verdict::OtherLineage => {
            "The lineage is not the one of the workspace's current state: this is the state of something else. \
             Push it with force to replace the state all the same."
                .to_owned()
        }
        Verdict::Behind => format!(
            "The serial {} is lower than the current one, {serial}: somebody has written a newer state. \
             Read the current state first.",
            new.serial
        ),
        Verdict::Fork => format!(
            "The serial {serial} is the current one, and the bytes are others: somebody has written a state with \
             this serial. Read the current state first."
        ),
    };
    Err(ApiError::conflict(detail))
}

/// Checks and stores what came with the request. The bytes move out of `new`, a mark of them stays.
async fn store_inline(app: &App, new: &mut NewStateVersion) -> ApiResult<Option<Inline>> {
    let Some(state) = new.state.as_mut().map(std::mem::take) else { return Ok(None) };
    for bytes in [Some(&state), new.json_state.as_ref()].into_iter().flatten() {
        check_size(app, bytes.len())?;
    }
    let state = Bytes::from(state);
    check_md5(&new.md5, &hex(&Md5::digest(&state)))?;
    let parsed = state.clone();
    let contents = tokio::task::spawn_blocking(move || contents::read(parsed.as_ref()));
    let contents = contents
        .await
        .map_err(|error| ApiError::Broken(error.to_string()))?
        .map_err(|error| refusal(&error))?;
    let json = new.json_state.take();
    if let Some(json) = &json {
        contents::check_json(json.as_slice()).map_err(|error| refusal(&error))?;
    }
    let object = app.blobs.put(ObjectId::random(), state).await?;
    let json = match json {
        Some(json) => Some(app.blobs.put(ObjectId::random(), json.into()).await?),
        None => None,
    };
    Ok(Some(Inline { object, contents, json }))
}

fn check_size(app: &App, bytes: usize) -> ApiResult<()> {
    let limit = app.config.limits.state_bytes_max;
    if bytes as u64 <= limit {
        return Ok(());
    }
    Err(Errors::new(413, "state too large", format!("the state is larger than {limit} bytes")).into())
}

/// 412 when bytes are not the ones that were announced.
pub fn check_md5(announced: &str, found: &str) -> ApiResult<()> {
    if announced == found {
        return Ok(());
    }
    let detail = format!(
        "the md5 of the state is {found}, the state version was made for {announced}: the bytes were changed or cut"
    );
    Err(Errors::new(412, "precondition failed", detail).into())
}
