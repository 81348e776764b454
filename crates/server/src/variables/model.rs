//! Categories and keys of variables.

use crate::text_enum::text_enum;
use terrane_wire::Category;

/// The longest key.
pub const KEY_CHARS_MAX: usize = 255;

text_enum! {
    /// Where a variable goes.
    pub enum VariableCategory {
        /// An input variable of the configuration.
        Terraform = "terraform",
        /// The engine's environment.
        Env = "env",
    }
}

impl VariableCategory {
    /// The same as agents say it.
    pub fn wire(self) -> Category {
        match self {
            Self::Terraform => Category::Terraform,
            Self::Env => Category::Env,
        }
    }
}

/// Whether a variable may have this key: letters, digits, `-` and `_`, also a digit first (api-contract section 20
/// row 10).
pub fn is_key(key: &str) -> bool {
    !key.is_empty()
        && key.chars().count() <= KEY_CHARS_MAX
        && key.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '-' | '_'))
}

#[cfg(test)]
mod tests {
    use super::is_key;

    #[test]
    fn keys() {
        assert!(is_key("region") && is_key("2nd-region") && is_key("AWS_REGION") && is_key("größe"));
        assert!(
            !is_key("") && !is_key("a b") && !is_key("a=b") && !is_key("a\nb") && !is_key(&"k".repeat(256))
        );
    }
}
