//! Hashes and compares passwords, which takes time and memory on purpose: off the threads that answer requests, and a
//! few at a time.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use secrecy::{ExposeSecret, SecretString};
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use tokio::sync::Semaphore;

/// Each takes 19 MiB and some ten milliseconds (argon2id, two passes: the crate's default, OWASP's advice).
const AT_ONCE_MAX: usize = 2;
/// Whoever waits longer is told to try again.
const PATIENCE: Duration = Duration::from_secs(10);

/// Compared with where there is no password, so that this takes as long. Nobody knows what it is the hash of.
static NOBODY_S: LazyLock<Option<String>> = LazyLock::new(|| hash(&crate::ids::random_text(44).into()).ok());

/// Why a password is neither hashed nor compared.
#[derive(Debug, thiserror::Error)]
pub enum HashingError {
    /// Too many wait.
    #[error("too many passwords are being checked")]
    Busy,
    /// The hash in the database is none, or the work was broken off.
    #[error("failed to hash a password: {0}")]
    Broken(String),
}

/// Takes turns.
#[derive(Debug)]
pub struct Hasher {
    turns: Arc<Semaphore>,
}

impl Default for Hasher {
    fn default() -> Self {
        Self { turns: Arc::new(Semaphore::new(AT_ONCE_MAX)) }
    }
}

impl Hasher {
    /// The hash of a password, with its salt and costs.
    ///
    /// # Errors
    /// When too many wait.
    pub async fn hash(&self, password: SecretString) -> Result<String, HashingError> {
        self.take_turn(move || hash(&password)).await
    }

    /// Whether a password has this hash. Nothing has no hash, and that takes as long.
    ///
    /// # Errors
    /// When too many wait, or what stands in the database is no hash.
    pub async fn verify(&self, password: SecretString, hash: Option<String>) -> Result<bool, HashingError> {
        self.take_turn(move || {
            let is_somebody_s = hash.is_some();
            let Some(text) = hash.or_else(|| NOBODY_S.clone()) else { return Ok(false) };
            let parsed = PasswordHash::new(&text).map_err(|error| HashingError::Broken(error.to_string()))?;
            let fits =
                Argon2::default().verify_password(password.expose_secret().as_bytes(), &parsed).is_ok();
            Ok(fits && is_somebody_s)
        })
        .await
    }

    async fn take_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, HashingError> + Send + 'static,
    ) -> Result<T, HashingError> {
        let turn = tokio::time::timeout(PATIENCE, self.turns.clone().acquire_owned()).await;
        let turn = turn.ok().and_then(Result::ok).ok_or(HashingError::Busy)?;
        // The turn is over when the work is, also if its caller has gone.
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(turn);
            done
        });
        done.await.unwrap_or_else(|error| Err(HashingError::Broken(error.to_string())))
    }
}

fn hash(password: &SecretString) -> Result<String, HashingError> {
    let hash = Argon2::default().hash_password(password.expose_secret().as_bytes());
    hash.map(|hash| hash.to_string()).map_err(|error| HashingError::Broken(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_has_its_own_hash() {
        let hasher = Hasher::default();
        let password = || SecretString::from("correct horse battery");
        let hash = hasher.hash(password()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_ne!(hasher.hash(password()).await.unwrap(), hash, "another salt");
        assert!(hasher.verify(password(), Some(hash.clone())).await.unwrap());
        assert!(!hasher.verify("correct horse batter".into(), Some(hash)).await.unwrap());
        assert!(!hasher.verify(password(), None).await.unwrap());
        assert!(hasher.verify(password(), Some("plain".to_owned())).await.is_err());
    }
}
