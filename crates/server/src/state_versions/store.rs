//! The `state_versions` table.

mod list;

pub use list::{Filter, count, list, shapes};

use super::contents::{Contents, Instance, ResourceSummary};
use super::model::{Known, StateVersionStatus};
use crate::clock::Time;
use crate::ids::{RunId, StateVersionId, UserId, WorkspaceId};
use crate::platform::db::{DbError, Exec, Tx, sql, sql_in};

/// The columns of [`StateVersion`], for every query that reads one.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT s.id, s.workspace_id, s.ordinal, s.status, s.serial, s.lineage, s.md5, s.intermediate, s.recovered, ",
            "s.accepted_at, s.completed_not_in_state, s.run_id, s.created_by, s.rollback_of, s.object_id, ",
            "s.json_object_id, s.size_bytes, s.format_version, s.terraform_version, s.resources, s.resource_count, ",
            "s.created_at, (SELECT p.id FROM state_versions p WHERE p.workspace_id = s.workspace_id ",
            "AND p.ordinal < s.ordinal ORDER BY p.ordinal DESC LIMIT 1) AS previous_id, ",
            "(SELECT n.id FROM state_versions n WHERE n.workspace_id = s.workspace_id ",
            "AND n.ordinal > s.ordinal ORDER BY n.ordinal LIMIT 1) AS next_id, ",
            "(SELECT string_agg(o.id, ',' ORDER BY o.name) FROM state_version_outputs o ",
            "WHERE o.state_version_id = s.id) AS output_ids FROM state_versions s ",
            $rest
        )
    };
}
pub(super) use select;

const FIND: &str = select!("WHERE s.id = $1");
const OF_IDS: &str = select!("WHERE s.id IN ($1)");
const CURRENT: &str = select!("JOIN workspaces w ON w.current_state_version_id = s.id WHERE w.id = $1");
const PENDING: &str =
    select!("WHERE s.workspace_id = $1 AND s.status = 'pending' ORDER BY s.ordinal DESC LIMIT 1");
const NEWEST_INTERMEDIATE: &str = select!(
    "WHERE s.workspace_id = $1 AND s.status = 'finalized' AND s.intermediate = TRUE AND s.recovered = FALSE \
     ORDER BY s.ordinal DESC LIMIT 1"
);
const NEWEST_OF_RUN: &str = select!(
    "WHERE s.run_id = $1 AND s.run_sequence IS NOT NULL AND s.status = 'finalized' \
     ORDER BY s.run_sequence DESC LIMIT 1"
);
const COUNT_OF_RUN: &str =
    "SELECT COUNT(*) FROM state_versions WHERE run_id = $1 AND run_sequence IS NOT NULL";
const LAST_SEQUENCE: &str =
    "SELECT CAST(MAX(run_sequence) AS BIGINT) FROM state_versions WHERE run_id = $1 AND status = 'finalized'";
const OF_SEQUENCE: &str = select!("WHERE s.run_id = $1 AND s.run_sequence = $2");
const NEXT_ORDINAL: &str =
    "SELECT CAST(COALESCE(MAX(ordinal), 0) + 1 AS BIGINT) FROM state_versions WHERE workspace_id = $1";
const INSERT: &str = "INSERT INTO state_versions (id, workspace_id, ordinal, status, serial, lineage, md5, intermediate, \
     recovered, run_id, run_sequence, created_by, rollback_of, created_at) \
     VALUES ($1, $2, $3, 'pending', $4, $5, $6, $7, FALSE, $8, $9, $10, $11, $12)";
const FINALIZE: &str = "UPDATE state_versions SET status = 'finalized', object_id = $1, size_bytes = $2, \
     format_version = $3, terraform_version = $4, resources = $5, resource_count = $6, instances = $7 \
     WHERE id = $8 AND status = 'pending'";
const INSTANCES: &str = "SELECT resources, instances FROM state_versions WHERE id = $1";
const SET_JSON: &str =
    "UPDATE state_versions SET json_object_id = $1 WHERE id = $2 AND json_object_id IS NULL";
const DISCARD_PENDING: &str = "UPDATE state_versions SET status = 'discarded' WHERE workspace_id = $1 AND status = 'pending' AND id <> $2";
const SETTLE: &str = "UPDATE state_versions SET intermediate = FALSE WHERE id = $1";
const MARK_RECOVERED: &str = "UPDATE state_versions SET recovered = TRUE, intermediate = FALSE, \
     completed_not_in_state = $1 WHERE id = $2 AND status = 'finalized' AND accepted_at IS NULL \
     AND NOT EXISTS (SELECT 1 FROM workspaces w WHERE w.current_state_version_id = $2)";
const ACCEPT: &str = "UPDATE state_versions SET accepted_by = $1, accepted_at = $2 \
     WHERE id = $3 AND recovered = TRUE AND accepted_at IS NULL";

