//! Names of organizations.

/// The longest name.
pub const NAME_CHARS_MAX: usize = 40;

/// Whether an organization may have this name: letters, digits, `-` and `_`.
pub fn is_name(name: &str) -> bool {
    (3..=NAME_CHARS_MAX).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// Whether pages of the server itself stand where those of an organization of this name would: below `/app/NAME`.
pub fn is_reserved(name: &str) -> bool {
    name == "settings"
}

#[cfg(test)]
mod tests {
    use super::is_name;

    #[test]
    fn names() {
        assert!(is_name("acme") && is_name("a-b_3"));
        assert!(!is_name("ab") && !is_name("a b c") && !is_name("a/b/c") && !is_name(&"x".repeat(41)));
    }
}
