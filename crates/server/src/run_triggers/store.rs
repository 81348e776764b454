//! The `run_triggers` table, and `run_trigger_firings`: runs that were asked for and are not made yet.

use crate::clock::Time;
use crate::ids::{RunId, RunTriggerId, WorkspaceId};
use crate::platform::db::{DbError, Exec, Tx, sql};
use crate::runs::store::Run;
use terrane_jsonapi::Page;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT t.id, t.workspace_id, w.name AS workspace_name, t.source_id, s.name AS source_name, t.created_at ",
            "FROM run_triggers t JOIN workspaces w ON w.id = t.workspace_id JOIN workspaces s ON s.id = t.source_id ",
            $rest
        )
    };
}

const FIND: &str = select!("WHERE t.id = $1");
const INBOUND: &str = select!("WHERE t.workspace_id = $1 ORDER BY t.created_at, t.id LIMIT $2 OFFSET $3");
const OUTBOUND: &str = select!("WHERE t.source_id = $1 ORDER BY t.created_at, t.id LIMIT $2 OFFSET $3");
const COUNT_INBOUND: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM run_triggers WHERE workspace_id = $1";
const COUNT_OUTBOUND: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM run_triggers WHERE source_id = $1";
const INSERT: &str =
    "INSERT INTO run_triggers (id, workspace_id, source_id, created_at) VALUES ($1, $2, $3, $4)";
const DELETE: &str = "DELETE FROM run_triggers WHERE id = $1";
const HOLD_ORGANIZATION: &str = "UPDATE organizations SET created_at = created_at WHERE id IN \
     (SELECT organization_id FROM workspaces WHERE id = $1)";
/// Whether a workspace is among the sources of another, and their sources, and so on.
const IS_UPSTREAM: &str = "WITH RECURSIVE upstream (id) AS (SELECT w.id FROM workspaces w WHERE w.id = $1 \
     UNION SELECT t.source_id FROM run_triggers t JOIN upstream u ON t.workspace_id = u.id) \
     SELECT id FROM upstream WHERE id = $2";
const FIRE: &str = "INSERT INTO run_trigger_firings (source_run_id, workspace_id, created_at) \
     SELECT CAST($1 AS TEXT), t.workspace_id, CAST($2 AS BIGINT) FROM run_triggers t WHERE t.source_id = $3 \
     ON CONFLICT (source_run_id, workspace_id) DO NOTHING";
const WAITING: &str = "SELECT f.source_run_id, f.workspace_id, r.workspace_id AS source_id, w.name AS source_name, r.created_by \
     FROM run_trigger_firings f JOIN runs r ON r.id = f.source_run_id JOIN workspaces w ON w.id = r.workspace_id \
     ORDER BY f.created_at, f.source_run_id, f.workspace_id LIMIT 100";
const TAKE: &str = "DELETE FROM run_trigger_firings WHERE source_run_id = $1 AND workspace_id = $2";

/// Every statement here.
pub const STATEMENTS: &[&str] = &[
    FIND,
    INBOUND,
    OUTBOUND,
    COUNT_INBOUND,
    COUNT_OUTBOUND,
    INSERT,
    DELETE,
    HOLD_ORGANIZATION,
    IS_UPSTREAM,
    FIRE,
    WAITING,
    TAKE,
];

/// A run trigger with the names of both ends.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct RunTrigger {
    /// The trigger.
    #[sqlx(try_from = "String")]
    pub id: RunTriggerId,
    /// Where runs are started.
    #[sqlx(try_from = "String")]
    pub workspace_id: WorkspaceId,
    /// Its name.
    pub workspace_name: String,
    /// Whose applies start them.
    #[sqlx(try_from = "String")]
    pub source_id: WorkspaceId,
    /// Its name.
    pub source_name: String,
    /// When made.
    #[sqlx(try_from = "i64")]
    pub created_at: Time,
}

/// A run that an apply has asked for.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Firing {
    /// The run that was applied.
    #[sqlx(try_from = "String")]
    pub source_run_id: RunId,
    /// Where the new one is to be.
    #[sqlx(try_from = "String")]
    pub workspace_id: WorkspaceId,
    /// Where it was applied.
    #[sqlx(try_from = "String")]
    pub source_id: WorkspaceId,
    /// That workspace's name.
    pub source_name: String,
    /// Who made the run that was applied.
    pub created_by: Option<String>,
}

/// Which way triggers of a workspace lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// They start runs in it.
    Inbound,
    /// Its applies start runs elsewhere.
    Outbound,
}

/// A trigger by id.
pub async fn find(exec: impl Exec, id: &RunTriggerId) -> Result<Option<RunTrigger>, DbError> {
    exec.optional(sql(FIND).bind(id)).await
}

/// One page of a workspace's triggers, oldest first.
pub async fn list(
    exec: impl Exec,
    workspace: &WorkspaceId,
    direction: Direction,
    page: Page,
) -> Result<Vec<RunTrigger>, DbError> {
    let statement = match direction {
        Direction::Inbound => INBOUND,
        Direction::Outbound => OUTBOUND,
    };
    exec.all(sql(statement).bind(workspace).bind(page.limit()).bind(page.offset())).await
}

/// How many there are.
pub async fn count(exec: impl Exec, workspace: &WorkspaceId, direction: Direction) -> Result<u64, DbError> {
    let statement = match direction {
        Direction::Inbound => COUNT_INBOUND,
        Direction::Outbound => COUNT_OUTBOUND,
    };
    let (count,): (i64,) = exec.one(sql(statement).bind(workspace)).await?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// Makes one.
pub async fn insert(
    tx: &mut Tx,
    id: &RunTriggerId,
    workspace: &WorkspaceId,
    source: &WorkspaceId,
    now: Time,
) -> Result<(), DbError> {
    tx.run(sql(INSERT).bind(id).bind(workspace).bind(source).bind(now)).await.map(drop)
}

/// Deletes one; false when there is none.
pub async fn delete(tx: &mut Tx, id: &RunTriggerId) -> Result<bool, DbError> {
    Ok(tx.run(sql(DELETE).bind(id)).await? == 1)
}

/// Takes the row of a workspace's organization: two triggers that are made at the same time must see each other, or they
/// could close a loop.
pub async fn hold_organization(tx: &mut Tx, workspace: &WorkspaceId) -> Result<(), DbError> {
    tx.run(sql(HOLD_ORGANIZATION).bind(workspace)).await.map(drop)
}

/// Whether applies of `source` come to start runs of `workspace`, directly or by way of others.
pub async fn is_upstream(
    exec: impl Exec,
    source: &WorkspaceId,
    workspace: &WorkspaceId,
) -> Result<bool, DbError> {
    let found: Option<(String,)> = exec.optional(sql(IS_UPSTREAM).bind(workspace).bind(source)).await?;
    Ok(found.is_some())
}

/// Notes the runs that a successful apply asks for, in its transaction.
pub async fn fire(tx: &mut Tx, applied: &Run, now: Time) -> Result<(), DbError> {
    tx.run(sql(FIRE).bind(&applied.id).bind(now).bind(&applied.workspace_id)).await.map(drop)
}

/// Runs that were asked for and are not made yet, oldest first, a hundred at the most.
pub async fn waiting(exec: impl Exec) -> Result<Vec<Firing>, DbError> {
    exec.all(sql(WAITING)).await
}

/// Takes one for the transaction that makes the run; false when somebody else has made it.
pub async fn take(tx: &mut Tx, firing: &Firing) -> Result<bool, DbError> {
    Ok(tx.run(sql(TAKE).bind(&firing.source_run_id).bind(&firing.workspace_id)).await? == 1)
}
