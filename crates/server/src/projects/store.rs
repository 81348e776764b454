//! The `projects` table.

mod list;

pub use list::{Filter, by_ids, count, list, shapes};

use crate::clock::Time;
use crate::execution_mode::Level;
use crate::ids::{OrganizationId, ProjectId};
use crate::platform::db::{DbError, Exec, Tx, sql};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT p.id, p.organization_id, o.name AS organization_name, p.name, p.description, p.is_default, ",
            "p.default_execution_mode, p.default_agent_pool_id, p.auto_destroy_activity_duration, ",
            "o.default_execution_mode AS organization_execution_mode, ",
            "o.default_agent_pool_id AS organization_agent_pool_id, p.created_at, ",
            "(SELECT CAST(COUNT(*) AS BIGINT) FROM workspaces w WHERE w.project_id = p.id) AS workspace_count ",
            "FROM projects p JOIN organizations o ON o.id = p.organization_id ",
            $rest
        )
    };
}
pub(super) use select;

const FIND: &str = select!("WHERE p.id = $1");
const IN_ORGANIZATION: &str = select!("WHERE p.id = $1 AND p.organization_id = $2");
const DEFAULT: &str = select!("WHERE p.organization_id = $1 AND p.is_default = TRUE");
const HOLD: &str = "UPDATE projects SET created_at = created_at WHERE id = $1";
const INSERT: &str =
    "INSERT INTO projects (id, organization_id, name, is_default, created_at) VALUES ($1, $2, $3, $4, $5)";
const UPDATE: &str = "UPDATE projects SET name = $1, description = $2, default_execution_mode = $3, \
     default_agent_pool_id = $4, auto_destroy_activity_duration = $5 WHERE id = $6";
const DELETE: &str = "DELETE FROM projects WHERE id = $1";

/// The name of the project every organization begins with.
const DEFAULT_NAME: &str = "Default Project";

/// Every statement here.
pub const STATEMENTS: &[&str] = &[FIND, IN_ORGANIZATION, DEFAULT, HOLD, INSERT, UPDATE, DELETE];

/// A project.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Project {
    /// The project.
    #[sqlx(try_from = "String")]
    pub id: ProjectId,
    /// Its organization.
    #[sqlx(try_from = "String")]
    pub organization_id: OrganizationId,
    /// The organization's name.
    pub organization_name: String,
    /// Its name.
    pub name: String,
    /// For people.
    pub description: Option<String>,
    /// Where workspaces go that name none.
    pub is_default: bool,
    /// Where runs of its workspaces happen that say nothing else; `None` inherits.
    pub default_execution_mode: Option<String>,
    /// On which pool; `None` inherits.
    pub default_agent_pool_id: Option<String>,
    /// How long after the last activity a workspace is destroyed that says nothing else, such as `14d`.
    pub auto_destroy_activity_duration: Option<String>,
    /// The organization's say.
    pub organization_execution_mode: Option<String>,
    /// The organization's pool.
    pub organization_agent_pool_id: Option<String>,
    /// When made.
    #[sqlx(try_from = "i64")]
    pub created_at: Time,
    /// How many workspaces it has.
    pub workspace_count: i64,
}

impl Project {
    /// What it says about where runs happen.
    pub fn execution_level(&self) -> Level {
        Level::of_row(self.default_execution_mode.as_deref(), self.default_agent_pool_id.as_deref())
    }

    /// What its organization says.
    pub fn organization_level(&self) -> Level {
        Level::of_row(self.organization_execution_mode.as_deref(), self.organization_agent_pool_id.as_deref())
    }
}

/// One by id.
pub async fn find(exec: impl Exec, id: &ProjectId) -> Result<Option<Project>, DbError> {
    exec.optional(sql(FIND).bind(id)).await
}

/// One by id, if it belongs to an organization.
pub async fn in_organization(
    exec: impl Exec,
    id: &str,
    organization: &OrganizationId,
) -> Result<Option<Project>, DbError> {
    exec.optional(sql(IN_ORGANIZATION).bind(id).bind(organization)).await
}

/// The default one.
pub async fn default_of(exec: impl Exec, organization: &OrganizationId) -> Result<Option<Project>, DbError> {
    exec.optional(sql(DEFAULT).bind(organization)).await
}

/// Takes a project's row for the rest of the transaction; false when there is none.
pub async fn hold(tx: &mut Tx, id: &ProjectId) -> Result<bool, DbError> {
    Ok(tx.run(sql(HOLD).bind(id)).await? == 1)
}

/// Makes an organization's default project.
pub async fn insert_default(
    tx: &mut Tx,
    id: &ProjectId,
    organization: &OrganizationId,
    now: Time,
) -> Result<(), DbError> {
    tx.run(sql(INSERT).bind(id).bind(organization).bind(DEFAULT_NAME).bind(true).bind(now)).await.map(drop)
}

/// Makes a project as it stands in `row`.
pub async fn insert(tx: &mut Tx, row: &Project) -> Result<(), DbError> {
    let query = sql(INSERT)
        .bind(&row.id)
        .bind(&row.organization_id)
        .bind(&row.name)
        .bind(row.is_default)
        .bind(row.created_at);
    tx.run(query).await?;
    update(tx, row).await
}

/// Writes the settings of one.
pub async fn update(tx: &mut Tx, row: &Project) -> Result<(), DbError> {
    let query = sql(UPDATE)
        .bind(&row.name)
        .bind(row.description.clone())
        .bind(row.default_execution_mode.clone())
        .bind(row.default_agent_pool_id.clone())
        .bind(row.auto_destroy_activity_duration.clone())
        .bind(&row.id);
    tx.run(query).await.map(drop)
}

/// Deletes one without workspaces.
pub async fn delete(tx: &mut Tx, id: &ProjectId) -> Result<(), DbError> {
    tx.run(sql(DELETE).bind(id)).await.map(drop)
}
