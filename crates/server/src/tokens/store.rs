//! The `tokens` table.

use crate::clock::Time;
use crate::ids::{AgentPoolId, TokenId, UserId};
use crate::platform::db::{DbError, Exec, Tx, sql};

macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT t.id, t.user_id, t.description, t.created_at, t.last_used_at, t.expired_at FROM tokens t ", $rest)
    };
}

const FIND: &str = select!("WHERE t.id = $1 AND t.kind = 'user'");
const LIST: &str = select!("WHERE t.user_id = $1 AND t.kind = 'user' ORDER BY t.created_at, t.id");
const INSERT: &str = "INSERT INTO tokens (id, kind, user_id, agent_pool_id, description, digest, created_at, expired_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
const DELETE: &str = "DELETE FROM tokens WHERE id = $1 AND user_id = $2";
const DELETE_EMBEDDED: &str =
    "DELETE FROM tokens WHERE kind = 'agent' AND agent_pool_id IS NULL AND description = $1";

/// Every statement here.
pub const STATEMENTS: &[&str] = &[FIND, LIST, INSERT, DELETE, DELETE_EMBEDDED];

/// What is known of a token; its text is not.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Token {
    /// The token's metadata.
    #[sqlx(try_from = "String")]
    pub id: TokenId,
    /// Whose.
    pub user_id: Option<String>,
    /// For people.
    pub description: Option<String>,
    /// When made.
    #[sqlx(try_from = "i64")]
    pub created_at: Time,
    /// To the minute.
    pub last_used_at: Option<i64>,
    /// When it stops to be valid.
    pub expired_at: Option<i64>,
}

/// A user's token by id.
pub async fn find(exec: impl Exec, id: &TokenId) -> Result<Option<Token>, DbError> {
    exec.optional(sql(FIND).bind(id)).await
}

/// A user's tokens, oldest first.
pub async fn list(exec: impl Exec, user: &UserId) -> Result<Vec<Token>, DbError> {
    exec.all(sql(LIST).bind(user)).await
}

/// Whose a token is.
#[derive(Debug, Clone, Copy)]
pub enum Holder<'a> {
    /// A user's; the row says whose.
    User,
    /// Of the agents of a pool, or of the embedded one.
    Agent(Option<&'a AgentPoolId>),
}

/// Makes one.
pub async fn insert(tx: &mut Tx, row: &Token, holder: Holder<'_>, digest: Vec<u8>) -> Result<(), DbError> {
    let (kind, pool) = match holder {
        Holder::User => ("user", None),
        Holder::Agent(pool) => ("agent", pool.map(String::from)),
    };
    let query = sql(INSERT)
        .bind(&row.id)
        .bind(kind)
        .bind(row.user_id.clone())
        .bind(pool)
        .bind(row.description.clone())
        .bind(digest)
        .bind(row.created_at)
        .bind(row.expired_at);
    tx.run(query).await.map(drop)
}

/// Deletes a user's token; false when there is none.
pub async fn delete(tx: &mut Tx, id: &TokenId, user: &UserId) -> Result<bool, DbError> {
    Ok(tx.run(sql(DELETE).bind(id).bind(user)).await? == 1)
}

/// Deletes the token of the embedded agent of this name.
pub async fn delete_embedded(tx: &mut Tx, name: &str) -> Result<(), DbError> {
    tx.run(sql(DELETE_EMBEDDED).bind(name)).await.map(drop)
}
