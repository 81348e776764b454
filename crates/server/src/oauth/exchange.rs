//! Exchanges a code for a token.

use super::model::fits;
use super::store;
use crate::app::App;
use crate::ids::TokenId;
use crate::platform::access::digest_of_token;
use crate::platform::db::DbError;
use crate::tokens::{self, Issued};

/// What a client shows for its code.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    pub code: &'a str,
    pub verifier: &'a str,
    pub redirect_uri: &'a str,
}

/// The token, or `None` when the code is none, or not for this client. Whoever shows a code uses it up, so that its
/// verifier cannot be guessed. Shown again it ends the token that it was used for: one of the two has stolen it (RFC 6749
/// section 4.1.2).
pub async fn exchange(app: &App, shown: Shown<'_>) -> Result<Option<Issued>, DbError> {
    let (now, digest) = (app.clock.now(), digest_of_token(shown.code));
    let mut tx = app.db.begin().await?;
    let is_first = store::take(&mut tx, &digest).await?;
    let Some(code) = store::find(&mut tx, &digest).await? else { return Ok(None) };
    if !is_first {
        if let Some(token) = code.token_id {
            tokens::store::delete(&mut tx, &TokenId::from(token), &code.user_id).await?;
            tracing::warn!(user = %code.user_id, "an authorization code was used twice; its token was revoked");
        }
        tx.commit().await?;
        return Ok(None);
    }
    let is_right = code.expires_at > now
        && code.redirect_uri == shown.redirect_uri
        && fits(shown.verifier, &code.challenge);
    if !is_right {
        tx.commit().await?;
        return Ok(None);
    }
    let (description, expires) =
        ("made by tofu login or terraform login", now.plus(app.config.limits.token_life));
    let issued =
        tokens::issue(&mut tx, &code.user_id, Some(description.to_owned()), Some(expires), now).await?;
    store::set_token(&mut tx, &digest, &issued.token.id).await?;
    tx.commit().await?;
    Ok(Some(issued))
}