/// Every statement here.
pub const STATEMENTS: &[&str] = &[
    FIND,
    OF_IDS,
    CURRENT,
    PENDING,
    NEWEST_INTERMEDIATE,
    NEWEST_OF_RUN,
    COUNT_OF_RUN,
    LAST_SEQUENCE,
    OF_SEQUENCE,
    NEXT_ORDINAL,
    INSERT,
    FINALIZE,
    INSTANCES,
    SET_JSON,
    DISCARD_PENDING,
    SETTLE,
    MARK_RECOVERED,
    ACCEPT,
];

/// A state version.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct StateVersion {
    /// The state version.
    #[sqlx(try_from = "String")]
    pub id: StateVersionId,
    /// Whose.
    #[sqlx(try_from = "String")]
    pub workspace_id: WorkspaceId,
    /// Its place among those of the workspace, as they were made.
    pub ordinal: i64,
    /// Where it stands.
    #[sqlx(try_from = "String")]
    pub status: StateVersionStatus,
    /// As its writer said.
    pub serial: i64,
    /// As its writer said, else as it was before.
    pub lineage: Option<String>,
    /// Hex digits of the state's MD5, in lower case.
    pub md5: String,
    /// A snapshot from the middle of an apply.
    pub intermediate: bool,
    /// What was left after an apply that ended badly; current only once accepted.
    pub recovered: bool,
    /// When a person accepted it.
    pub accepted_at: Option<i64>,
    /// JSON list of the addresses that the apply completed and this state does not hold; recovered ones only.
    pub completed_not_in_state: Option<String>,
    /// The run that made it.
    pub run_id: Option<String>,
    /// By whom.
    pub created_by: Option<String>,
    /// The older one that it repeats.
    pub rollback_of: Option<String>,
    /// The stored state, once finalized.
    pub object_id: Option<String>,
    /// The stored JSON form, where a client sent one.
    pub json_object_id: Option<String>,
    /// Size of the state.
    pub size_bytes: Option<i64>,
    /// `version` in the file.
    pub format_version: Option<i64>,
    /// The engine that wrote it.
    pub terraform_version: Option<String>,
    /// JSON list of [`ResourceSummary`](super::contents::ResourceSummary).
    pub resources: Option<String>,
    /// Managed instances.
    pub resource_count: Option<i64>,
    /// When made.
    #[sqlx(try_from = "i64")]
    pub created_at: Time,
    /// The one made before it.
    pub previous_id: Option<String>,
    /// The one made after it.
    pub next_id: Option<String>,
    /// Its outputs by name, with commas between them.
    pub output_ids: Option<String>,
}

impl StateVersion {
    /// What the rules look at.
    pub fn known(&self) -> Known<'_> {
        Known { serial: self.serial, lineage: self.lineage.as_deref(), md5: &self.md5 }
    }

    /// Waits for a person to accept it.
    pub fn waits_for_acceptance(&self) -> bool {
        self.recovered && self.accepted_at.is_none()
    }
}

/// A state version about to be made; it is `pending` at first.
#[derive(Debug)]
pub struct NewRow<'a> {
    /// The new one.
    pub id: &'a StateVersionId,
    /// Whose.
    pub workspace_id: &'a WorkspaceId,
    /// As its writer says.
    pub serial: i64,
    /// The chain it goes on, where one is known.
    pub lineage: Option<&'a str>,
    /// Hex digits, in lower case.
    pub md5: &'a str,
    /// A snapshot from the middle of an apply.
    pub intermediate: bool,
    /// The run it belongs to.
    pub run_id: Option<&'a str>,
    /// The agent's count within that run; clients have none.
    pub run_sequence: Option<i64>,
    /// By whom.
    pub created_by: Option<&'a str>,
    /// The older one that it repeats.
    pub rollback_of: Option<&'a StateVersionId>,
}

/// One by id.
pub async fn find(exec: impl Exec, id: &StateVersionId) -> Result<Option<StateVersion>, DbError> {
    exec.optional(sql(FIND).bind(id)).await
}

/// Some by id.
pub async fn of_ids(exec: impl Exec, ids: &[&StateVersionId]) -> Result<Vec<StateVersion>, DbError> {
    exec.all(sql_in(OF_IDS, ids.iter().copied().map(Into::into))).await
}

/// The current one of a workspace: the state that the next plan starts from. `None` means that the workspace has no
/// state yet, and nothing else.
pub async fn current(exec: impl Exec, workspace: &WorkspaceId) -> Result<Option<StateVersion>, DbError> {
    exec.optional(sql(CURRENT).bind(workspace)).await
}

/// The one that waits for its bytes: at most one, and while it waits the newest.
pub async fn pending(exec: impl Exec, workspace: &WorkspaceId) -> Result<Option<StateVersion>, DbError> {
    exec.optional(sql(PENDING).bind(workspace)).await
}

/// The newest snapshot that became neither current nor recovered.
pub async fn newest_intermediate(
    exec: impl Exec,
    workspace: &WorkspaceId,
) -> Result<Option<StateVersion>, DbError> {
    exec.optional(sql(NEWEST_INTERMEDIATE).bind(workspace)).await
}

