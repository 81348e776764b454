//! Categories, keys and owners of variables.

use crate::ids::{VarsetId, WorkspaceId};
use crate::text_enum::{UnknownText, text_enum};
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

/// Whose a variable is. Its id says which of the two.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Owner {
    /// Of one workspace.
    Workspace(WorkspaceId),
    /// Of a variable set, for every workspace the set applies to.
    Varset(VarsetId),
}

impl TryFrom<String> for Owner {
    type Error = UnknownText;

    fn try_from(id: String) -> Result<Self, UnknownText> {
        if WorkspaceId::parse(&id).is_some() {
            Ok(Self::Workspace(id.into()))
        } else if VarsetId::parse(&id).is_some() {
            Ok(Self::Varset(id.into()))
        } else {
            Err(UnknownText { what: "owner of variables", text: id })
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
    use super::{Owner, is_key};

    #[test]
    fn keys() {
        assert!(is_key("region") && is_key("2nd-region") && is_key("AWS_REGION") && is_key("größe"));
        assert!(
            !is_key("") && !is_key("a b") && !is_key("a=b") && !is_key("a\nb") && !is_key(&"k".repeat(256))
        );
    }

    #[test]
    fn an_id_says_whose_it_is() {
        assert!(matches!(Owner::try_from("ws-1".to_owned()), Ok(Owner::Workspace(_))));
        assert!(matches!(Owner::try_from("varset-1".to_owned()), Ok(Owner::Varset(_))));
        assert!(Owner::try_from("run-1".to_owned()).is_err());
    }
}
