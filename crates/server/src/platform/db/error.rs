//! What can go wrong in the database, told apart only as far as callers care.

/// A failed query.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// A unique constraint was hit: somebody else has that name or that object exists already.
    #[error("the row exists already")]
    Unique(#[source] sqlx::Error),
    /// A row that this one belongs to is gone: somebody has just deleted it.
    #[error("what the row belongs to is gone")]
    Missing(#[source] sqlx::Error),
    /// The database did not answer, or answered with an error.
    #[error("the database failed: {0}")]
    Failed(#[source] sqlx::Error),
    /// The database cannot be reached at start.
    #[error("cannot open the database {url}: {reason}")]
    Unreachable {
        /// The address without its password.
        url: String,
        /// What the driver says.
        reason: String,
    },
    /// The schema cannot be brought up to date.
    #[error("cannot migrate the database: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
}

impl From<sqlx::Error> for DbError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) if database.is_unique_violation() => Self::Unique(error),
            sqlx::Error::Database(database) if database.is_foreign_key_violation() => Self::Missing(error),
            _ => Self::Failed(error),
        }
    }
}