/// The one that a run's apply wrote last, by the agent's own count.
pub async fn newest_of_run(exec: impl Exec, run: &RunId) -> Result<Option<StateVersion>, DbError> {
    exec.optional(sql(NEWEST_OF_RUN).bind(run)).await
}

/// How many a run's apply has written, as far as they have arrived.
pub async fn count_of_run(exec: impl Exec, run: &RunId) -> Result<i64, DbError> {
    let (count,): (i64,) = exec.one(sql(COUNT_OF_RUN).bind(run)).await?;
    Ok(count)
}

/// The agent's count of the one that a run's apply wrote last.
pub async fn last_sequence(exec: impl Exec, run: &RunId) -> Result<Option<i64>, DbError> {
    let (last,): (Option<i64>,) = exec.one(sql(LAST_SEQUENCE).bind(run)).await?;
    Ok(last)
}

/// The one that a run's apply wrote as its `sequence`-th.
pub async fn of_sequence(
    exec: impl Exec,
    run: &RunId,
    sequence: i64,
) -> Result<Option<StateVersion>, DbError> {
    exec.optional(sql(OF_SEQUENCE).bind(run).bind(sequence)).await
}

/// Makes one, `pending`. The caller has the workspace's row.
pub async fn insert(tx: &mut Tx, row: &NewRow<'_>, now: Time) -> Result<(), DbError> {
    let (ordinal,): (i64,) = tx.one(sql(NEXT_ORDINAL).bind(row.workspace_id)).await?;
    let query = sql(INSERT)
        .bind(row.id)
        .bind(row.workspace_id)
        .bind(ordinal)
        .bind(row.serial)
        .bind(row.lineage)
        .bind(row.md5)
        .bind(row.intermediate)
        .bind(row.run_id)
        .bind(row.run_sequence)
        .bind(row.created_by)
        .bind(row.rollback_of.map(StateVersionId::as_str))
        .bind(now);
    tx.run(query).await.map(drop)
}

/// `pending → finalized`; false when it is not pending any more. The object's row is there.
pub async fn finalize(
    tx: &mut Tx,
    id: &StateVersionId,
    object: &str,
    size_bytes: i64,
    contents: &Contents,
) -> Result<bool, DbError> {
    let resources = serde_json::to_string(&contents.resources).unwrap_or_else(|_| "[]".to_owned());
    let query = sql(FINALIZE)
        .bind(object)
        .bind(size_bytes)
        .bind(contents.format_version)
        .bind(contents.terraform_version.clone())
        .bind(resources)
        .bind(contents.resource_count())
        .bind(serde_json::to_string(&contents.instances).unwrap_or_else(|_| "[]".to_owned()))
        .bind(id);
    Ok(tx.run(query).await? == 1)
}

/// The resources of one with their instances; none of one that was written before they were kept.
pub async fn instances(
    exec: impl Exec,
    id: &StateVersionId,
) -> Result<Vec<(ResourceSummary, Vec<Instance>)>, DbError> {
    let row: Option<(Option<String>, Option<String>)> = exec.optional(sql(INSTANCES).bind(id)).await?;
    let (resources, instances) = row.unwrap_or_default();
    let resources: Vec<ResourceSummary> = read_list(resources);
    let instances: Vec<Vec<Instance>> = read_list(instances);
    Ok(resources.into_iter().zip(instances).collect())
}

fn read_list<T: serde::de::DeserializeOwned>(json: Option<String>) -> Vec<T> {
    json.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default()
}

/// Names the stored JSON form; false when there is one already.
pub async fn set_json(tx: &mut Tx, id: &StateVersionId, object: &str) -> Result<bool, DbError> {
    Ok(tx.run(sql(SET_JSON).bind(object).bind(id)).await? == 1)
}

/// `pending → discarded` for all of a workspace but one.
pub async fn discard_pending(tx: &mut Tx, workspace: &WorkspaceId, but: &str) -> Result<(), DbError> {
    tx.run(sql(DISCARD_PENDING).bind(workspace).bind(but)).await.map(drop)
}

/// Not an intermediate one any more.
pub async fn settle(tx: &mut Tx, id: &StateVersionId) -> Result<(), DbError> {
    tx.run(sql(SETTLE).bind(id)).await.map(drop)
}

/// Marks one as recovered; false when it is current, accepted or not finalized.
pub async fn mark_recovered(
    tx: &mut Tx,
    id: &StateVersionId,
    completed_json: String,
) -> Result<bool, DbError> {
    Ok(tx.run(sql(MARK_RECOVERED).bind(completed_json).bind(id)).await? == 1)
}

/// Notes who accepted a recovered one; false when somebody has, or it is none.
pub async fn accept(tx: &mut Tx, id: &StateVersionId, by: &UserId, now: Time) -> Result<bool, DbError> {
    Ok(tx.run(sql(ACCEPT).bind(by).bind(now).bind(id)).await? == 1)
}
