//! The `configuration_versions` table.

use super::model::{ConfigurationStatus, Disposal};
use crate::clock::Time;
use crate::ids::{ConfigurationVersionId, OrganizationId, UserId, WorkspaceId};
use crate::platform::db::{DbError, Exec, Tx, sql, sql_in};
use crate::status_times::StatusTimes;
use terrane_jsonapi::Page;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT c.id, c.workspace_id, c.status, c.status_times, c.source, c.auto_queue_runs, c.speculative, ",
            "c.provisional, c.object_id, c.created_by, c.created_at, i.id AS ingress_attributes_id ",
            "FROM configuration_versions c LEFT JOIN ingress_attributes i ON i.configuration_version_id = c.id ",
            $rest
        )
    };
}

const FIND: &str = select!("WHERE c.id = $1");
const OF_IDS: &str = select!("WHERE c.id IN ($1)");
const IN_ORGANIZATION: &str =
    select!("JOIN workspaces w ON w.id = c.workspace_id WHERE c.id = $1 AND w.organization_id = $2");
const LATEST_UPLOADED: &str = select!(
    "WHERE c.workspace_id = $1 AND c.status = 'uploaded' AND c.speculative = FALSE AND c.provisional = FALSE \
     ORDER BY c.created_at DESC, c.id DESC LIMIT 1"
);
const LIST: &str =
    select!("WHERE c.workspace_id = $1 ORDER BY c.created_at DESC, c.id DESC LIMIT $2 OFFSET $3");
const COUNT: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM configuration_versions WHERE workspace_id = $1";
const INSERT: &str = "INSERT INTO configuration_versions (id, workspace_id, status, status_times, source, auto_queue_runs, \
     speculative, provisional, created_by, created_at) VALUES ($1, $2, 'pending', '', $3, $4, $5, $6, $7, $8)";
const SET_UPLOADED: &str = "UPDATE configuration_versions SET status = 'uploaded', status_times = status_times || $1, \
     object_id = $2 WHERE id = $3 AND status = 'pending'";

const HOLD: &str = "UPDATE configuration_versions SET status = status WHERE id = $1 AND status = $2";
const DISPOSE: &str = "UPDATE configuration_versions SET status = $1, status_times = status_times || $2, \
     object_id = CASE WHEN $3 = TRUE THEN NULL ELSE object_id END WHERE id = $4";
const IS_CURRENT: &str = "SELECT id FROM workspaces WHERE current_configuration_version_id = $1 LIMIT 1";
const UNFINISHED_RUN: &str = "SELECT id FROM runs WHERE configuration_version_id = $1 AND status NOT IN \
     ('applied', 'planned_and_finished', 'discarded', 'errored', 'canceled') ORDER BY created_at LIMIT 1";

/// Every statement here.
pub const STATEMENTS: &[&str] = &[
    FIND,
    OF_IDS,
    IN_ORGANIZATION,
    LATEST_UPLOADED,
    LIST,
    COUNT,
    INSERT,
    SET_UPLOADED,
    HOLD,
    DISPOSE,
    IS_CURRENT,
    UNFINISHED_RUN,
];

/// A configuration version.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct ConfigurationVersion {
    /// The configuration version.
    #[sqlx(try_from = "String")]
    pub id: ConfigurationVersionId,
    /// Whose.
    #[sqlx(try_from = "String")]
    pub workspace_id: WorkspaceId,
    /// Where it stands.
    #[sqlx(try_from = "String")]
    pub status: ConfigurationStatus,
    /// Since when.
    #[sqlx(try_from = "String")]
    pub status_times: StatusTimes,
    /// `tfe-api` or `terraform`.
    pub source: String,
    /// A run starts by itself after the upload.
    pub auto_queue_runs: bool,
    /// Its runs are plan-only.
    pub speculative: bool,
    /// Does not become the workspace's current one before it is applied.
    pub provisional: bool,
    /// The stored archive.
    pub object_id: Option<String>,
    /// Made by.
    pub created_by: Option<String>,
    /// When made.
    #[sqlx(try_from = "i64")]
    pub created_at: Time,
    /// What version control says of it, where that is known.
    pub ingress_attributes_id: Option<String>,
}

