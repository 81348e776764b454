//! The `users` table.

mod list;

pub use list::{by_ids, shapes};

use crate::clock::Time;
use crate::ids::UserId;
use crate::platform::db::{DbError, Exec, Tx, sql, sql_in};

macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT u.id, u.username, u.email, u.is_site_admin, u.created_at FROM users u ", $rest)
    };
}

use select;

const FIND: &str = select!("WHERE u.id = $1");
const OF_IDS: &str = select!("WHERE u.id IN ($1)");
const BY_NAME: &str = select!("WHERE u.username = $1");
const INSERT: &str =
    "INSERT INTO users (id, username, email, is_site_admin, created_at) VALUES ($1, $2, $3, $4, $5)";
const ADMINS: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM users WHERE is_site_admin = TRUE";

/// Every statement here.
pub const STATEMENTS: &[&str] = &[FIND, OF_IDS, BY_NAME, INSERT, ADMINS];

/// A user.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct User {
    /// The user.
    #[sqlx(try_from = "String")]
    pub id: UserId,
    /// Unique.
    pub username: String,
    /// Only shown to the user.
    pub email: Option<String>,
    /// Sees and manages every organization.
    pub is_site_admin: bool,
    /// When made.
    #[sqlx(try_from = "i64")]
    pub created_at: Time,
}

/// One by id.
pub async fn find(exec: impl Exec, id: &UserId) -> Result<Option<User>, DbError> {
    exec.optional(sql(FIND).bind(id)).await
}

/// Some by id.
pub async fn of_ids(exec: impl Exec, ids: &[&UserId]) -> Result<Vec<User>, DbError> {
    exec.all(sql_in(OF_IDS, ids.iter().copied().map(Into::into))).await
}

/// One by name.
pub async fn by_name(exec: impl Exec, username: &str) -> Result<Option<User>, DbError> {
    exec.optional(sql(BY_NAME).bind(username)).await
}

/// The name of one, for a text.
pub async fn name_of(exec: impl Exec, id: &str) -> Result<Option<String>, DbError> {
    let user: Option<User> = exec.optional(sql(FIND).bind(id)).await?;
    Ok(user.map(|user| user.username))
}

/// Makes one.
pub async fn insert(tx: &mut Tx, row: &User) -> Result<(), DbError> {
    let query = sql(INSERT)
        .bind(&row.id)
        .bind(&row.username)
        .bind(row.email.clone())
        .bind(row.is_site_admin)
        .bind(row.created_at);
    tx.run(query).await.map(drop)
}

/// Whether there is a site administrator.
pub async fn has_admin(exec: impl Exec) -> Result<bool, DbError> {
    let (count,): (i64,) = exec.one(sql(ADMINS)).await?;
    Ok(count > 0)
}
