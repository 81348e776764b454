//! The user of a name, for commands on the server's own machine.

use super::store::{self, User};
use crate::clock::Time;
use crate::ids::UserId;
use crate::platform::db::{DbError, Tx};

const NAME_CHARS_MAX: usize = 64;

/// Why there is no such user.
#[derive(Debug, thiserror::Error)]
pub enum NameError {
    /// Not a name.
    #[error("{0:?} cannot be the name of a user or a pool: use 1 to 64 letters, digits, - _ . or @")]
    Name(String),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// The user of this name, made if there is none; without any site administrator they become the first one, which is told.
///
/// # Errors
/// When this cannot be a name, or the database fails.
pub async fn find_or_make(tx: &mut Tx, username: &str, now: Time) -> Result<(User, bool), NameError> {
    check_name(username)?;
    if let Some(user) = store::by_name(&mut *tx, username).await? {
        return Ok((user, false));
    }
    let is_site_admin = !store::has_admin(&mut *tx).await?;
    let user = User {
        id: UserId::random(),
        username: username.to_owned(),
        email: None,
        is_site_admin,
        created_at: now,
    };
    store::insert(tx, &user).await?;
    Ok((user, is_site_admin))
}

/// Whether this can be the name of a user or of a pool.
///
/// # Errors
/// Says what a name is.
pub fn check_name(name: &str) -> Result<(), NameError> {
    let fits = |letter: char| letter.is_alphanumeric() || "-_.@".contains(letter);
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX || !name.chars().all(fits) {
        return Err(NameError::Name(name.to_owned()));
    }
    Ok(())
}
