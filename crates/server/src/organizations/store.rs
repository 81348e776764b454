//! The `organizations` table and its owners.

use crate::clock::Time;
use crate::execution_mode::Level;
use crate::ids::{OrganizationId, UserId, WorkspaceId};
use crate::platform::db::pattern::containing;
use crate::platform::db::{DbError, Exec, Tx, sql};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT o.id, o.name, o.email, o.collaborator_auth_policy, o.session_timeout_minutes, ",
            "o.session_remember_minutes, o.default_execution_mode, o.default_agent_pool_id, o.cost_estimation_enabled, ",
            "o.speculative_plan_management_enabled, o.aggregated_commit_status_enabled, ",
            "o.passing_statuses_for_untriggered, o.assessments_enforced, o.allow_force_delete_workspaces, ",
            "o.created_at, p.id AS default_project_id FROM organizations o ",
            "LEFT JOIN projects p ON p.organization_id = o.id AND p.is_default = TRUE ",
            $rest
        )
    };
}

const FIND: &str = select!("WHERE o.name = $1");
const BY_ID: &str = select!("WHERE o.id = $1");
const HOLD: &str = "UPDATE organizations SET created_at = created_at WHERE id = $1";
const LIST: &str = select!(
    "WHERE ($1 = TRUE OR EXISTS (SELECT 1 FROM organization_owners w WHERE w.organization_id = o.id AND w.user_id = $2)) \
     AND (lower(o.name) LIKE $3 ESCAPE '\\' OR lower(COALESCE(o.email, '')) LIKE $4 ESCAPE '\\') \
     ORDER BY o.name LIMIT $5 OFFSET $6"
);
const COUNT: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM organizations o WHERE ($1 = TRUE OR EXISTS \
     (SELECT 1 FROM organization_owners w WHERE w.organization_id = o.id AND w.user_id = $2)) \
     AND (lower(o.name) LIKE $3 ESCAPE '\\' OR lower(COALESCE(o.email, '')) LIKE $4 ESCAPE '\\')";
const INSERT: &str = "INSERT INTO organizations (id, name, collaborator_auth_policy, created_at) \
     VALUES ($1, $2, $3, $4)";
const INSERT_OWNER: &str = "INSERT INTO organization_owners (organization_id, user_id) VALUES ($1, $2)";
const UPDATE: &str = "UPDATE organizations SET name = $1, email = $2, collaborator_auth_policy = $3, \
     session_timeout_minutes = $4, session_remember_minutes = $5, default_execution_mode = $6, \
     default_agent_pool_id = $7, cost_estimation_enabled = $8, speculative_plan_management_enabled = $9, \
     aggregated_commit_status_enabled = $10, passing_statuses_for_untriggered = $11, assessments_enforced = $12, \
     allow_force_delete_workspaces = $13 WHERE id = $14";
const WORKSPACES: &str = "SELECT id FROM workspaces WHERE organization_id = $1";
const DELETE: &str = "DELETE FROM organizations WHERE id = $1";

/// Every statement here.
pub const STATEMENTS: &[&str] =
    &[FIND, BY_ID, HOLD, LIST, COUNT, INSERT, INSERT_OWNER, UPDATE, WORKSPACES, DELETE];

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
    /// Where runs of its workspaces happen that say nothing else.
    pub default_execution_mode: Option<String>,
    /// On which pool, in mode `agent`.
    pub default_agent_pool_id: Option<String>,
    /// Kept for clients: costs are not estimated here.
    pub cost_estimation_enabled: bool,
    /// A newer commit ends the waiting speculative plans of its branch.
    pub speculative_plan_management_enabled: bool,
    /// One commit status for all workspaces.
    pub aggregated_commit_status_enabled: bool,
    /// Commit statuses for workspaces that a commit does not touch.
    pub passing_statuses_for_untriggered: bool,
    /// Every workspace is assessed.
    pub assessments_enforced: bool,
    /// Administrators of a workspace may delete it whatever it manages.
    pub allow_force_delete_workspaces: bool,
    /// When made.
    #[sqlx(try_from = "i64")]
    pub created_at: Time,
    /// Where workspaces go that name no project.
    pub default_project_id: Option<String>,
}

impl Organization {
    /// What it says about where runs happen.
    pub fn execution_level(&self) -> Level {
        Level::of_row(self.default_execution_mode.as_deref(), self.default_agent_pool_id.as_deref())
    }
}

/// One by name.
pub async fn find(exec: impl Exec, name: &str) -> Result<Option<Organization>, DbError> {
    exec.optional(sql(FIND).bind(name)).await
}

/// One by its external id.
pub async fn by_id(exec: impl Exec, id: &OrganizationId) -> Result<Option<Organization>, DbError> {
    exec.optional(sql(BY_ID).bind(id)).await
}

/// Takes an organization's row for the rest of the transaction; false when there is none.
pub async fn hold(tx: &mut Tx, id: &OrganizationId) -> Result<bool, DbError> {
    Ok(tx.run(sql(HOLD).bind(id)).await? == 1)
}

/// Which organizations a list has.
#[derive(Debug, Clone, Copy)]
pub struct Filter<'a> {
    /// All of them, not only those that the user owns.
    pub all: bool,
    /// Who asks.
    pub user: &'a UserId,
    /// A text in the name.
    pub name: Option<&'a str>,
    /// A text in the address for notices. With both, either is enough.
    pub email: Option<&'a str>,
}

impl Filter<'_> {
    /// Patterns for name and address; no text of a database fits an empty one.
    fn patterns(&self) -> (String, String) {
        let name = match (self.name, self.email) {
            (Some(name), _) => containing(name),
            (None, Some(_)) => String::new(),
            (None, None) => containing(""),
        };
        // An organization without an address must not be found by an empty text.
        (name, self.email.map_or_else(|| "\u{1}".to_owned(), containing))
    }
}

/// Those that fit, by name.
pub async fn list(
    exec: impl Exec,
    filter: Filter<'_>,
    limit: i64,
    offset: i64,
) -> Result<Vec<Organization>, DbError> {
    let (name, email) = filter.patterns();
    let query = sql(LIST).bind(filter.all).bind(filter.user).bind(name).bind(email);
    exec.all(query.bind(limit).bind(offset)).await
}

/// How many there are of these.
pub async fn count(exec: impl Exec, filter: Filter<'_>) -> Result<u64, DbError> {
    let (name, email) = filter.patterns();
    let query = sql(COUNT).bind(filter.all).bind(filter.user).bind(name).bind(email);
    let (count,): (i64,) = exec.one(query).await?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// Makes one with its first owner.
pub async fn insert(tx: &mut Tx, row: &Organization, owner: &UserId) -> Result<(), DbError> {
    let query =
        sql(INSERT).bind(&row.id).bind(&row.name).bind(&row.collaborator_auth_policy).bind(row.created_at);
    tx.run(query).await?;
    update(tx, row).await?;
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
        .bind(row.default_execution_mode.clone())
        .bind(row.default_agent_pool_id.clone())
        .bind(row.cost_estimation_enabled)
        .bind(row.speculative_plan_management_enabled)
        .bind(row.aggregated_commit_status_enabled)
        .bind(row.passing_statuses_for_untriggered)
        .bind(row.assessments_enforced)
        .bind(row.allow_force_delete_workspaces)
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
