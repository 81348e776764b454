//! Names of projects.

const NAME_CHARS_MIN: usize = 3;
/// The longest name.
pub const NAME_CHARS_MAX: usize = 40;
/// The longest description.
pub const DESCRIPTION_CHARS_MAX: usize = 256;

/// Whether a project may have this name: letters, digits, spaces inside, `-` and `_` (api-contract section 10).
pub fn is_name(name: &str) -> bool {
    (NAME_CHARS_MIN..=NAME_CHARS_MAX).contains(&name.chars().count())
        && name.trim() == name
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, ' ' | '-' | '_'))
}

#[cfg(test)]
mod tests {
    use super::is_name;

    #[test]
    fn names() {
        assert!(is_name("Default Project") && is_name("a-b_3"));
        for name in ["ab", "", " abc", "abc ", "a/b/c", "ünicode", &"x".repeat(41)] {
            assert!(!is_name(name), "{name:?}");
        }
    }
}
