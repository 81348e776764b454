//! Adding to bindings and replacing them.

use super::model::{self, BINDINGS_MAX, Pair};
use super::store::{self, Owner};
use crate::app::App;
use crate::platform::db::Tx;
use crate::platform::http::{ApiError, ApiResult};
use crate::{projects, workspaces};
use terrane_jsonapi::{Given, Incoming, Item};

/// Sets the keys that a body names and leaves the others.
pub(super) async fn add(app: &App, owner: Owner<'_>, items: &[Item]) -> ApiResult<()> {
    let pairs = model::read(items, "/data")?;
    let mut tx = hold(app, owner).await?;
    let others = store::list(&mut tx, owner).await?;
    let kept = others.iter().filter(|other| pairs.iter().all(|pair| pair.key != other.key)).count();
    if kept + pairs.len() > BINDINGS_MAX {
        return Err(model::too_many("/data").into());
    }
    for pair in &pairs {
        store::put(&mut tx, owner, pair, app.clock.now()).await?;
    }
    Ok(tx.commit().await?)
}

/// Leaves the keys that a body names, and no others.
pub(super) async fn replace(app: &App, owner: Owner<'_>, items: &[Item]) -> ApiResult<()> {
    let pairs = model::read(items, "/data")?;
    let mut tx = hold(app, owner).await?;
    set(app, &mut tx, owner, &pairs).await?;
    Ok(tx.commit().await?)
}

/// Replaces the bindings when the body of a workspace or a project names the relationship `tag-bindings`. The caller
/// has the owner's row.
pub async fn set_given(app: &App, tx: &mut Tx, owner: Owner<'_>, body: &Incoming) -> ApiResult<()> {
    let items = match body.related_items("tag-bindings")? {
        Given::Absent => return Ok(()),
        Given::Null => Vec::new(),
        Given::Value(items) => items,
    };
    let pairs = model::read(&items, "/data/relationships/tag-bindings/data")?;
    set(app, tx, owner, &pairs).await
}

async fn set(app: &App, tx: &mut Tx, owner: Owner<'_>, pairs: &[Pair]) -> ApiResult<()> {
    for other in store::list(&mut *tx, owner).await? {
        if pairs.iter().all(|pair| pair.key != other.key) {
            store::delete(tx, owner, &other.key).await?;
        }
    }
    for pair in pairs {
        store::put(tx, owner, pair, app.clock.now()).await?;
    }
    Ok(())
}

/// Takes the owner's row, so that two who add at once do not add too many.
async fn hold(app: &App, owner: Owner<'_>) -> ApiResult<Tx> {
    let mut tx = app.db.begin().await?;
    let is_there = match owner {
        Owner::Workspace(id) => workspaces::store::guard(&mut tx, id, app.clock.now()).await?,
        Owner::Project(id) => projects::store::hold(&mut tx, id).await?,
    };
    if is_there { Ok(tx) } else { Err(ApiError::not_found()) }
}
