//! The `tag_bindings` table.

use super::model::Pair;
use crate::clock::Time;
use crate::ids::{ProjectId, TagBindingId, WorkspaceId};
use crate::platform::db::{DbError, Exec, Query, Tx, sql, sql_in};

const OF_WORKSPACE: &str =
    "SELECT id, key, value, created_at FROM tag_bindings WHERE workspace_id = $1 ORDER BY key";
const OF_PROJECT: &str =
    "SELECT id, key, value, created_at FROM tag_bindings WHERE project_id = $1 ORDER BY key";
const EFFECTIVE: &str = "SELECT w.id AS workspace_id, b.id, b.key, b.value, b.project_id FROM workspaces w \
     JOIN tag_bindings b ON b.workspace_id = w.id OR b.project_id = w.project_id WHERE w.id IN ($1) \
     AND (b.workspace_id IS NOT NULL OR NOT EXISTS \
       (SELECT 1 FROM tag_bindings o WHERE o.workspace_id = w.id AND o.key = b.key)) ORDER BY b.key";
const PUT_ON_WORKSPACE: &str = "INSERT INTO tag_bindings (workspace_id, id, key, value, created_at) \
     VALUES ($1, $2, $3, $4, $5) ON CONFLICT (workspace_id, key) DO UPDATE SET value = excluded.value";
const PUT_ON_PROJECT: &str = "INSERT INTO tag_bindings (project_id, id, key, value, created_at) \
     VALUES ($1, $2, $3, $4, $5) ON CONFLICT (project_id, key) DO UPDATE SET value = excluded.value";
const DELETE_ON_WORKSPACE: &str = "DELETE FROM tag_bindings WHERE workspace_id = $1 AND key = $2";
const DELETE_ON_PROJECT: &str = "DELETE FROM tag_bindings WHERE project_id = $1 AND key = $2";

/// Every statement here.
pub const STATEMENTS: &[&str] = &[
    OF_WORKSPACE,
    OF_PROJECT,
    EFFECTIVE,
    PUT_ON_WORKSPACE,
    PUT_ON_PROJECT,
    DELETE_ON_WORKSPACE,
    DELETE_ON_PROJECT,
];

/// What has bindings.
#[derive(Debug, Clone, Copy)]
pub enum Owner<'a> {
    /// A workspace.
    Workspace(&'a WorkspaceId),
    /// A project, and all workspaces in it.
    Project(&'a ProjectId),
}

impl Owner<'_> {
    fn query(self, workspace: &'static str, project: &'static str) -> Query {
        match self {
            Self::Workspace(id) => sql(workspace).bind(id),
            Self::Project(id) => sql(project).bind(id),
        }
    }
}

/// A binding.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct TagBinding {
    /// The binding.
    #[sqlx(try_from = "String")]
    pub id: TagBindingId,
    /// Its key.
    pub key: String,
    /// Its value, which may be empty.
    pub value: String,
    /// When made.
    #[sqlx(try_from = "i64")]
    pub created_at: Time,
}

/// A binding that holds for a workspace.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct EffectiveTagBinding {
    /// The binding.
    #[sqlx(try_from = "String")]
    pub id: TagBindingId,
    /// Its key.
    pub key: String,
    /// Its value, which may be empty.
    pub value: String,
    /// The project that it comes from, where it is not the workspace's own.
    pub project_id: Option<String>,
}

/// One of some workspaces.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Holding {
    /// The workspace that it holds for.
    #[sqlx(try_from = "String")]
    pub workspace_id: WorkspaceId,
    /// The binding.
    #[sqlx(flatten)]
    pub binding: EffectiveTagBinding,
}

/// All of one owner, by key; there are few (`model::BINDINGS_MAX`).
pub async fn list(exec: impl Exec, owner: Owner<'_>) -> Result<Vec<TagBinding>, DbError> {
    exec.all(owner.query(OF_WORKSPACE, OF_PROJECT)).await
}

/// The own bindings of some workspaces and those of their projects that they do not set themselves, by key.
pub async fn effective(exec: impl Exec, workspaces: &[&WorkspaceId]) -> Result<Vec<Holding>, DbError> {
    exec.all(sql_in(EFFECTIVE, workspaces.iter().copied().map(Into::into))).await
}

/// Sets the value of a key. The caller has the owner's row.
pub async fn put(tx: &mut Tx, owner: Owner<'_>, pair: &Pair, now: Time) -> Result<(), DbError> {
    let query = owner.query(PUT_ON_WORKSPACE, PUT_ON_PROJECT);
    let query = query.bind(&TagBindingId::random()).bind(&pair.key).bind(&pair.value).bind(now);
    tx.run(query).await.map(drop)
}

/// Takes a key away. The caller has the owner's row.
pub async fn delete(tx: &mut Tx, owner: Owner<'_>, key: &str) -> Result<(), DbError> {
    tx.run(owner.query(DELETE_ON_WORKSPACE, DELETE_ON_PROJECT).bind(key)).await.map(drop)
}
