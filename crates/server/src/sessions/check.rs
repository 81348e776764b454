//! From a name and a password to a user.

use super::tries::Refused;
use crate::app::App;
use crate::ids::UserId;
use crate::passwords;
use crate::platform::pages::PageError;
use secrecy::SecretString;
use std::net::IpAddr;

/// Longer ones are nobody's.
const NAME_CHARS_MAX: usize = 64;

/// What came of a try.
#[derive(Debug)]
pub enum Outcome {
    /// Name and password belong together.
    Right(UserId),
    /// They do not, or there is no such user, or the user has no password: nobody is told which.
    Wrong,
    /// Not looked at.
    Refused(Refused),
}

/// Checks a password. Whatever is wrong takes as long: without a password to compare with, another one is taken.
pub async fn check(
    app: &App,
    name: &str,
    password: SecretString,
    address: Option<IpAddr>,
) -> Result<Outcome, PageError> {
    let begun = match app.tries.begin(
        &name.chars().take(NAME_CHARS_MAX).collect::<String>(),
        address,
        app.clock.now(),
    ) {
        Ok(begun) => begun,
        Err(refused) => return Ok(Outcome::Refused(refused)),
    };
    let known = passwords::store::of_name(&app.db, name).await?;
    let (user, hash) = known.map(|known| (known.user_id, known.hash)).unzip();
    if !app.hasher.verify(password, hash.flatten()).await? {
        return Ok(Outcome::Wrong);
    }
    app.tries.succeeded(begun);
    Ok(user.map_or(Outcome::Wrong, Outcome::Right))
}
