//! Names, versions and locks of workspaces.

use crate::plans::model::EngineName;
use crate::text_enum::text_enum;

/// The longest name (api-contract 8.2).
const NAME_CHARS_MAX: usize = 90;
/// Sections a version may have.
const VERSION_PARTS: usize = 3;

text_enum! {
    /// Who holds a workspace's lock.
    pub enum LockKind {
        /// A run that is in progress.
        Run = "run",
        /// A person.
        User = "user",
    }
}

impl LockKind {
    /// The JSON:API type of the holder.
    pub fn resource_kind(self) -> &'static str {
        match self {
            Self::Run => "runs",
            Self::User => "users",
        }
    }

    /// The word in the text by which clients tell holders apart (api-contract 2.4).
    pub fn title(self) -> &'static str {
        match self {
            Self::Run => "Run",
            Self::User => "User",
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
    text == "latest" || VersionRequest::parse(text).is_some()
}

/// A request for an engine version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionRequest(Vec<(Comparison, Version)>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Pessimistic,
}

/// `1.11.4` or `1.12.0-beta1`: numbers, then what comes before a release.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Version {
    numbers: Vec<u64>,
    pre_release: Option<String>,
}

impl Version {
    fn parse(text: &str) -> Option<Self> {
        let (numbers, pre_release) = match text.split_once('-') {
            Some((numbers, rest)) => (numbers, Some(rest.to_owned())),
            None => (text, None),
        };
        let fits = |text: &String| {
            !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte))
        };
        if !pre_release.as_ref().is_none_or(fits) {
            return None;
        }
        let numbers: Option<Vec<u64>> = numbers
            .split('.')
            .map(|part| part.parse().ok().filter(|_| part.bytes().all(|byte| byte.is_ascii_digit())))
            .collect();
        numbers.filter(|numbers| numbers.len() <= VERSION_PARTS).map(|numbers| Self { numbers, pre_release })
    }

    fn number(&self, at: usize) -> u64 {
        self.numbers.get(at).copied().unwrap_or(0)
    }

    fn key(&self) -> ([u64; VERSION_PARTS], bool, &str) {
        let pre_release = self.pre_release.as_deref().unwrap_or_default();
        (std::array::from_fn(|at| self.number(at)), self.pre_release.is_none(), pre_release)
    }
}

impl VersionRequest {
    /// Reads an exact version or a list of comparisons.
    pub fn parse(text: &str) -> Option<Self> {
        let parts: Option<Vec<_>> = text.split(',').map(|part| Self::part(part.trim())).collect();
        parts.filter(|parts| !parts.is_empty()).map(Self)
    }

    fn part(text: &str) -> Option<(Comparison, Version)> {
        const SIGNS: [(&str, Comparison); 7] = [
            ("~>", Comparison::Pessimistic),
            (">=", Comparison::GreaterOrEqual),
            ("<=", Comparison::LessOrEqual),
            ("!=", Comparison::Unequal),
            (">", Comparison::Greater),
            ("<", Comparison::Less),
            ("=", Comparison::Equal),
        ];
        let (comparison, rest) = SIGNS
            .iter()
            .find_map(|(sign, comparison)| text.strip_prefix(sign).map(|rest| (*comparison, rest)))
            .unwrap_or((Comparison::Equal, text));
        let is_exact = rest.len() == text.len();
        let version = Version::parse(rest.trim())?;
        (!is_exact || version.numbers.len() == VERSION_PARTS).then_some((comparison, version))
    }

    /// Whether an engine of this version will do.
    pub fn accepts(&self, version: &str) -> bool {
        let Some(version) = Version::parse(version) else { return false };
        self.0.iter().all(|(comparison, wanted)| {
            let order = version.key().cmp(&wanted.key());
            match comparison {
                Comparison::Equal => order.is_eq(),
                Comparison::Unequal => order.is_ne(),
                Comparison::Less => order.is_lt(),
                Comparison::LessOrEqual => order.is_le(),
                Comparison::Greater => order.is_gt(),
                Comparison::GreaterOrEqual => order.is_ge(),
                Comparison::Pessimistic => order.is_ge() && stays_below_next(&version, wanted),
            }
        })
    }
}

/// `~> 1.5.2` stays in 1.5, `~> 1.5` in 1.
fn stays_below_next(version: &Version, wanted: &Version) -> bool {
    let fixed = wanted.numbers.len().saturating_sub(1).max(1);
    (0..fixed).all(|at| version.number(at) == wanted.number(at))
}

/// Whether one version is newer than another.
pub fn is_newer(version: &str, than: &str) -> bool {
    match (Version::parse(version), Version::parse(than)) {
        (Some(version), Some(than)) => version.key() > than.key(),
        (version, than) => version.is_some() && than.is_none(),
    }
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

    #[test]
    fn versions_that_will_do() {
        let accepts = |request: &str, version: &str| VersionRequest::parse(request).unwrap().accepts(version);
        assert!(accepts("1.11.4", "1.11.4") && !accepts("1.11.4", "1.11.5"));
        assert!(accepts("~> 1.5", "1.9.0") && !accepts("~> 1.5", "2.0.0") && !accepts("~> 1.5", "1.4.9"));
        assert!(accepts("~> 1.5.2", "1.5.9") && !accepts("~> 1.5.2", "1.6.0"));
        assert!(accepts(">= 1.3.0, < 2", "1.12.6") && !accepts(">= 1.3.0, != 1.12.6", "1.12.6"));
        assert!(!accepts(">= 1.12.0", "1.12.0-beta1"));
        assert!(is_newer("1.12.6", "1.9.9") && is_newer("1.0.0", "1.0.0-rc1") && !is_newer("1.0.0", "1.0.0"));
    }
}
