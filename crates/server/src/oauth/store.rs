//! The `authorization_codes` table.

use crate::clock::Time;
use crate::ids::{TokenId, UserId};
use crate::platform::db::{DbError, Exec, Tx, sql};

const INSERT: &str = "INSERT INTO authorization_codes (digest, user_id, redirect_uri, challenge, is_used, expires_at) \
     VALUES ($1, $2, $3, $4, FALSE, $5)";
const USE: &str = "UPDATE authorization_codes SET is_used = TRUE WHERE digest = $1 AND is_used = FALSE";
const FIND: &str = "SELECT c.user_id, c.redirect_uri, c.challenge, c.token_id, c.expires_at \
     FROM authorization_codes c WHERE c.digest = $1";
const SET_TOKEN: &str = "UPDATE authorization_codes SET token_id = $1 WHERE digest = $2";
const DELETE_ENDED: &str = "DELETE FROM authorization_codes WHERE expires_at <= $1";

/// Every statement here.
pub const STATEMENTS: &[&str] = &[INSERT, USE, FIND, SET_TOKEN, DELETE_ENDED];

/// What a code stands for.
#[derive(Debug, sqlx::FromRow)]
pub struct Code {
    /// Who agreed.
    #[sqlx(try_from = "String")]
    pub user_id: UserId,
    /// Where it was sent.
    pub redirect_uri: String,
    /// Of whoever asked for it.
    pub challenge: String,
    /// What it was used for.
    pub token_id: Option<String>,
    /// When it is good no more.
    #[sqlx(try_from = "i64")]
    pub expires_at: Time,
}

/// Makes one.
pub async fn insert(tx: &mut Tx, digest: Vec<u8>, code: &Code) -> Result<(), DbError> {
    let query = sql(INSERT).bind(digest).bind(&code.user_id).bind(&code.redirect_uri);
    tx.run(query.bind(&code.challenge).bind(code.expires_at)).await.map(drop)
}

/// Uses one up; false when it was used before, or there is none.
pub async fn take(tx: &mut Tx, digest: &[u8]) -> Result<bool, DbError> {
    Ok(tx.run(sql(USE).bind(digest)).await? == 1)
}

/// One, used or not.
pub async fn find(exec: impl Exec, digest: &[u8]) -> Result<Option<Code>, DbError> {
    exec.optional(sql(FIND).bind(digest)).await
}

/// Notes what it was used for.
pub async fn set_token(tx: &mut Tx, digest: &[u8], token: &TokenId) -> Result<(), DbError> {
    tx.run(sql(SET_TOKEN).bind(token).bind(digest)).await.map(drop)
}

/// Forgets those that ended before a time.
pub async fn tidy(tx: &mut Tx, before: Time) -> Result<(), DbError> {
    tx.run(sql(DELETE_ENDED).bind(before)).await.map(drop)
}
