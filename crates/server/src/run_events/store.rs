//! The `run_events` table.

use crate::clock::Time;
use crate::ids::{CommentId, RunEventId, RunId, UserId};
use crate::platform::db::{DbError, Exec, Tx, sql};

/// The run's row is being changed, so nobody else takes the same number.
const INSERT: &str = "INSERT INTO run_events (id, run_id, ordinal, action, description, actor_id, comment_id, created_at) \
     VALUES ($1, $2, (SELECT COALESCE(MAX(ordinal), 0) + 1 FROM run_events WHERE run_id = $2), $3, $4, $5, $6, $7)";
const OF_RUN: &str = "SELECT id, run_id, action, description, actor_id, comment_id, created_at FROM run_events \
     WHERE run_id = $1 ORDER BY ordinal";
const FIND: &str =
    "SELECT id, run_id, action, description, actor_id, comment_id, created_at FROM run_events WHERE id = $1";

/// Every statement here.
pub const STATEMENTS: &[&str] = &[INSERT, OF_RUN, FIND];

/// One thing that happened.
#[derive(Debug, sqlx::FromRow)]
pub struct RunEvent {
    /// The event.
    #[sqlx(try_from = "String")]
    pub id: RunEventId,
    /// Its run.
    #[sqlx(try_from = "String")]
    pub run_id: RunId,
    /// A word.
    pub action: String,
    /// A sentence.
    pub description: String,
    /// By whom, when a person did it.
    pub actor_id: Option<String>,
    /// What was said.
    pub comment_id: Option<String>,
    /// When.
    #[sqlx(try_from = "i64")]
    pub created_at: Time,
}

/// Writes an event.
pub async fn insert(
    tx: &mut Tx,
    run: &RunId,
    event: (&str, &str),
    actor: Option<&UserId>,
    now: Time,
) -> Result<(), DbError> {
    write(tx, run, event, actor, None, now).await
}

/// Writes the event of a comment.
pub async fn insert_comment(
    tx: &mut Tx,
    run: &RunId,
    comment: &CommentId,
    actor: &UserId,
    now: Time,
) -> Result<(), DbError> {
    write(tx, run, ("commented", "Comment added"), Some(actor), Some(comment), now).await
}

async fn write(
    tx: &mut Tx,
    run: &RunId,
    (action, description): (&str, &str),
    actor: Option<&UserId>,
    comment: Option<&CommentId>,
    now: Time,
) -> Result<(), DbError> {
    let actor = actor.map(String::from);
    let query = sql(INSERT)
        .bind(&RunEventId::random())
        .bind(run)
        .bind(action)
        .bind(description)
        .bind(actor)
        .bind(comment.map(String::from))
        .bind(now);
    tx.run(query).await.map(drop)
}

/// A run's events, oldest first.
pub async fn of_run(exec: impl Exec, run: &RunId) -> Result<Vec<RunEvent>, DbError> {
    exec.all(sql(OF_RUN).bind(run)).await
}

/// One event.
pub async fn find(exec: impl Exec, id: &RunEventId) -> Result<Option<RunEvent>, DbError> {
    exec.optional(sql(FIND).bind(id)).await
}
