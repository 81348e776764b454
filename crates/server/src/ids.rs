//! Typed ids: a prefix and 16 characters of base 58 (api-contract 2.8).

use rand::RngExt;

/// Digits and letters without those that look alike.
const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
/// Ids in paths longer than this are no ids.
const LENGTH_MAX: usize = 64;

/// Random base-58 text.
pub(crate) fn random_text(length: usize) -> String {
    let mut random = rand::rng();
    (0..length).map(|_| char::from(ALPHABET[random.random_range(0..ALPHABET.len())])).collect()
}

macro_rules! ids {
    ($($(#[$meta:meta])* $name:ident $prefix:literal,)+) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// A new random id.
            pub fn random() -> Self {
                Self(format!(concat!($prefix, "-{}"), random_text(16)))
            }

            /// Reads an id from a path or a body; anything that cannot be one is `None`, which answers 404.
            pub fn parse(text: &str) -> Option<Self> {
                let rest = text.strip_prefix(concat!($prefix, "-"))?;
                let fits = !rest.is_empty() && text.len() <= LENGTH_MAX && rest.bytes().all(|byte| byte.is_ascii_alphanumeric());
                fits.then(|| Self(text.to_owned()))
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl From<String> for $name {
            /// From a database row, which only holds what was made here.
            fn from(text: String) -> Self {
                Self(text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl From<&$name> for String {
            fn from(id: &$name) -> Self {
                id.0.clone()
            }
        }

        impl From<&$name> for $crate::platform::db::Value {
            fn from(id: &$name) -> Self {
                id.as_str().into()
            }
        }
    )+ };
}

ids! {
    /// An agent.
    AgentId "agent",
    /// A pool of agents.
    AgentPoolId "apool",
    /// An apply.
    ApplyId "apply",
    /// A token's metadata.
    TokenId "at",
    /// A comment on a run.
    CommentId "wsc",
    /// A configuration version.
    ConfigurationVersionId "cv",
    /// What version control says of a configuration version.
    IngressAttributesId "ia",
    /// One phase of one run, as the agents see it.
    JobId "job",
    /// An organization; its JSON:API id is its name, this is its external id.
    OrganizationId "org",
    /// A plan.
    PlanId "plan",
    /// A project.
    ProjectId "prj",
    /// A version of an engine.
    EngineVersionId "tool",
    /// What is left of a deleted workspace.
    RecoverableItemId "ritem",
    /// A run event.
    RunEventId "re",
    /// A run.
    RunId "run",
    /// A run trigger.
    RunTriggerId "rt",
    /// A state version.
    StateVersionId "sv",
    /// A user.
    UserId "user",
    /// A variable, of a workspace or of a set.
    VariableId "var",
    /// A variable set.
    VarsetId "varset",
    /// A workspace.
    WorkspaceId "ws",
    /// An output of a state version.
    StateVersionOutputId "wsout",
    /// An instance in a workspace's current state.
    WorkspaceResourceId "wsr",
    /// An ssh key.
    SshKeyId "sshkey",
    /// A flat tag.
    TagId "tag",
    /// A key with a value.
    TagBindingId "tb",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_their_prefix() {
        let id = RunId::random();
        assert_eq!(id.as_str().len(), "run-".len() + 16);
        assert_eq!(RunId::parse(id.as_str()), Some(id));
    }

    #[test]
    fn what_is_no_id_is_none() {
        for text in [
            "",
            "run-",
            "run",
            "plan-abc",
            "run-a b",
            "run-a/b",
            "run-é",
            "run-%00",
            &format!("run-{}", "a".repeat(100)),
        ] {
            assert_eq!(RunId::parse(text), None, "{text}");
        }
    }
}
