//! Makes invitations.

use super::store;
use crate::clock::Time;
use crate::ids::random_text;
use crate::platform::access::digest_of_token;
use crate::platform::db::Db;
use crate::users::{self, NameError};
use secrecy::SecretString;
use std::time::Duration;

/// What stands before the secret in the link.
pub const PATH: &str = "/invitations/";
/// 44 characters of base 58 are 257 bits.
const SECRET_CHARS: usize = 44;

/// A new invitation.
#[derive(Debug)]
pub struct Invited {
    /// The end of the link, shown this once.
    pub secret: SecretString,
    /// Until when it is good.
    pub expires_at: Time,
    /// A new user was made for it, and is the first site administrator.
    pub made_first_admin: bool,
}

/// An invitation for the user of this name, who is made if there is none; an earlier one of theirs is good no more.
///
/// # Errors
/// When this cannot be a name, or the database fails.
pub async fn invite(db: &Db, username: &str, life: Duration, now: Time) -> Result<Invited, NameError> {
    let mut tx = db.begin().await?;
    let (user, made_first_admin) = users::find_or_make(&mut tx, username, now).await?;
    let secret = random_text(SECRET_CHARS);
    let expires_at = now.plus(life);
    store::put(&mut tx, &user.id, digest_of_token(&secret), now, expires_at).await?;
    tx.commit().await?;
    Ok(Invited { secret: secret.into(), expires_at, made_first_admin })
}
