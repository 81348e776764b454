//! The `engine_versions` table.

use crate::clock::Time;
use crate::ids::EngineVersionId;
use crate::plans::model::EngineName;
use crate::platform::db::pattern::containing;
use crate::platform::db::{DbError, Exec, Tx, sql};
use terrane_jsonapi::Page;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT v.id, v.engine, v.version, v.sort_key, v.url, v.sha, v.official, v.enabled, v.beta, v.deprecated, ",
            "v.deprecated_reason, v.created_at, (SELECT CAST(COUNT(*) AS BIGINT) FROM workspaces w ",
            "WHERE w.engine = v.engine AND w.terraform_version = v.version) AS usage FROM engine_versions v ",
            $rest
        )
    };
}

const FIND: &str = select!("WHERE v.id = $1");
const LIST: &str = select!(
    "WHERE ($1 = '' OR v.version = $1) AND lower(v.version) LIKE $2 ESCAPE '\\' AND ($3 = '' OR v.engine = $3) \
     ORDER BY v.sort_key DESC, v.engine LIMIT $4 OFFSET $5"
);
const COUNT: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM engine_versions v WHERE ($1 = '' OR v.version = $1) \
     AND lower(v.version) LIKE $2 ESCAPE '\\' AND ($3 = '' OR v.engine = $3)";
const INSERT: &str = "INSERT INTO engine_versions (id, engine, version, sort_key, url, sha, official, enabled, beta, \
     deprecated, deprecated_reason, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
const NOTE: &str = "INSERT INTO engine_versions (id, engine, version, sort_key, url, sha, official, enabled, beta, \
     deprecated, deprecated_reason, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
     ON CONFLICT (engine, version) DO NOTHING";
const HOLD: &str = "UPDATE engine_versions SET enabled = enabled WHERE id = $1";
const UPDATE: &str = "UPDATE engine_versions SET engine = $1, version = $2, sort_key = $3, url = $4, sha = $5, \
     official = $6, enabled = $7, beta = $8, deprecated = $9, deprecated_reason = $10 WHERE id = $11";
const DELETE: &str = "DELETE FROM engine_versions WHERE id = $1";
const DISABLED: &str = "SELECT engine, version FROM engine_versions WHERE enabled = FALSE";
const ENGINES_OF: &str =
    "SELECT engine FROM engine_versions WHERE version = $1 AND enabled = TRUE ORDER BY engine";

/// Every statement here.
pub const STATEMENTS: &[&str] =
    &[FIND, LIST, COUNT, INSERT, NOTE, HOLD, UPDATE, DELETE, DISABLED, ENGINES_OF];

/// A version of an engine.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct EngineVersion {
    /// The row.
    #[sqlx(try_from = "String")]
    pub id: EngineVersionId,
    /// Whose.
    #[sqlx(try_from = "String")]
    pub engine: EngineName,
    /// Exact.
    pub version: String,
    /// By which it sorts.
    pub sort_key: String,
    /// Where its archive is.
    pub url: Option<String>,
    /// Hex SHA-256 of the archive.
    pub sha: Option<String>,
    /// A release of its publisher.
    pub official: bool,
    /// Workspaces and runs may name it.
    pub enabled: bool,
    /// Comes before a release.
    pub beta: bool,
    /// People should use another one.
    pub deprecated: bool,
    /// Why.
    pub deprecated_reason: Option<String>,
    /// When noted.
    #[sqlx(try_from = "i64")]
    pub created_at: Time,
    /// How many workspaces name it.
    pub usage: i64,
}

/// Which versions a list has.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Exactly this one.
    pub version: Option<String>,
    /// Those that hold this text.
    pub search: Option<String>,
    /// Of this engine.
    pub engine: Option<String>,
}

/// One by id.
pub async fn find(exec: impl Exec, id: &EngineVersionId) -> Result<Option<EngineVersion>, DbError> {
    exec.optional(sql(FIND).bind(id)).await
}

/// One page, the newest version first.
pub async fn list(exec: impl Exec, filter: &Filter, page: Page) -> Result<Vec<EngineVersion>, DbError> {
    let query = sql(LIST)
        .bind(filter.version.as_deref().unwrap_or_default())
        .bind(containing(filter.search.as_deref().unwrap_or_default()))
        .bind(filter.engine.as_deref().unwrap_or_default());
    exec.all(query.bind(page.limit()).bind(page.offset())).await
}

/// How many there are.
pub async fn count(exec: impl Exec, filter: &Filter) -> Result<u64, DbError> {
    let query = sql(COUNT)
        .bind(filter.version.as_deref().unwrap_or_default())
        .bind(containing(filter.search.as_deref().unwrap_or_default()))
        .bind(filter.engine.as_deref().unwrap_or_default());
    let (count,): (i64,) = exec.one(query).await?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// Makes one.
pub async fn insert(tx: &mut Tx, row: &EngineVersion) -> Result<(), DbError> {
    put(tx, INSERT, row).await
}

/// Makes one that may be there already.
pub async fn note(tx: &mut Tx, row: &EngineVersion) -> Result<(), DbError> {
    put(tx, NOTE, row).await
}

async fn put(tx: &mut Tx, statement: &'static str, row: &EngineVersion) -> Result<(), DbError> {
    let query = sql(statement)
        .bind(&row.id)
        .bind(row.engine)
        .bind(&row.version)
        .bind(&row.sort_key)
        .bind(row.url.clone())
        .bind(row.sha.clone())
        .bind(row.official)
        .bind(row.enabled)
        .bind(row.beta)
        .bind(row.deprecated)
        .bind(row.deprecated_reason.clone())
        .bind(row.created_at);
    tx.run(query).await.map(drop)
}

/// One by id, its row taken for the rest of the transaction.
pub async fn hold(tx: &mut Tx, id: &EngineVersionId) -> Result<Option<EngineVersion>, DbError> {
    tx.run(sql(HOLD).bind(id)).await?;
    find(tx, id).await
}

/// Writes all of one.
pub async fn update(tx: &mut Tx, row: &EngineVersion) -> Result<(), DbError> {
    let query = sql(UPDATE)
        .bind(row.engine)
        .bind(&row.version)
        .bind(&row.sort_key)
        .bind(row.url.clone())
        .bind(row.sha.clone())
        .bind(row.official)
        .bind(row.enabled)
        .bind(row.beta)
        .bind(row.deprecated)
        .bind(row.deprecated_reason.clone())
        .bind(&row.id);
    tx.run(query).await.map(drop)
}

/// Deletes one.
pub async fn delete(tx: &mut Tx, id: &EngineVersionId) -> Result<(), DbError> {
    tx.run(sql(DELETE).bind(id)).await.map(drop)
}

/// What nobody may use; there are few.
pub async fn disabled(exec: impl Exec) -> Result<Vec<(String, String)>, DbError> {
    exec.all(sql(DISABLED)).await
}

/// The engines that have a version.
pub async fn engines_of(exec: impl Exec, version: &str) -> Result<Vec<String>, DbError> {
    let rows: Vec<(String,)> = exec.all(sql(ENGINES_OF).bind(version)).await?;
    Ok(rows.into_iter().map(|(engine,)| engine).collect())
}
