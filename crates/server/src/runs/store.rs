//! The `runs` table.

mod insert;
mod line;
mod list;
mod mode;
mod origin;
mod queue;

pub(crate) use insert::STATEMENTS as INSERT_STATEMENTS;
pub use insert::{NewRow, insert};
pub(crate) use line::STATEMENTS as LINE_STATEMENTS;
pub use line::{first_pending, overtaken, pending_before, saved_before};
pub use list::{Filter, SEARCHED_MAX, Scope, Search, count, list, list_uncounted, page_statement, shapes};
pub(crate) use origin::STATEMENTS as ORIGIN_STATEMENTS;
pub use origin::{Triggered, set_triggered, set_variables_used, variables_used};
pub(crate) use queue::STATEMENTS as QUEUE_STATEMENTS;
pub use queue::{InQueue, in_queue, queue};

use self::mode::ModeRow;
use super::mode::Mode;
use super::model::RunStatus;
use crate::clock::Time;
use crate::ids::{ApplyId, ConfigurationVersionId, PlanId, RunId, UserId, WorkspaceId};
use crate::plans::model::EngineName;
use crate::platform::db::{DbError, Exec, Tx, sql, sql_in};
use crate::run_events;
use crate::status_times::StatusTimes;

/// The columns of [`Run`], for every query that reads one.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT r.id, r.workspace_id, r.configuration_version_id, r.status, r.status_times, r.message, r.source, ",
            "r.trigger_reason, r.is_destroy, r.plan_only, r.auto_apply, r.allow_empty_apply, r.refresh, r.refresh_only, ",
            "r.save_plan, r.allow_config_generation, r.debugging_mode, r.target_addrs, r.replace_addrs, r.engine, ",
            "r.terraform_version, r.own_variables_sealed, r.has_changes, r.created_by, r.confirmed_by, r.canceled_by, r.canceled_at, ",
            "r.force_cancel_available_at, r.created_at, r.updated_at, r.triggering_run_id, r.triggering_workspace_id, ",
            "r.triggering_workspace_name, p.id AS plan_id, p.engine_version, p.structured_output, ",
            "(SELECT string_agg(e.id, ',' ORDER BY e.ordinal) FROM run_events e WHERE e.run_id = r.id) AS event_ids, ",
            "a.id AS apply_id FROM runs r JOIN plans p ON p.run_id = r.id JOIN applies a ON a.run_id = r.id ",
            $rest
        )
    };
}
pub(super) use select;

const FIND: &str = select!("WHERE r.id = $1");
const OF_IDS: &str = select!("WHERE r.id IN ($1)");
const FIRST_OF_CONFIGURATIONS: &str = select!(
    "WHERE r.id IN (SELECT (SELECT f.id FROM runs f WHERE f.configuration_version_id = c.id \
     AND f.workspace_id = c.workspace_id ORDER BY f.created_at, f.id LIMIT 1) \
     FROM configuration_versions c WHERE c.id IN ($1))"
);
const TWIN: &str =
    select!("WHERE r.configuration_version_id = $1 AND r.creation_digest = $2 ORDER BY r.created_at LIMIT 1");
const MOVE: &str = "UPDATE runs SET status = $1, status_times = status_times || $2, updated_at = $3 \
     WHERE id = $4 AND status = $5";
const HOLD: &str = "UPDATE runs SET status = status WHERE id = $1";
const SET_HAS_CHANGES: &str = "UPDATE runs SET has_changes = $1 WHERE id = $2";
const REQUEST_CANCEL: &str = "UPDATE runs SET canceled_by = $1, force_cancel_available_at = $2, updated_at = $3 \
     WHERE id = $4 AND status = $5 AND force_cancel_available_at IS NULL";
const SET_CANCELED_BY: &str = "UPDATE runs SET canceled_by = $1, canceled_at = $2 WHERE id = $3";
const SET_CANCELED_AT: &str = "UPDATE runs SET canceled_at = $1 WHERE id = $2";
const ADD_TIME: &str = "UPDATE runs SET status_times = status_times || $1 WHERE id = $2";
const SET_CONFIRMED_BY: &str = "UPDATE runs SET confirmed_by = $1 WHERE id = $2";
const SET_DISCARDED_BY: &str = "UPDATE runs SET discarded_by = $1 WHERE id = $2";
const FROZEN: &str = "SELECT r.id, r.working_directory, r.engine, r.terraform_version, r.is_destroy, r.refresh, \
     r.refresh_only, r.save_plan, r.allow_config_generation, r.debugging_mode, r.target_addrs, r.replace_addrs, \
     r.variables_sealed, r.configuration_version_id, r.workspace_id, w.name AS workspace_name, o.name AS organization_name, \
     j.name AS project_name FROM runs r JOIN workspaces w ON w.id = r.workspace_id \
     JOIN organizations o ON o.id = w.organization_id JOIN projects j ON j.id = w.project_id WHERE r.id = $1";
