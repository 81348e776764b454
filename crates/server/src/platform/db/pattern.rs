//! Patterns for `lower(…) LIKE $n ESCAPE '\\'`.

/// Finds texts that hold this one, whatever its case.
pub fn containing(text: &str) -> String {
    format!("%{}%", escaped(text))
}

/// Finds texts that fit this one, whatever its case; `*` stands for any text.
pub fn wildcard(text: &str) -> String {
    escaped(text).replace('*', "%")
}

/// Text in which `LIKE` finds nothing special.
fn escaped(text: &str) -> String {
    text.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

#[cfg(test)]
mod tests {
    use super::{containing, wildcard};

    #[test]
    fn what_is_special_in_a_pattern_is_text() {
        assert_eq!(containing("A_b%"), "%a\\_b\\%%");
        assert_eq!(wildcard("*-Prod"), "%-prod");
    }
}
