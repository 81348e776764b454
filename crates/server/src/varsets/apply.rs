//! To which workspaces and projects a set is applied, and what must hold of global sets.

use super::store::{self, Target, Varset};
use crate::app::App;
use crate::clock::Time;
use crate::ids::VarsetId;
use crate::platform::db::Tx;
use crate::platform::http::{ApiError, ApiResult};
use terrane_jsonapi::{Errors, Incoming};

impl Target {
    /// The name of the relationship, and the type of what it points at.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Workspaces => "workspaces",
            Self::Projects => "projects",
        }
    }
}

/// Applies a set to everything in a list, besides what it is applied to already.
pub(super) async fn add(app: &App, id: &VarsetId, target: Target, items: &[Incoming]) -> ApiResult<()> {
    let (mut tx, set) = held(app, id).await?;
    if set.global {
        let detail =
            format!("a global set applies to every workspace; make it not global to name {}", target.name());
        return Err(ApiError::unprocessable("variable set is global", detail));
    }
    put(&mut tx, id, target, items, "/data", app.clock.now()).await?;
    Ok(tx.commit().await?)
}

/// Takes a set away from everything in a list; what it is not applied to is no error.
pub(super) async fn remove(app: &App, id: &VarsetId, target: Target, items: &[Incoming]) -> ApiResult<()> {
    let (mut tx, _) = held(app, id).await?;
    for (index, item) in items.iter().enumerate() {
        store::remove_from(&mut tx, id, target, id_of(item, target, &format!("/data/{index}"))?).await?;
    }
    Ok(tx.commit().await?)
}

/// The set in a transaction that has its row.
pub(super) async fn held(app: &App, id: &VarsetId) -> ApiResult<(Tx, Varset)> {
    let mut tx = app.db.begin().await?;
    store::hold(&mut tx, id, app.clock.now()).await?;
    let set = store::find(&mut tx, id).await?.ok_or_else(ApiError::not_found)?;
    Ok((tx, set))
}

/// Applies a set whose row is held.
///
/// # Errors
/// 422 with the place of an item that the set cannot be applied to.
pub(super) async fn put(
    tx: &mut Tx,
    set: &VarsetId,
    target: Target,
    items: &[Incoming],
    place: &str,
    now: Time,
) -> ApiResult<()> {
    for (index, item) in items.iter().enumerate() {
        let place = format!("{place}/{index}");
        let id = id_of(item, target, &place)?;
        if !store::is_target(&mut *tx, set, target, id).await? {
            let detail = format!(
                "there is no {} {id:?} that this set can be applied to: it must stand in the set's organization, and in \
                 the set's project where one owns it",
                target.name().trim_end_matches('s')
            );
            return Err(Errors::invalid(format!("{place}/id"), detail).into());
        }
        store::apply_to(tx, set, target, id, now.after(index)).await?;
    }
    Ok(())
}

fn id_of<'a>(item: &'a Incoming, target: Target, place: &str) -> ApiResult<&'a str> {
    if let Err(error) = item.expect_kind(target.name()) {
        return Err(Errors::invalid(format!("{place}/type"), detail_of(&error)).into());
    }
    let missing = || {
        Errors::invalid(format!("{place}/id"), format!("id is missing: name one of the {}", target.name()))
    };
    Ok(item.id().ok_or_else(missing)?)
}

fn detail_of(errors: &Errors) -> String {
    errors.objects().first().and_then(|error| error.detail.clone()).unwrap_or_default()
}

/// Two global sets of an organization may not have a variable of the same category and key: neither would be the
/// stronger one (api-contract section 9). The set's row is held.
///
/// # Errors
/// 422 at `place`, naming key and other set.
pub async fn refuse_conflicts(tx: &mut Tx, set: &VarsetId, place: &str) -> ApiResult<()> {
    let Some((key, other)) = store::conflict(tx, set).await? else { return Ok(()) };
    let detail = format!(
        "the global variable set {other:?} has a variable {key:?} already, and two global sets may not share a key; \
         rename one of them or make a set not global"
    );
    Err(Errors::invalid(place, detail).into())
}
