//! The `state_version_outputs` table.

use crate::ids::{StateVersionId, StateVersionOutputId};
use crate::platform::db::{DbError, Exec, Tx, sql, sql_in};
use terrane_jsonapi::Page;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT o.id, o.state_version_id, o.name, o.sensitive, o.type AS kind, o.detailed_type, o.value_sealed ",
            "FROM state_version_outputs o ",
            $rest
        )
    };
}

const FIND: &str = select!("WHERE o.id = $1");
const LIST: &str = select!("WHERE o.state_version_id = $1 ORDER BY o.name LIMIT $2 OFFSET $3");
const OF_VERSIONS: &str = select!("WHERE o.state_version_id IN ($1) ORDER BY o.name");
const COUNT: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM state_version_outputs WHERE state_version_id = $1";
const INSERT: &str = "INSERT INTO state_version_outputs (id, state_version_id, name, sensitive, type, detailed_type, \
     value_sealed) VALUES ($1, $2, $3, $4, $5, $6, $7)";

/// Every statement here.
pub const STATEMENTS: &[&str] = &[FIND, LIST, OF_VERSIONS, COUNT, INSERT];

/// An output, its value sealed.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct StateVersionOutput {
    /// The output.
    #[sqlx(try_from = "String")]
    pub id: StateVersionOutputId,
    /// Whose.
    #[sqlx(try_from = "String")]
    pub state_version_id: StateVersionId,
    /// Its name.
    pub name: String,
    /// Marked so in the configuration.
    pub sensitive: bool,
    /// `string`, `number`, `bool`, `array`, `object`, `dynamic`.
    pub kind: String,
    /// The engine's type, as JSON.
    pub detailed_type: String,
    /// The value as JSON text, encrypted for this row.
    pub value_sealed: Vec<u8>,
}

/// One by id.
pub async fn find(exec: impl Exec, id: &StateVersionOutputId) -> Result<Option<StateVersionOutput>, DbError> {
    exec.optional(sql(FIND).bind(id)).await
}

/// One page of a state version's outputs, by name.
pub async fn list(
    exec: impl Exec,
    version: &StateVersionId,
    page: Page,
) -> Result<Vec<StateVersionOutput>, DbError> {
    exec.all(sql(LIST).bind(version).bind(page.limit()).bind(page.offset())).await
}

/// All outputs of some state versions, by name.
pub async fn of_versions(
    exec: impl Exec,
    versions: &[&StateVersionId],
) -> Result<Vec<StateVersionOutput>, DbError> {
    if versions.is_empty() {
        return Ok(Vec::new());
    }
    exec.all(sql_in(OF_VERSIONS, versions.iter().copied().map(Into::into))).await
}

/// How many a state version has.
pub async fn count(exec: impl Exec, version: &StateVersionId) -> Result<u64, DbError> {
    let (count,): (i64,) = exec.one(sql(COUNT).bind(version)).await?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// Makes one.
pub async fn insert(tx: &mut Tx, row: &StateVersionOutput) -> Result<(), DbError> {
    let query = sql(INSERT)
        .bind(&row.id)
        .bind(&row.state_version_id)
        .bind(&row.name)
        .bind(row.sensitive)
        .bind(&row.kind)
        .bind(&row.detailed_type)
        .bind(row.value_sealed.clone());
    tx.run(query).await.map(drop)
}
