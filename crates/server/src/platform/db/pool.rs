//! The pools and transactions.

use super::count::count;
use super::dialect::Dialect;
use super::error::DbError;
use super::query::Query;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions, PgRow};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, Connection, FromRow, Postgres, Sqlite, Transaction};
use std::fmt::Display;
use std::future::Future;
use std::str::FromStr;
use std::time::Duration;

/// How long SQLite waits for another process (`terrane admin`) that writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a request waits for a connection before it fails.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// Connections that read SQLite at the same time.
const SQLITE_READERS_MAX: u32 = 4;
/// Connections to PostgreSQL.
const POSTGRES_CONNECTIONS_MAX: u32 = 16;

/// A connection to PostgreSQL that was used within this time is used again without asking whether it still works: the
/// question would cost each read as much as its answer.
const TRUSTED_FOR: Duration = Duration::from_secs(1);

/// A struct that can be read from a row of either database.
pub trait Row: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}
impl<T> Row for T where T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}

/// The database. Cheap to clone.
#[derive(Debug, Clone)]
pub enum Db {
    /// PostgreSQL.
    Postgres(PgPool),
    /// SQLite: any number of readers, one writer.
    Sqlite {
        /// Read-only connections.
        read: SqlitePool,
        /// The one connection that writes.
        write: SqlitePool,
    },
}

