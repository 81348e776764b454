//! The `applies` table.

use crate::clock::Time;
use crate::ids::{ApplyId, RunId};
use crate::platform::db::{DbError, Exec, Tx, sql};

const INSERT: &str = "INSERT INTO applies (id, run_id, status, status_times) VALUES ($1, $2, 'pending', $3)";
const GIVE_UP: &str = "UPDATE applies SET status = 'unreachable' WHERE run_id = $1 AND status = 'pending'";

/// Every statement here.
pub const STATEMENTS: &[&str] = &[INSERT, GIVE_UP];

/// Makes a run's apply.
pub async fn insert(tx: &mut Tx, id: &ApplyId, run: &RunId, now: Time) -> Result<(), DbError> {
    tx.run(sql(INSERT).bind(id).bind(run).bind(format!("pending-at={}\n", now.0))).await.map(drop)
}

/// The run has ended without an apply.
pub async fn give_up(tx: &mut Tx, run: &RunId) -> Result<(), DbError> {
    tx.run(sql(GIVE_UP).bind(run)).await.map(drop)
}
