//! What a run was made from, beside what its creator asked for.

use crate::ids::RunId;
use crate::platform::db::{DbError, Exec, Tx, sql};

const SET_VARIABLES_USED: &str = "UPDATE runs SET variables_used = $1 WHERE id = $2";
const VARIABLES_USED: &str = "SELECT r.variables_used FROM runs r WHERE r.id = $1";

/// Every statement here.
pub const STATEMENTS: &[&str] = &[SET_VARIABLES_USED, VARIABLES_USED];

/// Keeps, as JSON, which variables a run was made from.
pub async fn set_variables_used(tx: &mut Tx, id: &RunId, used: &str) -> Result<(), DbError> {
    tx.run(sql(SET_VARIABLES_USED).bind(used).bind(id)).await.map(drop)
}

/// JSON: the variables a run was made from, without values; `None` for runs that were made before they were kept.
pub async fn variables_used(exec: impl Exec, id: &RunId) -> Result<Option<String>, DbError> {
    let row: Option<(Option<String>,)> = exec.optional(sql(VARIABLES_USED).bind(id)).await?;
    Ok(row.and_then(|(used,)| used))
}
