//! The `projects` table.

mod list;

pub use list::{by_ids, shapes};

use crate::clock::Time;
use crate::ids::{OrganizationId, ProjectId};
use crate::platform::db::{DbError, Exec, Tx, sql};
use terrane_jsonapi::Page;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT p.id, o.name AS organization_name, p.name, p.description, p.is_default, p.created_at, ",
            "(SELECT CAST(COUNT(*) AS BIGINT) FROM workspaces w WHERE w.project_id = p.id) AS workspace_count ",
            "FROM projects p JOIN organizations o ON o.id = p.organization_id ",
            $rest
        )
    };
}

use select;

const FIND: &str = select!("WHERE p.id = $1");
const IN_ORGANIZATION: &str = select!("WHERE p.id = $1 AND p.organization_id = $2");
const DEFAULT: &str = select!("WHERE p.organization_id = $1 AND p.is_default = TRUE");
const LIST: &str = select!("WHERE p.organization_id = $1 ORDER BY p.name LIMIT $2 OFFSET $3");
const COUNT: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM projects WHERE organization_id = $1";
const INSERT: &str =
    "INSERT INTO projects (id, organization_id, name, is_default, created_at) VALUES ($1, $2, $3, TRUE, $4)";

/// The name of the project every organization begins with.
const DEFAULT_NAME: &str = "Default Project";

/// Every statement here.
pub const STATEMENTS: &[&str] = &[FIND, IN_ORGANIZATION, DEFAULT, LIST, COUNT, INSERT];

/// A project.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Project {
    /// The project.
    #[sqlx(try_from = "String")]
    pub id: ProjectId,
    /// Its organization's name.
    pub organization_name: String,
    /// Its name.
    pub name: String,
    /// For people.
    pub description: Option<String>,
    /// Where workspaces go that name none.
    pub is_default: bool,
    /// When made.
    #[sqlx(try_from = "i64")]
    pub created_at: Time,
    /// How many workspaces it has.
    pub workspace_count: i64,
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

/// One page, by name.
pub async fn list(
    exec: impl Exec,
    organization: &OrganizationId,
    page: Page,
) -> Result<Vec<Project>, DbError> {
    exec.all(sql(LIST).bind(organization).bind(page.limit()).bind(page.offset())).await
}

/// How many an organization has.
pub async fn count(exec: impl Exec, organization: &OrganizationId) -> Result<u64, DbError> {
    let (count,): (i64,) = exec.one(sql(COUNT).bind(organization)).await?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// Makes an organization's default project.
pub async fn insert_default(
    tx: &mut Tx,
    id: &ProjectId,
    organization: &OrganizationId,
    now: Time,
) -> Result<(), DbError> {
    tx.run(sql(INSERT).bind(id).bind(organization).bind(DEFAULT_NAME).bind(now)).await.map(drop)
}
