//! Uses an invitation: the password is set, the user's sessions end, and a new one begins, in one transaction.

use super::store::{self, Guest};
use crate::app::App;
use crate::platform::pages::PageError;
use crate::{passwords, sessions};
use secrecy::SecretString;

/// The new session, or `None` when the invitation was used by somebody else meanwhile.
pub async fn accept(
    app: &App,
    digest: &[u8],
    guest: &Guest,
    password: SecretString,
) -> Result<Option<SecretString>, PageError> {
    let hash = app.hasher.hash(password).await?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    if !store::take(&mut tx, digest, now).await? {
        return Ok(None);
    }
    passwords::store::set(&mut tx, &guest.user_id, &hash, now).await?;
    // Whoever knew the old password is signed out.
    sessions::store::delete_of_user(&mut tx, &guest.user_id).await?;
    let session = sessions::open(app, &mut tx, &guest.user_id).await?;
    tx.commit().await?;
    Ok(Some(session))
}