/// A transaction. Everything that writes goes through one. Dropped without [`Tx::commit`], nothing happened.
#[derive(Debug)]
pub enum Tx {
    /// On PostgreSQL.
    Postgres(Transaction<'static, Postgres>),
    /// On SQLite.
    Sqlite(Transaction<'static, Sqlite>),
}

/// What can run a query: `&Db` (reads) or `&mut Tx`.
pub trait Exec: Send + Sized {
    /// All rows.
    fn all<T: Row>(self, query: Query) -> impl Future<Output = Result<Vec<T>, DbError>> + Send;
    /// The row, if there is one.
    fn optional<T: Row>(self, query: Query) -> impl Future<Output = Result<Option<T>, DbError>> + Send;
    /// Exactly one row.
    fn one<T: Row>(self, query: Query) -> impl Future<Output = Result<T, DbError>> + Send;
    /// How many rows a statement changed.
    fn run(self, query: Query) -> impl Future<Output = Result<u64, DbError>> + Send;
}

macro_rules! exec {
    ($on:ty, $self:ident, $postgres:pat => $postgres_exec:expr, $sqlite:pat => $sqlite_exec:expr) => {
        impl Exec for $on {
            async fn all<T: Row>($self, query: Query) -> Result<Vec<T>, DbError> {
                count();
                Ok(match $self {
                    $postgres => sqlx::query_as_with(AssertSqlSafe(query.sql), query.args).fetch_all($postgres_exec).await?,
                    $sqlite => sqlx::query_as_with(AssertSqlSafe(query.sql), query.args).fetch_all($sqlite_exec).await?,
                })
            }

            async fn optional<T: Row>($self, query: Query) -> Result<Option<T>, DbError> {
                count();
                Ok(match $self {
                    $postgres => sqlx::query_as_with(AssertSqlSafe(query.sql), query.args).fetch_optional($postgres_exec).await?,
                    $sqlite => sqlx::query_as_with(AssertSqlSafe(query.sql), query.args).fetch_optional($sqlite_exec).await?,
                })
            }

            async fn one<T: Row>($self, query: Query) -> Result<T, DbError> {
                count();
                Ok(match $self {
                    $postgres => sqlx::query_as_with(AssertSqlSafe(query.sql), query.args).fetch_one($postgres_exec).await?,
                    $sqlite => sqlx::query_as_with(AssertSqlSafe(query.sql), query.args).fetch_one($sqlite_exec).await?,
                })
            }

            async fn run($self, query: Query) -> Result<u64, DbError> {
                count();
                Ok(match $self {
                    $postgres => sqlx::query_with(AssertSqlSafe(query.sql), query.args).execute($postgres_exec).await?.rows_affected(),
                    $sqlite => sqlx::query_with(AssertSqlSafe(query.sql), query.args).execute($sqlite_exec).await?.rows_affected(),
                })
            }
        }
    };
}

exec!(&Db, self, Db::Postgres(pool) => pool, Db::Sqlite { read, .. } => read);
exec!(&mut Tx, self, Tx::Postgres(tx) => &mut **tx, Tx::Sqlite(tx) => &mut **tx);

impl Db {
    /// Opens `sqlite:PATH` or `postgres://…` and brings its schema up to date.
    ///
    /// # Errors
    /// [`DbError::Unreachable`] names the address without its password.
    pub async fn open(url: &str) -> Result<Self, DbError> {
        let db = if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Self::open_postgres(url).await?
        } else if url.starts_with("sqlite:") {
            Self::open_sqlite(url).await?
        } else {
            return Err(unreachable(url, &"the address begins neither with postgres:// nor with sqlite:"));
        };
        db.migrate().await?;
        Ok(db)
    }

    async fn open_postgres(url: &str) -> Result<Self, DbError> {
        let failed = |error: sqlx::Error| unreachable(url, &error);
        let options = PgConnectOptions::from_str(url).map_err(failed)?.application_name("terrane");
        // By hand once: a pool tries a refused connection again until its time is over, and then does not say why.
        let first = tokio::time::timeout(ACQUIRE_TIMEOUT, PgConnection::connect_with(&options)).await;
        let first = first.map_err(|_| unreachable(url, &"it does not answer"))?.map_err(failed)?;
        first.close().await.map_err(failed)?;
        let pool = PgPoolOptions::new()
            .max_connections(POSTGRES_CONNECTIONS_MAX)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .test_before_acquire(false)
            .before_acquire(|connection, about| {
                Box::pin(async move {
                    if about.idle_for > TRUSTED_FOR {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            })
            .connect_lazy_with(options);
        Ok(Self::Postgres(pool))
    }

    async fn open_sqlite(url: &str) -> Result<Self, DbError> {
        let unreachable = |error: sqlx::Error| unreachable(url, &error);
        let options = SqliteConnectOptions::from_str(url)
            .map_err(unreachable)?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY_TIMEOUT)
            .foreign_keys(true);
        let pool = || {
            SqlitePoolOptions::new().acquire_timeout(ACQUIRE_TIMEOUT).idle_timeout(None).max_lifetime(None)
        };
        let write = pool().max_connections(1).connect_with(options.clone()).await.map_err(unreachable)?;
        let read = pool()
            .max_connections(SQLITE_READERS_MAX)
            .connect_lazy_with(options.read_only(true).pragma("query_only", "on"));
        Ok(Self::Sqlite { read, write })
    }

    /// Begins a transaction that may write.
    pub async fn begin(&self) -> Result<Tx, DbError> {
        Ok(match self {
            Self::Postgres(pool) => begin_whole(pool, "BEGIN").await?,
            // Immediate, so that reading first and writing later cannot meet SQLITE_BUSY_SNAPSHOT.
            Self::Sqlite { write, .. } => Tx::Sqlite(write.begin_with("BEGIN IMMEDIATE").await?),
        })
    }

    /// Begins a transaction that only reads: all of it sees the database as it was at the first read. For answers
    /// that are put together from several rows which change together.
    pub async fn snapshot(&self) -> Result<Tx, DbError> {
        Ok(match self {
            Self::Postgres(pool) => {
                begin_whole(pool, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?
            }
            Self::Sqlite { read, .. } => Tx::Sqlite(read.begin().await?),
        })
    }

    /// Which database this is.
    pub fn dialect(&self) -> Dialect {
        match self {
            Self::Postgres(_) => Dialect::Postgres,
            Self::Sqlite { .. } => Dialect::Sqlite,
        }
    }

    /// Whether the database answers.
    pub async fn check(&self) -> Result<(), DbError> {
        let one: (i64,) = self.one(super::sql("SELECT CAST(1 AS BIGINT)")).await?;
        debug_assert_eq!(one.0, 1);
        Ok(())
    }

    /// Closes every connection; SQLite then folds its write-ahead log into the file.
    pub async fn close(&self) {
        match self {
            Self::Postgres(pool) => pool.close().await,
            Self::Sqlite { read, write } => {
                read.close().await;
                write.close().await;
            }
        }
    }
}

/// Begins in a task of its own, which a caller that is gone does not end: sqlx forgets a BEGIN that is given up half way,
/// and the connection would go back to the pool with an open transaction.
async fn begin_whole(pool: &PgPool, statement: &'static str) -> Result<Tx, DbError> {
    let pool = pool.clone();
    let begun = tokio::spawn(async move { pool.begin_with(statement).await }).await;
    Ok(Tx::Postgres(begun.unwrap_or(Err(sqlx::Error::WorkerCrashed))?))
}

impl Tx {
    /// Makes everything durable and visible at once.
    pub async fn commit(self) -> Result<(), DbError> {
        match self {
            Self::Postgres(tx) => tx.commit().await?,
            Self::Sqlite(tx) => tx.commit().await?,
        }
        Ok(())
    }

    /// Which database this is on.
    pub fn dialect(&self) -> Dialect {
        match self {
            Self::Postgres(_) => Dialect::Postgres,
            Self::Sqlite(_) => Dialect::Sqlite,
        }
    }
}

fn unreachable(url: &str, reason: &dyn Display) -> DbError {
    DbError::Unreachable { url: without_secrets(url), reason: reason.to_string() }
}

/// A database address that may be shown, also one that cannot be read: a password may hold any letter, and a query
/// may hold a password.
fn without_secrets(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return if url.starts_with("sqlite:") { url.to_owned() } else { "…".to_owned() };
    };
    let user_end = rest.rfind('@').map_or(0, |at| at + 1);
    let place = &rest[user_end..];
    let is_plain = !rest[..user_end].contains('?');
    match place.split_once('?') {
        _ if !is_plain => format!("{scheme}://…"),
        Some((place, _)) => format!("{scheme}://{place}?…"),
        None => format!("{scheme}://{place}"),
    }
}

#[cfg(test)]
mod tests {
    use super::without_secrets;

    #[test]
    fn secrets_are_not_shown() {
        for (url, shown) in [
            ("postgres://ada:hunter2@db:5432/terrane", "postgres://db:5432/terrane"),
            ("postgres://ada:hun/ter2@db/terrane", "postgres://db/terrane"),
            ("postgres://ada:hun@ter2@db/terrane?sslmode=require", "postgres://db/terrane?…"),
            ("postgres://ada:hun?ter2@db/terrane", "postgres://…"),
            ("postgres://db/terrane?password=hun@ter2", "postgres://…"),
            ("mysql://ada:hunter2@db/terrane", "mysql://db/terrane"),
            ("host=db password=hunter2", "…"),
            ("sqlite:/var/lib/terrane/terrane.db", "sqlite:/var/lib/terrane/terrane.db"),
        ] {
            assert_eq!(without_secrets(url), shown);
        }
    }
}
