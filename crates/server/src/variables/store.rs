//! The `variables` table.

use super::model::VariableCategory;
use crate::clock::Time;
use crate::ids::{VariableId, WorkspaceId};
use crate::platform::db::{DbError, Exec, Tx, sql};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT v.id, v.workspace_id, v.key, v.value_sealed, v.category, v.hcl, v.sensitive, v.description, ",
            "v.version_id, v.created_at FROM variables v ",
            $rest
        )
    };
}

const LIST: &str = select!("WHERE v.workspace_id = $1 ORDER BY v.created_at, v.id");
const FIND: &str = select!("WHERE v.workspace_id = $1 AND v.id = $2");
const COUNT: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM variables WHERE workspace_id = $1";
const INSERT: &str = "INSERT INTO variables (id, workspace_id, key, value_sealed, category, hcl, sensitive, description, \
     version_id, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
const UPDATE: &str = "UPDATE variables SET key = $1, value_sealed = $2, category = $3, hcl = $4, sensitive = $5, \
     description = $6, version_id = $7 WHERE id = $8";
const DELETE: &str = "DELETE FROM variables WHERE workspace_id = $1 AND id = $2";

/// Every statement here.
pub const STATEMENTS: &[&str] = &[LIST, FIND, COUNT, INSERT, UPDATE, DELETE];

/// A variable, its value sealed.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Variable {
    /// The variable.
    #[sqlx(try_from = "String")]
    pub id: VariableId,
    /// Whose.
    #[sqlx(try_from = "String")]
    pub workspace_id: WorkspaceId,
    /// Its name.
    pub key: String,
    /// Encrypted for this row.
    pub value_sealed: Vec<u8>,
    /// Where it goes.
    #[sqlx(try_from = "String")]
    pub category: VariableCategory,
    /// The value is an HCL expression.
    pub hcl: bool,
    /// The value is never answered again.
    pub sensitive: bool,
    /// For people.
    pub description: Option<String>,
    /// New with every write.
    pub version_id: String,
    /// When made.
    #[sqlx(try_from = "i64")]
    pub created_at: Time,
}

/// A workspace's variables, oldest first.
pub async fn list(exec: impl Exec, workspace: &WorkspaceId) -> Result<Vec<Variable>, DbError> {
    exec.all(sql(LIST).bind(workspace)).await
}

/// One variable of a workspace.
pub async fn find(exec: impl Exec, workspace: &WorkspaceId, id: &str) -> Result<Option<Variable>, DbError> {
    exec.optional(sql(FIND).bind(workspace).bind(id)).await
}

/// How many a workspace has.
pub async fn count(exec: impl Exec, workspace: &WorkspaceId) -> Result<usize, DbError> {
    let (count,): (i64,) = exec.one(sql(COUNT).bind(workspace)).await?;
    Ok(usize::try_from(count).unwrap_or(0))
}

/// Makes one.
pub async fn insert(tx: &mut Tx, row: &Variable) -> Result<(), DbError> {
    let query = sql(INSERT)
        .bind(&row.id)
        .bind(&row.workspace_id)
        .bind(&row.key)
        .bind(row.value_sealed.clone())
        .bind(row.category)
        .bind(row.hcl)
        .bind(row.sensitive)
        .bind(row.description.clone())
        .bind(&row.version_id)
        .bind(row.created_at);
    tx.run(query).await.map(drop)
}

/// Writes all of one.
pub async fn update(tx: &mut Tx, row: &Variable) -> Result<(), DbError> {
    let query = sql(UPDATE)
        .bind(&row.key)
        .bind(row.value_sealed.clone())
        .bind(row.category)
        .bind(row.hcl)
        .bind(row.sensitive)
        .bind(row.description.clone())
        .bind(&row.version_id)
        .bind(&row.id);
    tx.run(query).await.map(drop)
}

/// Deletes one; false when there is none.
pub async fn delete(tx: &mut Tx, workspace: &WorkspaceId, id: &str) -> Result<bool, DbError> {
    Ok(tx.run(sql(DELETE).bind(workspace).bind(id)).await? == 1)
}
