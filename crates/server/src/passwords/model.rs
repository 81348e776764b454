//! What a password has to be. Length is what counts (NIST SP 800-63B); no rules about kinds of letters.

use secrecy::{ExposeSecret, SecretString};

/// Shorter ones are refused.
pub const PASSWORD_CHARS_MIN: usize = 12;
/// Longer ones are refused: nobody types them.
const PASSWORD_BYTES_MAX: usize = 1024;

/// What is wrong with a password that somebody chose, in words for them.
///
/// # Errors
/// Says what to change.
pub fn check(password: &SecretString, username: &str) -> Result<(), String> {
    let text = password.expose_secret();
    let mut letters: Vec<char> = text.chars().collect();
    if letters.len() < PASSWORD_CHARS_MIN {
        return Err(format!("The password is too short: take {PASSWORD_CHARS_MIN} characters or more."));
    }
    if text.len() > PASSWORD_BYTES_MAX {
        return Err(format!("The password is too long: take {PASSWORD_BYTES_MAX} characters or fewer."));
    }
    letters.sort_unstable();
    letters.dedup();
    if letters.len() < 4 || text.to_lowercase().replace(&username.to_lowercase(), "").len() < 6 {
        return Err(
            "The password is too easy to guess: take several words that do not belong together.".to_owned()
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_enough_and_not_the_name() {
        let check = |text: &str| check(&SecretString::from(text), "ada.lovelace");
        assert!(check("correct horse battery").is_ok());
        assert!(check("ünïcödé wörds!").is_ok());
        for (wrong, says) in [
            ("", "too short"),
            ("elevenchars", "too short"),
            ("aaaaaaaaaaaaaaaa", "easy to guess"),
            ("Ada.Lovelace1", "easy to guess"),
            (&"word ".repeat(300), "too long"),
        ] {
            assert!(check(wrong).unwrap_err().contains(says), "{wrong}");
        }
    }
}
