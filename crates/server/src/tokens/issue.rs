//! Makes tokens.

use super::store::{self, Holder, Token};
use crate::agents;
use crate::clock::Time;
use crate::ids::{AgentPoolId, TokenId, UserId, random_text};
use crate::platform::access::digest_of_token;
use crate::platform::db::{Db, DbError, Tx};
use crate::users::{self, NameError, check_name};
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;

/// 44 characters of base 58 are 257 bits.
const SECRET_CHARS: usize = 44;
/// By which scanners find a leaked token.
const PREFIX: &str = "trn_";

/// A new token: its row, and its text, which is shown this once.
#[derive(Debug)]
pub struct Issued {
    /// What is kept.
    pub token: Token,
    /// What is shown.
    pub text: SecretString,
    /// A new user was made for it, and is the first site administrator.
    pub made_first_admin: bool,
}

/// A token for a user.
pub async fn issue(
    tx: &mut Tx,
    user: &UserId,
    description: Option<String>,
    expires: Option<Time>,
    now: Time,
) -> Result<Issued, DbError> {
    let text = new_text();
    let token = Token {
        id: TokenId::random(),
        user_id: Some(user.to_string()),
        description,
        created_at: now,
        last_used_at: None,
        expired_at: expires.map(|time| time.0),
    };
    store::insert(tx, &token, Holder::User, digest_of_token(text.expose_secret())).await?;
    Ok(Issued { token, text, made_first_admin: false })
}

/// A token for the user of this name, who is made if there is none; without any site administrator they become the
/// first one. For `terrane admin token`.
pub async fn issue_for_name(db: &Db, username: &str, life: Duration, now: Time) -> Result<Issued, NameError> {
    let mut tx = db.begin().await?;
    let (user, made_first_admin) = users::find_or_make(&mut tx, username, now).await?;
    let issued =
        issue(&mut tx, &user.id, Some("made by terrane admin token".to_owned()), Some(now.plus(life)), now)
            .await?;
    tx.commit().await?;
    Ok(Issued { made_first_admin, ..issued })
}

/// The token of a server's embedded agent, new with every start; the one before stops to be valid. Several servers on
/// one database have embedded agents of different names.
pub async fn embedded_agent_token(db: &Db, name: &str, now: Time) -> Result<SecretString, DbError> {
    let mut tx = db.begin().await?;
    store::delete_embedded(&mut tx, name).await?;
    let text = agent_token(&mut tx, None, name, now).await?;
    tx.commit().await?;
    Ok(text)
}

/// A token for the agents of the pool of this name, which is made if there is none. For `terrane admin agent-token`.
pub async fn pool_token(db: &Db, pool: &str, now: Time) -> Result<SecretString, NameError> {
    check_name(pool)?;
    let mut tx = db.begin().await?;
    let id = agents::store::pool(&mut tx, pool, now).await?;
    let text = agent_token(&mut tx, Some(&id), "made by terrane admin agent-token", now).await?;
    tx.commit().await?;
    Ok(text)
}

async fn agent_token(
    tx: &mut Tx,
    pool: Option<&AgentPoolId>,
    description: &str,
    now: Time,
) -> Result<SecretString, DbError> {
    let text = new_text();
    let token = Token {
        id: TokenId::random(),
        user_id: None,
        description: Some(description.to_owned()),
        created_at: now,
        last_used_at: None,
        expired_at: None,
    };
    store::insert(tx, &token, Holder::Agent(pool), digest_of_token(text.expose_secret())).await?;
    Ok(text)
}

fn new_text() -> SecretString {
    format!("{PREFIX}{}", random_text(SECRET_CHARS)).into()
}
