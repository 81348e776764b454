//! Gives out codes.

use super::model::Asked;
use super::store::{self, Code};
use crate::app::App;
use crate::clock::Time;
use crate::ids::{UserId, random_text};
use crate::platform::access::digest_of_token;
use crate::platform::db::DbError;

/// 44 characters of base 58 are 257 bits.
const CODE_CHARS: usize = 44;
/// For so long after its end a code that is used again still ends the token it was used for.
const REMEMBERED_MICROS: i64 = 24 * 3600 * 1_000_000;

/// A code for somebody who has agreed.
pub async fn authorize(app: &App, user: &UserId, asked: &Asked) -> Result<String, DbError> {
    let (now, text) = (app.clock.now(), random_text(CODE_CHARS));
    let code = Code {
        user_id: user.clone(),
        redirect_uri: asked.redirect_uri.clone(),
        challenge: asked.code_challenge.clone(),
        token_id: None,
        expires_at: now.plus(app.config.limits.authorization_code_life),
    };
    let mut tx = app.db.begin().await?;
    store::tidy(&mut tx, Time(now.0 - REMEMBERED_MICROS)).await?;
    store::insert(&mut tx, digest_of_token(&text), &code).await?;
    tx.commit().await?;
    Ok(text)
}