const COUNT_FINISHED: &str = "INSERT INTO finished_runs (workspace_id, operation, source, status, runs) \
     SELECT r.workspace_id, r.operation, r.source, r.status, 1 FROM runs r WHERE r.id = $1 \
     ON CONFLICT (workspace_id, operation, source, status) DO UPDATE SET runs = finished_runs.runs + 1";

/// Every statement here.
pub const STATEMENTS: &[&str] = &[
    FIND,
    OF_IDS,
    FIRST_OF_CONFIGURATIONS,
    TWIN,
    MOVE,
    HOLD,
    SET_HAS_CHANGES,
    REQUEST_CANCEL,
    SET_CANCELED_BY,
    SET_CANCELED_AT,
    ADD_TIME,
    SET_CONFIRMED_BY,
    SET_DISCARDED_BY,
    FROZEN,
    COUNT_FINISHED,
];

/// A run as its API document needs it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Run {
    /// The run.
    #[sqlx(try_from = "String")]
    pub id: RunId,
    /// Whose.
    #[sqlx(try_from = "String")]
    pub workspace_id: WorkspaceId,
    /// Of which configuration.
    #[sqlx(try_from = "String")]
    pub configuration_version_id: ConfigurationVersionId,
    /// Where it stands.
    #[sqlx(try_from = "String")]
    pub status: RunStatus,
    /// Since when.
    #[sqlx(try_from = "String")]
    pub status_times: StatusTimes,
    /// Said by its creator.
    pub message: String,
    /// `tfe-api`, `terraform+cloud`, ….
    pub source: String,
    /// `manual`.
    pub trigger_reason: String,
    /// Plans the destruction of everything.
    pub is_destroy: bool,
    /// Can never be applied.
    pub plan_only: bool,
    /// Needs no confirmation.
    pub auto_apply: bool,
    /// May be applied without changes.
    pub allow_empty_apply: bool,
    /// How it plans.
    #[sqlx(flatten, try_from = "ModeRow")]
    pub mode: Mode,
    /// Which engine.
    #[sqlx(try_from = "String")]
    pub engine: EngineName,
    /// The version asked for; [`Run::engine_version`] is the one used.
    pub terraform_version: String,
    /// Sealed: the variables its creator gave.
    pub own_variables_sealed: Vec<u8>,
    /// Copied from the plan.
    pub has_changes: bool,
    /// By whom.
    pub created_by: Option<String>,
    /// By whom, when a person confirmed it.
    pub confirmed_by: Option<String>,
    /// By whom, when canceled.
    pub canceled_by: Option<String>,
    /// When it ended by a cancel.
    pub canceled_at: Option<i64>,
    /// Set once a cancel was asked for.
    pub force_cancel_available_at: Option<i64>,
    /// When made.
    #[sqlx(try_from = "i64")]
    pub created_at: Time,
    /// When last changed.
    #[sqlx(try_from = "i64")]
    pub updated_at: Time,
    /// The run whose apply asked for it.
    pub triggering_run_id: Option<String>,
    /// Where that was.
    pub triggering_workspace_id: Option<String>,
    /// That workspace's name at that time.
    pub triggering_workspace_name: Option<String>,
    /// Its plan.
    #[sqlx(try_from = "String")]
    pub plan_id: PlanId,
    /// The engine's exact version, once planning has started.
    pub engine_version: Option<String>,
    /// Its logs hold the engine's JSON lines.
    pub structured_output: bool,
    /// Its apply.
    #[sqlx(try_from = "String")]
    pub apply_id: ApplyId,
    /// Its events in their order, with commas between them.
    pub event_ids: Option<String>,
}

/// What was frozen for a run's agent.
#[derive(Debug, sqlx::FromRow)]
pub struct Frozen {
    /// The run.
    #[sqlx(try_from = "String")]
    pub id: RunId,
    /// Relative to the archive.
    pub working_directory: String,
    /// Which engine.
    #[sqlx(try_from = "String")]
    pub engine: EngineName,
    /// The version asked for.
    pub terraform_version: String,
    /// `-destroy`.
    pub is_destroy: bool,
    /// How it plans.
    #[sqlx(flatten, try_from = "ModeRow")]
    pub mode: Mode,
    /// Sealed: all variables.
    pub variables_sealed: Vec<u8>,
    /// Of which configuration.
    #[sqlx(try_from = "String")]
    pub configuration_version_id: ConfigurationVersionId,
    /// Whose.
    #[sqlx(try_from = "String")]
    pub workspace_id: WorkspaceId,
    /// Its name.
    pub workspace_name: String,
    /// Its organization's name.
    pub organization_name: String,
    /// Its project's name.
    pub project_name: String,
}

/// A run by id.
pub async fn find(exec: impl Exec, id: &RunId) -> Result<Option<Run>, DbError> {
    exec.optional(sql(FIND).bind(id)).await
}

