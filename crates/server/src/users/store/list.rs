//! Several users at once: built from a constant, every shape prepared by a test.

use super::{User, select};
use crate::platform::db::{DbError, Exec, Query, sql};

const BY_IDS: &str = select!("WHERE u.id IN ");

/// Those with these ids, oldest first. One query.
pub async fn by_ids(exec: impl Exec, ids: &[String]) -> Result<Vec<User>, DbError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    exec.all(ids.iter().fold(sql(query(ids.len())), Query::bind)).await
}

fn query(count: usize) -> String {
    let places: Vec<String> = (1..=count).map(|place| format!("${place}")).collect();
    format!("{BY_IDS}({}) ORDER BY u.created_at, u.id", places.join(", "))
}

/// Every statement that is put together here, for the test that prepares them on both databases.
pub fn shapes() -> Vec<String> {
    [1, 2].map(query).to_vec()
}
