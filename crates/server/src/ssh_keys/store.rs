//! The `ssh_keys` table.

use crate::clock::Time;
use crate::ids::{OrganizationId, SshKeyId};
use crate::platform::db::{DbError, Exec, Tx, sql};
use terrane_jsonapi::Page;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT k.id, k.organization_id, k.name, k.value_sealed, k.created_at FROM ssh_keys k ",
            $rest
        )
    };
}

const FIND: &str = select!("WHERE k.id = $1");
const OF_WORKSPACE: &str = select!("JOIN workspaces w ON w.ssh_key_id = k.id WHERE w.id = $1");
const HOLD: &str = "UPDATE ssh_keys SET created_at = created_at WHERE id = $1";
const LIST: &str = select!("WHERE k.organization_id = $1 ORDER BY k.created_at, k.id LIMIT $2 OFFSET $3");
const COUNT: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM ssh_keys WHERE organization_id = $1";
const INSERT: &str = "INSERT INTO ssh_keys (id, organization_id, name, value_sealed, created_at) \
     VALUES ($1, $2, $3, $4, $5)";
const UPDATE: &str = "UPDATE ssh_keys SET name = $1, value_sealed = $2 WHERE id = $3";
const DELETE: &str = "DELETE FROM ssh_keys WHERE id = $1";
const FORGET: &str = "UPDATE workspaces SET ssh_key_id = NULL WHERE ssh_key_id = $1";

/// Every statement here.
pub const STATEMENTS: &[&str] = &[FIND, OF_WORKSPACE, HOLD, LIST, COUNT, INSERT, UPDATE, DELETE, FORGET];

/// A key, its private part sealed.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct SshKey {
    /// The key.
    #[sqlx(try_from = "String")]
    pub id: SshKeyId,
    /// Whose.
    #[sqlx(try_from = "String")]
    pub organization_id: OrganizationId,
    /// For people; need not be unique.
    pub name: String,
    /// Encrypted for this row.
    pub value_sealed: Vec<u8>,
    /// When made.
    #[sqlx(try_from = "i64")]
    pub created_at: Time,
}

/// One by id.
pub async fn find(exec: impl Exec, id: &SshKeyId) -> Result<Option<SshKey>, DbError> {
    exec.optional(sql(FIND).bind(id)).await
}

/// The one that a workspace uses.
pub async fn of_workspace(
    exec: impl Exec,
    workspace: &crate::ids::WorkspaceId,
) -> Result<Option<SshKey>, DbError> {
    exec.optional(sql(OF_WORKSPACE).bind(workspace)).await
}

/// One page, as made.
pub async fn list(
    exec: impl Exec,
    organization: &OrganizationId,
    page: Page,
) -> Result<Vec<SshKey>, DbError> {
    exec.all(sql(LIST).bind(organization).bind(page.limit()).bind(page.offset())).await
}

/// How many an organization has.
pub async fn count(exec: impl Exec, organization: &OrganizationId) -> Result<u64, DbError> {
    let (count,): (i64,) = exec.one(sql(COUNT).bind(organization)).await?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// Makes one.
pub async fn insert(tx: &mut Tx, row: &SshKey) -> Result<(), DbError> {
    let query = sql(INSERT)
        .bind(&row.id)
        .bind(&row.organization_id)
        .bind(&row.name)
        .bind(row.value_sealed.clone())
        .bind(row.created_at);
    tx.run(query).await.map(drop)
}

/// Takes a key's row for the rest of the transaction.
pub async fn hold(tx: &mut Tx, id: &SshKeyId) -> Result<(), DbError> {
    tx.run(sql(HOLD).bind(id)).await.map(drop)
}

/// Writes name and value of one.
pub async fn update(tx: &mut Tx, row: &SshKey) -> Result<(), DbError> {
    tx.run(sql(UPDATE).bind(&row.name).bind(row.value_sealed.clone()).bind(&row.id)).await.map(drop)
}

/// Deletes one; the workspaces that used it use none. False when there is none.
pub async fn delete(tx: &mut Tx, id: &SshKeyId) -> Result<bool, DbError> {
    tx.run(sql(FORGET).bind(id)).await?;
    Ok(tx.run(sql(DELETE).bind(id)).await? == 1)
}
