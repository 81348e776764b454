//! The variables of several sets at once: built from a constant, every shape prepared by a test.

use super::{Variable, select};
use crate::ids::VarsetId;
use crate::platform::db::{DbError, Exec, Query, sql};

const OF_SETS: &str = select!("varset_id AS owner", "varset_variables", "WHERE v.varset_id IN ");

/// The variables of these sets, oldest first, at the most `limit`. One query.
pub async fn of_these_sets(
    exec: impl Exec,
    sets: &[VarsetId],
    limit: usize,
) -> Result<Vec<Variable>, DbError> {
    if sets.is_empty() {
        return Ok(Vec::new());
    }
    let query = sets.iter().fold(sql(query(sets.len())), Query::bind);
    exec.all(query.bind(i64::try_from(limit).unwrap_or(i64::MAX))).await
}

fn query(count: usize) -> String {
    let places: Vec<String> = (1..=count).map(|place| format!("${place}")).collect();
    format!("{OF_SETS}({}) ORDER BY v.created_at, v.id LIMIT ${}", places.join(", "), count + 1)
}

/// Every statement that is put together here, for the test that prepares them on both databases.
pub fn shapes() -> Vec<String> {
    [1, 2].map(query).to_vec()
}
