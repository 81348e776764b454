//! Names, versions and locks of workspaces.

use crate::plans::model::EngineName;
use crate::text_enum::text_enum;
use terrane_wire::VersionRequest;

/// The longest name (api-contract 8.2).
pub const NAME_CHARS_MAX: usize = 90;

text_enum! {
    /// Who holds a workspace's lock.
    pub enum LockKind {
        /// A run that is in progress.
        Run = "run",
        /// A person.
        User = "user",
        /// A team, by its token.
        Team = "team",
    }
}

impl LockKind {
    /// The JSON:API type of the holder.
    pub fn resource_kind(self) -> &'static str {
        match self {
            Self::Run => "runs",
            Self::User => "users",
            Self::Team => "teams",
        }
    }

    /// The word in the text by which clients tell holders apart (api-contract 2.4).
    pub fn title(self) -> &'static str {
        match self {
            Self::Run => "Run",
            Self::User => "User",
            Self::Team => "Team",
        }
    }

    /// Why somebody else's lock is not given back, in the words that clients look for (api-contract 2.4). `name` is
    /// the holder's name, that of a run its id.
    pub fn unlock_refusal(self, name: &str) -> String {
        let detail =
            format!("Unable to unlock workspace. The workspace is locked by {} {name}.", self.title());
        match self {
            Self::Run => format!("{detail} Cancel or discard the run to unlock it."),
            Self::User | Self::Team => detail,
        }
    }
}

/// Whether a workspace may have this name: letters, digits, `-` and `_`.
pub fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.chars().count() <= NAME_CHARS_MAX
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// Whether a working directory stays inside the configuration: relative and without `..`.
pub fn is_working_directory(path: &str) -> bool {
    !path.starts_with('/') && !path.contains('\0') && path.split('/').all(|part| part != "..")
}

/// Whether a text asks for an engine version: exact, `latest`, or a constraint such as `~> 1.5` or `>= 1.3, < 2.0`
/// (api-contract section 20 row 12: versions that are not installed are accepted, what is no version is not).
pub fn is_version_request(text: &str) -> bool {
    VersionRequest::parse(text).is_some()
}

/// What is known about the program that asks, from its request's headers.
#[derive(Debug, Clone, Copy)]
pub struct Client {
    /// The engine that it is, where it is one.
    pub engine: Option<EngineName>,
    /// An engine's command line, not a script or a provider.
    pub is_cli: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert!(is_name("net-prod_2"));
        for name in ["", "a b", "a/b", "..", "é", &"x".repeat(91)] {
            assert!(!is_name(name), "{name}");
        }
    }

    #[test]
    fn clients_tell_holders_apart_by_the_text() {
        let texts = [LockKind::Run, LockKind::User, LockKind::Team].map(|kind| kind.unlock_refusal("x"));
        for (text, words) in
            texts.iter().zip(["is locked by Run x", "is locked by User x", "is locked by Team x"])
        {
            assert!(text.contains(words), "{text}");
            assert_eq!(texts.iter().filter(|other| other.contains(words)).count(), 1, "{words}");
        }
        assert_eq!(LockKind::parse("team").map(LockKind::resource_kind), Some("teams"));
    }

    #[test]
    fn working_directories_stay_inside() {
        assert!(is_working_directory("") && is_working_directory("envs/prod") && is_working_directory("./a"));
        assert!(!is_working_directory("/etc") && !is_working_directory("a/../../b"));
    }

    #[test]
    fn version_requests() {
        for good in ["latest", "1.11.4", "0.10.0", "~> 1.5", ">= 1.3.0, < 2", "1.12.0-beta1"] {
            assert!(is_version_request(good), "{good}");
        }
        for bad in ["", "1", "banana", "1.x", "~>", "1.2.3.4", "v1.2.3", "1.2.3; rm"] {
            assert!(!is_version_request(bad), "{bad}");
        }
    }
}