/// Some by id.
pub async fn of_ids(exec: impl Exec, ids: &[&RunId]) -> Result<Vec<Run>, DbError> {
    exec.all(sql_in(OF_IDS, ids.iter().copied().map(Into::into))).await
}

/// The first run of each of some configuration versions, in their own workspaces.
pub async fn first_of_configurations(
    exec: impl Exec,
    ids: &[&ConfigurationVersionId],
) -> Result<Vec<Run>, DbError> {
    exec.all(sql_in(FIRST_OF_CONFIGURATIONS, ids.iter().copied().map(Into::into))).await
}

/// The run an earlier, identical request has made (api-contract section 20 row 24).
pub async fn twin(
    exec: impl Exec,
    configuration: &ConfigurationVersionId,
    digest: &[u8],
) -> Result<Option<Run>, DbError> {
    exec.optional(sql(TWIN).bind(configuration).bind(digest)).await
}

/// Moves a run and writes the event; false when it is not in `from` any more. One that ends is counted, which takes rows
/// that all runs of its workspace share: the caller has the workspace's row.
pub async fn advance(
    tx: &mut Tx,
    id: &RunId,
    from: RunStatus,
    to: RunStatus,
    actor: Option<&UserId>,
    now: Time,
) -> Result<bool, DbError> {
    debug_assert!(from.may_become(to), "{from:?} to {to:?}");
    let moved = tx.run(sql(MOVE).bind(to).bind(lines(to, now)).bind(now).bind(id).bind(from)).await? == 1;
    if moved {
        run_events::store::insert(tx, id, to.event(), actor, now).await?;
        if to.is_final() {
            tx.run(sql(COUNT_FINISHED).bind(id)).await?;
        }
    }
    Ok(moved)
}

/// Takes a run's row for the rest of the transaction. Whoever writes an event without moving the run needs it: two events
/// must not take the same number.
pub async fn hold(tx: &mut Tx, id: &RunId) -> Result<(), DbError> {
    tx.run(sql(HOLD).bind(id)).await.map(drop)
}

/// Writes an event that does not move the run.
pub async fn note(tx: &mut Tx, id: &RunId, event: (&str, &str), now: Time) -> Result<(), DbError> {
    hold(tx, id).await?;
    run_events::store::insert(tx, id, event, None, now).await
}

fn lines(status: RunStatus, now: Time) -> String {
    status.timestamps().iter().map(|name| StatusTimes::line(name, now)).collect()
}

/// Copies the plan's `has-changes`.
pub async fn set_has_changes(tx: &mut Tx, id: &RunId, has_changes: bool) -> Result<(), DbError> {
    tx.run(sql(SET_HAS_CHANGES).bind(has_changes).bind(id)).await.map(drop)
}

/// Notes that a person wants a run to end; false when somebody did already.
pub async fn request_cancel(
    tx: &mut Tx,
    run: &Run,
    actor: &UserId,
    force_available_at: Time,
    now: Time,
) -> Result<bool, DbError> {
    let query =
        sql(REQUEST_CANCEL).bind(actor).bind(force_available_at).bind(now).bind(&run.id).bind(run.status);
    Ok(tx.run(query).await? == 1)
}

/// Notes who canceled a run that had not begun.
pub async fn set_canceled_by(tx: &mut Tx, id: &RunId, actor: &UserId, now: Time) -> Result<(), DbError> {
    tx.run(sql(SET_CANCELED_BY).bind(actor).bind(now).bind(id)).await.map(drop)
}

/// Notes when a cancel took effect.
pub async fn set_canceled_at(tx: &mut Tx, id: &RunId, now: Time) -> Result<(), DbError> {
    tx.run(sql(SET_CANCELED_AT).bind(now).bind(id)).await.map(drop)
}

/// Adds to the times of a run what is no status of its own.
pub async fn add_time(tx: &mut Tx, id: &RunId, name: &str, now: Time) -> Result<(), DbError> {
    tx.run(sql(ADD_TIME).bind(StatusTimes::line(name, now)).bind(id)).await.map(drop)
}

/// Notes who confirmed a run.
pub async fn set_confirmed_by(tx: &mut Tx, id: &RunId, actor: &UserId) -> Result<(), DbError> {
    tx.run(sql(SET_CONFIRMED_BY).bind(actor).bind(id)).await.map(drop)
}

/// Notes who discarded a run.
pub async fn set_discarded_by(tx: &mut Tx, id: &RunId, actor: &UserId) -> Result<(), DbError> {
    tx.run(sql(SET_DISCARDED_BY).bind(actor).bind(id)).await.map(drop)
}

/// What was frozen when the run was made.
pub async fn frozen(exec: impl Exec, id: &RunId) -> Result<Option<Frozen>, DbError> {
    exec.optional(sql(FROZEN).bind(id)).await
}
