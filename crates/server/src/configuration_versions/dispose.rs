//! What becomes of an archive after it was used: archived, or deleted softly and then for good (api-contract section 6).

use super::model::Disposal;
use super::store::{self, ConfigurationVersion};
use crate::app::App;
use crate::ids::ConfigurationVersionId;
use crate::platform::db::Tx;
use crate::platform::http::{ApiError, ApiResult};
use crate::platform::objects;
use crate::workspaces;
use terrane_jsonapi::Errors;

/// Clients look for these words.
const TITLE: &str = "transition not allowed";

/// Does it.
///
/// # Errors
/// 409 for an archive and 400 otherwise, when it stands elsewhere, is current, or a run needs it.
pub(super) async fn dispose(app: &App, id: &ConfigurationVersionId, disposal: Disposal) -> ApiResult<()> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let version = store::find(&mut tx, id).await?.ok_or_else(ApiError::not_found)?;
    workspaces::store::guard(&mut tx, &version.workspace_id, now).await?;
    let (from, _) = disposal.moves();
    // Held from here on, against runs of other workspaces that are made of it.
    if !store::hold(&mut tx, id, from).await? {
        let version = store::find(&mut tx, id).await?.ok_or_else(ApiError::not_found)?;
        return Err(refused(disposal, &format!("it is {}", version.status.as_str())));
    }
    if disposal.takes_it_from_runs() {
        refuse_what_is_needed(&mut tx, &version, disposal).await?;
    }
    store::dispose(&mut tx, id, disposal, now).await?;
    if disposal.deletes()
        && let Some(object) = &version.object_id
    {
        objects::store::discard(&mut tx, object, now).await?;
    }
    Ok(tx.commit().await?)
}

async fn refuse_what_is_needed(
    tx: &mut Tx,
    version: &ConfigurationVersion,
    disposal: Disposal,
) -> ApiResult<()> {
    if store::is_current(&mut *tx, &version.id).await? {
        return Err(refused(disposal, "it is current"));
    }
    match store::unfinished_run(&mut *tx, &version.id).await? {
        Some(run) => Err(refused(disposal, &format!("{run} needs it and has not finished"))),
        None => Ok(()),
    }
}

fn refused(disposal: Disposal, why: &str) -> ApiError {
    let detail = format!("configuration could not be {} because {why}", disposal.done());
    Errors::new(disposal.refusal(), TITLE, detail).into()
}
