//! Those of several configuration versions at once: built from a constant, every shape prepared by a test.

use super::{IngressAttributes, select};
use crate::ids::ConfigurationVersionId;
use crate::platform::db::{DbError, Exec, Query, sql};

const OF_THESE: &str = select!("WHERE i.configuration_version_id IN ");

/// Those of these configuration versions that have some. One query.
pub async fn of_these(
    exec: impl Exec,
    ids: &[&ConfigurationVersionId],
) -> Result<Vec<IngressAttributes>, DbError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    exec.all(ids.iter().copied().fold(sql(query(ids.len())), Query::bind)).await
}

fn query(count: usize) -> String {
    let places: Vec<String> = (1..=count).map(|place| format!("${place}")).collect();
    format!("{OF_THESE}({}) ORDER BY i.id", places.join(", "))
}

/// Every statement that is put together here, for the test that prepares them on both databases.
pub fn shapes() -> Vec<String> {
    [1, 2].map(query).to_vec()
}
