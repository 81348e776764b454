//! The `organizations` table and its owners.

use crate::clock::Time;
use crate::ids::{OrganizationId, UserId, WorkspaceId};
use crate::platform::db::{DbError, Exec, Tx, sql};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT o.id, o.name, o.email, o.collaborator_auth_policy, o.session_timeout_minutes, ",
            "o.session_remember_minutes, o.created_at, p.id AS default_project_id FROM organizations o ",
            "LEFT JOIN projects p ON p.organization_id = o.id AND p.is_default = TRUE ",
            $rest
        )
    };
}

const FIND: &str = select!("WHERE o.name = $1");
const LIST: &str = select!(
    "WHERE $1 = TRUE OR EXISTS (SELECT 1 FROM organization_owners w WHERE w.organization_id = o.id AND w.user_id = $2) \
     ORDER BY o.name LIMIT $3 OFFSET $4"
);
const COUNT: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM organizations o WHERE $1 = TRUE OR EXISTS \
     (SELECT 1 FROM organization_owners w WHERE w.organization_id = o.id AND w.user_id = $2)";
const INSERT: &str = "INSERT INTO organizations (id, name, email, collaborator_auth_policy, session_timeout_minutes, \
     session_remember_minutes, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)";
const INSERT_OWNER: &str = "INSERT INTO organization_owners (organization_id, user_id) VALUES ($1, $2)";
const UPDATE: &str = "UPDATE organizations SET name = $1, email = $2, collaborator_auth_policy = $3, \
     session_timeout_minutes = $4, session_remember_minutes = $5 WHERE id = $6";
const WORKSPACES: &str = "SELECT id FROM workspaces WHERE organization_id = $1";
const DELETE: &str = "DELETE FROM organizations WHERE id = $1";

/// Every statement here.
pub const STATEMENTS: &[&str] = &[FIND, LIST, COUNT, INSERT, INSERT_OWNER, UPDATE, WORKSPACES, DELETE];

/// An organization.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Organization {
    /// Its external id.
    #[sqlx(try_from = "String")]
    pub id: OrganizationId,
    /// Its name and JSON:API id.
    pub name: String,
    /// For notices.
    pub email: Option<String>,
    /// `password` or `two_factor_mandatory`.
    pub collaborator_auth_policy: String,
    /// Minutes.
    pub session_timeout_minutes: Option<i64>,
    /// Minutes.
    pub session_remember_minutes: Option<i64>,
    /// When made.
    #[sqlx(try_from = "i64")]
    pub created_at: Time,
    /// Where workspaces go that name no project.
    pub default_project_id: Option<String>,
}

/// One by name.
pub async fn find(exec: impl Exec, name: &str) -> Result<Option<Organization>, DbError> {
    exec.optional(sql(FIND).bind(name)).await
}

/// Those a user owns, or all of them, by name.
pub async fn list(
    exec: impl Exec,
    all: bool,
    user: &UserId,
    limit: i64,
    offset: i64,
) -> Result<Vec<Organization>, DbError> {
    exec.all(sql(LIST).bind(all).bind(user).bind(limit).bind(offset)).await
}

/// How many there are of these.
pub async fn count(exec: impl Exec, all: bool, user: &UserId) -> Result<u64, DbError> {
    let (count,): (i64,) = exec.one(sql(COUNT).bind(all).bind(user)).await?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// Makes one with its first owner.
pub async fn insert(tx: &mut Tx, row: &Organization, owner: &UserId) -> Result<(), DbError> {
    let query = sql(INSERT)
        .bind(&row.id)
        .bind(&row.name)
        .bind(row.email.clone())
        .bind(&row.collaborator_auth_policy)
        .bind(row.session_timeout_minutes)
        .bind(row.session_remember_minutes)
        .bind(row.created_at);
    tx.run(query).await?;
    tx.run(sql(INSERT_OWNER).bind(&row.id).bind(owner)).await.map(drop)
}

/// Writes the settings of one.
pub async fn update(tx: &mut Tx, row: &Organization) -> Result<(), DbError> {
    let query = sql(UPDATE)
        .bind(&row.name)
        .bind(row.email.clone())
        .bind(&row.collaborator_auth_policy)
        .bind(row.session_timeout_minutes)
        .bind(row.session_remember_minutes)
        .bind(&row.id);
    tx.run(query).await.map(drop)
}

/// The workspaces of one.
pub async fn workspaces(exec: impl Exec, id: &OrganizationId) -> Result<Vec<WorkspaceId>, DbError> {
    let rows: Vec<(String,)> = exec.all(sql(WORKSPACES).bind(id)).await?;
    Ok(rows.into_iter().map(|(id,)| WorkspaceId::from(id)).collect())
}

/// Deletes one whose workspaces are gone.
pub async fn delete(tx: &mut Tx, id: &OrganizationId) -> Result<(), DbError> {
    tx.run(sql(DELETE).bind(id)).await.map(drop)
}
