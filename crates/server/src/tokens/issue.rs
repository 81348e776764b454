//! Makes tokens.

use super::store::{self, Holder, Token};
use crate::agents;
use crate::clock::Time;
use crate::ids::{AgentPoolId, TokenId, UserId, random_text};
use crate::platform::access::digest_of_token;
use crate::platform::db::{Db, DbError, Tx};
use crate::users::{self, store::User};
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;

/// 44 characters of base 58 are 257 bits.
const SECRET_CHARS: usize = 44;
/// By which scanners find a leaked token.
const PREFIX: &str = "trn_";
const NAME_CHARS_MAX: usize = 64;

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

/// Why no token is made.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// Not a name.
    #[error("{0:?} cannot be the name of a user or a pool: use 1 to 64 letters, digits, - _ . or @")]
    Name(String),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
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
pub async fn issue_for_name(
    db: &Db,
    username: &str,
    life: Duration,
    now: Time,
) -> Result<Issued, IssueError> {
    check_name(username)?;
    let mut tx = db.begin().await?;
    let (user, made_first_admin) = match users::store::by_name(&mut tx, username).await? {
        Some(user) => (user, false),
        None => {
            let is_site_admin = !users::store::has_admin(&mut tx).await?;
            let user = User {
                id: UserId::random(),
                username: username.to_owned(),
                email: None,
                is_site_admin,
                created_at: now,
            };
            users::store::insert(&mut tx, &user).await?;
            (user, is_site_admin)
        }
    };
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
pub async fn pool_token(db: &Db, pool: &str, now: Time) -> Result<SecretString, IssueError> {
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

fn check_name(name: &str) -> Result<(), IssueError> {
    let fits = |letter: char| letter.is_alphanumeric() || "-_.@".contains(letter);
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX || !name.chars().all(fits) {
        return Err(IssueError::Name(name.to_owned()));
    }
    Ok(())
}

fn new_text() -> SecretString {
    format!("{PREFIX}{}", random_text(SECRET_CHARS)).into()
}
