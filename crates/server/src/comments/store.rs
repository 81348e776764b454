//! The `comments` table.

use crate::clock::Time;
use crate::ids::{CommentId, RunId, UserId};
use crate::platform::db::{DbError, Exec, Tx, sql};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT c.id, c.run_id, c.body, e.id AS run_event_id FROM comments c ",
            "LEFT JOIN run_events e ON e.run_id = c.run_id AND e.comment_id = c.id ",
            $rest
        )
    };
}

const FIND: &str = select!("WHERE c.id = $1");
const OF_RUN: &str = select!("WHERE c.run_id = $1 ORDER BY c.created_at, c.id LIMIT $2 OFFSET $3");
const COUNT: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM comments WHERE run_id = $1";
const INSERT: &str =
    "INSERT INTO comments (id, run_id, body, created_by, created_at) VALUES ($1, $2, $3, $4, $5)";

/// Every statement here.
pub const STATEMENTS: &[&str] = &[FIND, OF_RUN, COUNT, INSERT];

/// A comment.
#[derive(Debug, sqlx::FromRow)]
pub struct Comment {
    /// The comment.
    #[sqlx(try_from = "String")]
    pub id: CommentId,
    /// On which run.
    #[sqlx(try_from = "String")]
    pub run_id: RunId,
    /// What was said.
    pub body: String,
    /// The event that tells of it.
    pub run_event_id: Option<String>,
}

/// A comment by id.
pub async fn find(exec: impl Exec, id: &CommentId) -> Result<Option<Comment>, DbError> {
    exec.optional(sql(FIND).bind(id)).await
}

/// Some of the comments on a run, oldest first.
pub async fn of_run(exec: impl Exec, run: &RunId, limit: i64, offset: i64) -> Result<Vec<Comment>, DbError> {
    exec.all(sql(OF_RUN).bind(run).bind(limit).bind(offset)).await
}

/// How many there are.
pub async fn count(exec: impl Exec, run: &RunId) -> Result<u64, DbError> {
    let (count,): (i64,) = exec.one(sql(COUNT).bind(run)).await?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// Makes one.
pub async fn insert(
    tx: &mut Tx,
    id: &CommentId,
    run: &RunId,
    body: &str,
    creator: &UserId,
    now: Time,
) -> Result<(), DbError> {
    tx.run(sql(INSERT).bind(id).bind(run).bind(body).bind(creator).bind(now)).await.map(drop)
}
