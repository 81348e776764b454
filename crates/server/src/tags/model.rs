//! Names of flat tags.

/// The longest name.
pub const NAME_CHARS_MAX: usize = 255;

/// Whether a tag may have this name. Lists of names are written with commas.
pub fn is_name(name: &str) -> bool {
    let fits = |letter: char| !letter.is_control() && !letter.is_whitespace() && letter != ',';
    !name.is_empty() && name.chars().count() <= NAME_CHARS_MAX && name.chars().all(fits)
}

#[cfg(test)]
mod tests {
    use super::is_name;

    #[test]
    fn names() {
        assert!(is_name("prod") && is_name("team:net") && is_name("a-b_3"));
        for name in ["", "a b", "a,b", "a\n", &"x".repeat(256)] {
            assert!(!is_name(name), "{name:?}");
        }
    }
}
