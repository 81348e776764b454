//! Begins a session.

use super::store;
use crate::app::App;
use crate::ids::{UserId, random_text};
use crate::platform::access::digest_of_token;
use crate::platform::db::{DbError, Tx};
use secrecy::SecretString;

/// 44 characters of base 58 are 257 bits.
const SECRET_CHARS: usize = 44;
/// Browsers that a user is signed in with at the same time; the oldest is forgotten.
const SESSIONS_MAX: i64 = 20;

/// Begins a session of a user; the text is for their browser alone.
pub async fn open(app: &App, tx: &mut Tx, user: &UserId) -> Result<SecretString, DbError> {
    let now = app.clock.now();
    let text = random_text(SECRET_CHARS);
    let ends = now.plus(app.config.limits.session_life);
    store::insert(tx, digest_of_token(&text), user, now, ends).await?;
    store::tidy(tx, user, SESSIONS_MAX, now).await?;
    Ok(text.into())
}