/// One by id.
pub async fn find(
    exec: impl Exec,
    id: &ConfigurationVersionId,
) -> Result<Option<ConfigurationVersion>, DbError> {
    exec.optional(sql(FIND).bind(id)).await
}

/// Some by id.
pub async fn of_ids(
    exec: impl Exec,
    ids: &[&ConfigurationVersionId],
) -> Result<Vec<ConfigurationVersion>, DbError> {
    exec.all(sql_in(OF_IDS, ids.iter().copied().map(Into::into))).await
}

/// One by id, of any workspace of an organization.
pub async fn in_organization(
    exec: impl Exec,
    id: &ConfigurationVersionId,
    organization: &OrganizationId,
) -> Result<Option<ConfigurationVersion>, DbError> {
    exec.optional(sql(IN_ORGANIZATION).bind(id).bind(organization)).await
}

/// The newest of a workspace that a normal run may use.
pub async fn latest_uploaded(
    exec: impl Exec,
    workspace: &WorkspaceId,
) -> Result<Option<ConfigurationVersion>, DbError> {
    exec.optional(sql(LATEST_UPLOADED).bind(workspace)).await
}

/// One page, newest first.
pub async fn list(
    exec: impl Exec,
    workspace: &WorkspaceId,
    page: Page,
) -> Result<Vec<ConfigurationVersion>, DbError> {
    exec.all(sql(LIST).bind(workspace).bind(page.limit()).bind(page.offset())).await
}

/// How many a workspace has.
pub async fn count(exec: impl Exec, workspace: &WorkspaceId) -> Result<u64, DbError> {
    let (count,): (i64,) = exec.one(sql(COUNT).bind(workspace)).await?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// Makes one.
pub async fn insert(tx: &mut Tx, row: &ConfigurationVersion, creator: &UserId) -> Result<(), DbError> {
    let query = sql(INSERT)
        .bind(&row.id)
        .bind(&row.workspace_id)
        .bind(&row.source)
        .bind(row.auto_queue_runs)
        .bind(row.speculative)
        .bind(row.provisional)
        .bind(creator)
        .bind(row.created_at);
    tx.run(query).await.map(drop)
}

/// Takes one's row for the rest of the transaction; false when it stands elsewhere.
pub async fn hold(
    tx: &mut Tx,
    id: &ConfigurationVersionId,
    status: ConfigurationStatus,
) -> Result<bool, DbError> {
    Ok(tx.run(sql(HOLD).bind(id).bind(status)).await? == 1)
}

/// Moves one as a disposal says; the caller holds it where that begins.
pub async fn dispose(
    tx: &mut Tx,
    id: &ConfigurationVersionId,
    disposal: Disposal,
    now: Time,
) -> Result<(), DbError> {
    let (_, to) = disposal.moves();
    let line = StatusTimes::line(disposal.timestamp(), now);
    tx.run(sql(DISPOSE).bind(to).bind(line).bind(disposal.deletes()).bind(id)).await.map(drop)
}

/// Whether any workspace's next run would use it.
pub async fn is_current(exec: impl Exec, id: &ConfigurationVersionId) -> Result<bool, DbError> {
    let found: Option<(String,)> = exec.optional(sql(IS_CURRENT).bind(id)).await?;
    Ok(found.is_some())
}

/// A run of any workspace that may still need the archive.
pub async fn unfinished_run(exec: impl Exec, id: &ConfigurationVersionId) -> Result<Option<String>, DbError> {
    let found: Option<(String,)> = exec.optional(sql(UNFINISHED_RUN).bind(id)).await?;
    Ok(found.map(|(run,)| run))
}

/// `pending → uploaded`; false when it was uploaded before.
pub async fn set_uploaded(
    tx: &mut Tx,
    id: &ConfigurationVersionId,
    object: &str,
    now: Time,
) -> Result<bool, DbError> {
    let query = sql(SET_UPLOADED).bind(StatusTimes::line("uploaded-at", now)).bind(object).bind(id);
    Ok(tx.run(query).await? == 1)
}
