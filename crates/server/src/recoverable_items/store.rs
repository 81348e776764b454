//! The tables `recoverable_items` and `recoverable_item_owners`.

mod list;

pub use list::{Filter, Order, Scope, count, list, shapes};

use crate::clock::Time;
use crate::ids::{OrganizationId, ProjectId, RecoverableItemId, WorkspaceId};
use crate::platform::db::{DbError, Exec, Tx, sql};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT i.id, i.organization_id, i.organization_name, i.project_id, i.workspace_id, i.workspace_name, ",
            "i.settings, i.object_id, i.state_sequence, i.serial, i.lineage, i.md5, i.resource_count, i.deleted_by, ",
            "i.deleted_at, i.expires_at, EXISTS (SELECT 1 FROM orphaned_jobs j WHERE j.item_id = i.id) AS is_written ",
            "FROM recoverable_items i ",
            $rest
        )
    };
}
pub(super) use select;

const FIND: &str = select!("WHERE i.id = $1");
const INSERT: &str = "INSERT INTO recoverable_items (id, organization_id, organization_name, project_id, workspace_id, \
     workspace_name, settings, object_id, state_sequence, serial, lineage, md5, resource_count, deleted_by, \
     deleted_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
const HOLD: &str = "UPDATE recoverable_items SET deleted_at = deleted_at WHERE id = $1";
const SET_STATE: &str = "UPDATE recoverable_items SET object_id = $1, state_sequence = $2, serial = $3, lineage = $4, \
     md5 = $5, resource_count = $6 WHERE id = $7";
const DELETE: &str = "DELETE FROM recoverable_items WHERE id = $1";
const EXPIRED: &str = select!("WHERE i.expires_at <= $1 ORDER BY i.expires_at LIMIT 100");
const KEEP_OWNERS: &str = "INSERT INTO recoverable_item_owners (item_id, user_id) SELECT i.id, o.user_id \
     FROM recoverable_items i JOIN organization_owners o ON o.organization_id = i.organization_id \
     WHERE i.organization_id = $1";

/// Every statement here.
pub const STATEMENTS: &[&str] = &[FIND, INSERT, HOLD, SET_STATE, DELETE, EXPIRED, KEEP_OWNERS];

/// What is left of a deleted workspace.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct RecoverableItem {
    /// The item.
    #[sqlx(try_from = "String")]
    pub id: RecoverableItemId,
    /// The workspace's organization, which may be gone, too.
    #[sqlx(try_from = "String")]
    pub organization_id: OrganizationId,
    /// Its name.
    pub organization_name: String,
    /// The workspace's project, which may be gone.
    #[sqlx(try_from = "String")]
    pub project_id: ProjectId,
    /// The workspace.
    #[sqlx(try_from = "String")]
    pub workspace_id: WorkspaceId,
    /// Its name.
    pub workspace_name: String,
    /// Its settings, as a request document would give them.
    pub settings: String,
    /// The stored state; `None` while an apply goes on that has written none yet.
    pub object_id: Option<String>,
    /// The apply's count of that state, -1 for one that was there before.
    pub state_sequence: i64,
    /// The state's serial.
    pub serial: Option<i64>,
    /// The state's lineage.
    pub lineage: Option<String>,
    /// Hex digits of the state's MD5.
    pub md5: Option<String>,
    /// Managed instances in it.
    pub resource_count: i64,
    /// Who deleted the workspace.
    pub deleted_by: Option<String>,
    /// When.
    #[sqlx(try_from = "i64")]
    pub deleted_at: Time,
    /// When this is gone, too.
    #[sqlx(try_from = "i64")]
    pub expires_at: Time,
    /// The workspace's apply is still under way and may write.
    pub is_written: bool,
}

/// A state that takes the place of an item's.
#[derive(Debug, Clone, Copy)]
pub struct NewState<'a> {
    /// The stored object; its row is there.
    pub object: &'a str,
    /// The apply's count.
    pub sequence: i64,
    /// As the engine said.
    pub serial: i64,
    /// The same.
    pub lineage: Option<&'a str>,
    /// Hex digits.
    pub md5: &'a str,
    /// Managed instances.
    pub resource_count: i64,
}

/// One by id.
pub async fn find(exec: impl Exec, id: &RecoverableItemId) -> Result<Option<RecoverableItem>, DbError> {
    exec.optional(sql(FIND).bind(id)).await
}

/// One by id, its row taken for the rest of the transaction.
pub async fn hold(tx: &mut Tx, id: &RecoverableItemId) -> Result<Option<RecoverableItem>, DbError> {
    tx.run(sql(HOLD).bind(id)).await?;
    find(tx, id).await
}

/// Makes one.
pub async fn insert(tx: &mut Tx, row: &RecoverableItem) -> Result<(), DbError> {
    let query = sql(INSERT)
        .bind(&row.id)
        .bind(&row.organization_id)
        .bind(&row.organization_name)
        .bind(&row.project_id)
        .bind(&row.workspace_id)
        .bind(&row.workspace_name)
        .bind(&row.settings)
        .bind(row.object_id.clone())
        .bind(row.state_sequence)
        .bind(row.serial)
        .bind(row.lineage.clone())
        .bind(row.md5.clone())
        .bind(row.resource_count)
        .bind(row.deleted_by.clone())
        .bind(row.deleted_at)
        .bind(row.expires_at);
    tx.run(query).await.map(drop)
}

/// Names another state. The caller has the item's row.
pub async fn set_state(tx: &mut Tx, id: &RecoverableItemId, state: NewState<'_>) -> Result<(), DbError> {
    let query = sql(SET_STATE)
        .bind(state.object)
        .bind(state.sequence)
        .bind(state.serial)
        .bind(state.lineage)
        .bind(state.md5)
        .bind(state.resource_count)
        .bind(id);
    tx.run(query).await.map(drop)
}

/// Deletes one; its object is the caller's affair.
pub async fn delete(tx: &mut Tx, id: &RecoverableItemId) -> Result<(), DbError> {
    tx.run(sql(DELETE).bind(id)).await.map(drop)
}

/// Those whose time is over, a hundred at the most.
pub async fn expired(exec: impl Exec, now: Time) -> Result<Vec<RecoverableItem>, DbError> {
    exec.all(sql(EXPIRED).bind(now)).await
}

/// Notes the owners of an organization that is about to be deleted as those of its items.
pub async fn keep_owners(tx: &mut Tx, organization: &OrganizationId) -> Result<(), DbError> {
    tx.run(sql(KEEP_OWNERS).bind(organization)).await.map(drop)
}
