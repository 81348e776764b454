//! The `varsets` table, and to what each set is applied.

mod links;
mod list;

pub(crate) use links::STATEMENTS as LINK_STATEMENTS;
pub use links::{Link, Target, apply_to, is_target, links, remove_all, remove_from};
pub use list::{Filter, Of, ProjectScope, count, list, shapes};

use crate::clock::Time;
use crate::ids::{OrganizationId, VarsetId, WorkspaceId};
use crate::platform::db::{DbError, Exec, Tx, sql};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT s.id, s.organization_id, o.name AS organization_name, s.project_id, s.name, s.description, s.global, ",
            "s.priority, s.created_at, s.updated_at, ",
            "(SELECT CAST(COUNT(*) AS BIGINT) FROM varset_variables v WHERE v.varset_id = s.id) AS var_count, ",
            "(SELECT CAST(COUNT(*) AS BIGINT) FROM varset_workspaces x WHERE x.varset_id = s.id) AS workspace_count, ",
            "(SELECT CAST(COUNT(*) AS BIGINT) FROM varset_projects p WHERE p.varset_id = s.id) AS project_count ",
            "FROM varsets s JOIN organizations o ON o.id = s.organization_id ",
            $rest
        )
    };
}
use select;

/// Whether the set `s` applies to the workspace `w` of its organization. A project's set applies to nothing outside of
/// the project, also when a workspace has moved since.
macro_rules! applies_to_workspace {
    () => {
        "(s.project_id IS NULL OR s.project_id = w.project_id) AND (s.global = TRUE \
         OR EXISTS (SELECT 1 FROM varset_projects a WHERE a.varset_id = s.id AND a.project_id = w.project_id) \
         OR EXISTS (SELECT 1 FROM varset_workspaces b WHERE b.varset_id = s.id AND b.workspace_id = w.id))"
    };
}
pub(crate) use applies_to_workspace;

const FIND: &str = select!("WHERE s.id = $1");
const INSERT: &str = "INSERT INTO varsets (id, organization_id, project_id, name, description, global, priority, created_at, \
     updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)";
const UPDATE: &str = "UPDATE varsets SET name = $1, description = $2, global = $3, priority = $4, updated_at = $5 \
     WHERE id = $6";
const DELETE: &str = "DELETE FROM varsets WHERE id = $1";
const HOLD_ORGANIZATION: &str = "UPDATE organizations SET created_at = created_at WHERE id IN \
     (SELECT organization_id FROM varsets WHERE id = $1)";
const HOLD: &str = "UPDATE varsets SET updated_at = $1 WHERE id = $2";
const APPLIES: &str = concat!(
    "SELECT s.id FROM varsets s JOIN workspaces w ON w.organization_id = s.organization_id \
     WHERE s.id = $1 AND w.id = $2 AND ",
    applies_to_workspace!()
);
const CONFLICT: &str = "SELECT v.key, t.name FROM varset_variables v JOIN varsets s ON s.id = v.varset_id \
     JOIN varsets t ON t.organization_id = s.organization_id AND t.id <> s.id AND t.global = TRUE \
     JOIN varset_variables u ON u.varset_id = t.id AND u.category = v.category AND u.key = v.key \
     WHERE s.id = $1 AND s.global = TRUE ORDER BY v.key, t.name LIMIT 1";

/// Every statement here.
pub const STATEMENTS: &[&str] = &[FIND, INSERT, UPDATE, DELETE, HOLD_ORGANIZATION, HOLD, APPLIES, CONFLICT];

/// A variable set.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Varset {
    /// The set.
    #[sqlx(try_from = "String")]
    pub id: VarsetId,
    /// Its organization.
    #[sqlx(try_from = "String")]
    pub organization_id: OrganizationId,
    /// The organization's name.
    pub organization_name: String,
    /// The project that owns it; `None` when the organization does.
    pub project_id: Option<String>,
    /// Unique among the sets of its owner.
    pub name: String,
    /// For people.
    pub description: Option<String>,
    /// Applies to every workspace of the organization.
    pub global: bool,
    /// Beats workspaces and runs.
    pub priority: bool,
    /// When made.
    #[sqlx(try_from = "i64")]
    pub created_at: Time,
    /// When last changed, its variables and what it applies to included.
    #[sqlx(try_from = "i64")]
    pub updated_at: Time,
    /// Its variables.
    pub var_count: i64,
    /// The workspaces it is applied to, without those of its projects.
    pub workspace_count: i64,
    /// The projects it is applied to.
    pub project_count: i64,
}

/// A set by id.
pub async fn find(exec: impl Exec, id: &VarsetId) -> Result<Option<Varset>, DbError> {
    exec.optional(sql(FIND).bind(id)).await
}

/// Makes a set; its counts are not read.
pub async fn insert(tx: &mut Tx, row: &Varset) -> Result<(), DbError> {
    let query = sql(INSERT)
        .bind(&row.id)
        .bind(&row.organization_id)
        .bind(row.project_id.clone())
        .bind(&row.name)
        .bind(row.description.clone())
        .bind(row.global)
        .bind(row.priority)
        .bind(row.created_at);
    tx.run(query).await.map(drop)
}

/// Writes what may change of a set.
pub async fn update(tx: &mut Tx, row: &Varset) -> Result<(), DbError> {
    let query = sql(UPDATE)
        .bind(&row.name)
        .bind(row.description.clone())
        .bind(row.global)
        .bind(row.priority)
        .bind(row.updated_at)
        .bind(&row.id);
    tx.run(query).await.map(drop)
}

/// Deletes a set with its variables.
pub async fn delete(tx: &mut Tx, id: &VarsetId) -> Result<(), DbError> {
    tx.run(sql(DELETE).bind(id)).await.map(drop)
}

/// Takes the set's row for the rest of the transaction, after its organization's: two global sets that change at the
/// same time must see each other's keys. False when there is no such set.
pub async fn hold(tx: &mut Tx, id: &VarsetId, now: Time) -> Result<bool, DbError> {
    tx.run(sql(HOLD_ORGANIZATION).bind(id)).await?;
    Ok(tx.run(sql(HOLD).bind(now).bind(id)).await? == 1)
}

/// Whether a set applies to a workspace.
pub async fn applies(exec: impl Exec, id: &VarsetId, workspace: &WorkspaceId) -> Result<bool, DbError> {
    let found: Option<(String,)> = exec.optional(sql(APPLIES).bind(id).bind(workspace)).await?;
    Ok(found.is_some())
}

/// For a global set: a key that another global set has in the same category, and that set's name.
pub async fn conflict(exec: impl Exec, id: &VarsetId) -> Result<Option<(String, String)>, DbError> {
    exec.optional(sql(CONFLICT).bind(id)).await
}
