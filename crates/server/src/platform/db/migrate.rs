//! The schema: two folders of migrations with the same names, embedded in the program.

use super::error::DbError;
use super::pool::Db;
use sqlx::migrate::Migrator;

static SQLITE: Migrator = sqlx::migrate!("../../migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("../../migrations/postgres");

/// All PostgreSQL migrations with their names: what a migrated database hangs on.
pub fn postgres_migrations() -> String {
    POSTGRES
        .iter()
        .map(|migration| {
            format!("{} {}\n{}", migration.version, migration.description, migration.sql.as_str())
        })
        .collect()
}

impl Db {
    /// Brings the schema up to date. Several servers may do so at the same time: the database's own lock orders them.
    pub(super) async fn migrate(&self) -> Result<(), DbError> {
        match self {
            Self::Postgres(pool) => POSTGRES.run(pool).await?,
            Self::Sqlite { write, .. } => SQLITE.run(write).await?,
        }
        Ok(())
    }
}
