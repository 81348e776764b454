//! Versions of engines and requests for them, in the words that a workspace's `terraform-version` and the command line
//! use: exact, `latest`, or a constraint.

/// Sections a version may have.
const PARTS: usize = 3;
/// A longer text is no request.
const REQUEST_BYTES_MAX: usize = 200;

/// A request for an engine version: `1.11.4`, `latest`, `~> 1.5`, `>= 1.3.0, < 2`.
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

const SIGNS: [(&str, Comparison); 7] = [
    ("~>", Comparison::Pessimistic),
    (">=", Comparison::GreaterOrEqual),
    ("<=", Comparison::LessOrEqual),
    ("!=", Comparison::Unequal),
    (">", Comparison::Greater),
    ("<", Comparison::Less),
    ("=", Comparison::Equal),
];

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
        let number =
            |part: &str| part.parse().ok().filter(|_| part.bytes().all(|byte| byte.is_ascii_digit()));
        let numbers: Option<Vec<u64>> = numbers.split('.').map(number).collect();
        numbers.filter(|numbers| numbers.len() <= PARTS).map(|numbers| Self { numbers, pre_release })
    }

    fn number(&self, at: usize) -> u64 {
        self.numbers.get(at).copied().unwrap_or(0)
    }

    fn release(&self) -> [u64; PARTS] {
        std::array::from_fn(|at| self.number(at))
    }

    fn key(&self) -> ([u64; PARTS], bool, Vec<Identifier<'_>>) {
        let pre_release = self.pre_release.iter().flat_map(|text| text.split('.')).map(Identifier::of);
        (self.release(), self.pre_release.is_none(), pre_release.collect())
    }
}

/// A part of what comes before a release; numbers come before words, as semantic versions say.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Identifier<'a> {
    Number(u64),
    Word(&'a str),
}

impl<'a> Identifier<'a> {
    fn of(text: &'a str) -> Self {
        text.parse().map_or(Self::Word(text), Self::Number)
    }
}

impl VersionRequest {
    /// Reads an exact version, `latest`, or a list of comparisons.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "latest" {
            return Some(Self(Vec::new()));
        }
        if text.len() > REQUEST_BYTES_MAX {
            return None;
        }
        let parts: Option<Vec<_>> = text.split(',').map(|part| Self::part(part.trim())).collect();
        parts.filter(|parts| !parts.is_empty()).map(Self)
    }

    fn part(text: &str) -> Option<(Comparison, Version)> {
        let (comparison, rest) = SIGNS
            .iter()
            .find_map(|(sign, comparison)| text.strip_prefix(sign).map(|rest| (*comparison, rest)))
            .unwrap_or((Comparison::Equal, text));
        let is_exact = rest.len() == text.len();
        let version = Version::parse(rest.trim())?;
        (!is_exact || version.numbers.len() == PARTS).then_some((comparison, version))
    }

    /// Whether an engine of this version will do. What comes before a release does only where a comparison names such
    /// a version of the same release.
    pub fn accepts(&self, version: &str) -> bool {
        Version::parse(version).is_some_and(|version| {
            let is_named =
                |wanted: &Version| wanted.pre_release.is_some() && wanted.release() == version.release();
            let is_released =
                version.pre_release.is_none() || self.0.iter().any(|(_, wanted)| is_named(wanted));
            is_released && self.0.iter().all(|(comparison, wanted)| comparison.holds(&version, wanted))
        })
    }

    /// The newest of these that will do.
    pub fn best<'a>(&self, versions: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
        let fitting = versions.into_iter().filter(|version| self.accepts(version));
        fitting.reduce(|best, version| if is_newer(version, best) { version } else { best })
    }

    /// The version, when no other will do.
    pub fn exact(text: &str) -> Option<&str> {
        Version::parse(text).filter(|version| version.numbers.len() == PARTS).map(|_| text)
    }
}

impl Comparison {
    fn holds(self, version: &Version, wanted: &Version) -> bool {
        let order = version.key().cmp(&wanted.key());
        match self {
            Self::Equal => order.is_eq(),
            Self::Unequal => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
            Self::Pessimistic => order.is_ge() && stays_below_next(version, wanted),
        }
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

/// Whether a version, or what comes before it, is of this release or a later one: `1.1.0-beta1` is of 1.1.
pub(crate) fn is_at_least(version: &str, release: [u64; PARTS]) -> bool {
    Version::parse(version).is_some_and(|version| version.release() >= release)
}

#[cfg(test)]
mod tests {
    use super::{VersionRequest, is_at_least, is_newer};

    fn accepts(request: &str, version: &str) -> bool {
        VersionRequest::parse(request).expect(request).accepts(version)
    }

    #[test]
    fn versions_that_will_do() {
        assert!(accepts("1.11.4", "1.11.4") && !accepts("1.11.4", "1.11.5"));
        assert!(accepts("~> 1.5", "1.9.0") && !accepts("~> 1.5", "2.0.0") && !accepts("~> 1.5", "1.4.9"));
        assert!(accepts("~> 1.5.2", "1.5.9") && !accepts("~> 1.5.2", "1.6.0"));
        assert!(accepts(">= 1.3.0, < 2", "1.12.6") && !accepts(">= 1.3.0, != 1.12.6", "1.12.6"));
        assert!(is_newer("1.12.6", "1.9.9") && is_newer("1.0.0", "1.0.0-rc1") && !is_newer("1.0.0", "1.0.0"));
        assert!(is_newer("1.0.0-rc10", "1.0.0-rc1") && is_newer("1.0.0-rc.10", "1.0.0-rc.9"));
    }

    #[test]
    fn what_comes_before_a_release_must_be_named() {
        assert!(!accepts(">= 1.12.0", "1.13.0-beta1") && !accepts("latest", "1.13.0-beta1"));
        assert!(accepts(">= 1.13.0-alpha1", "1.13.0-beta1") && accepts("1.13.0-beta1", "1.13.0-beta1"));
        assert!(!accepts("1.13.0-beta1", "1.13.0-beta2") && accepts(">= 1.13.0-alpha1", "1.13.0"));
    }

    #[test]
    fn the_newest_that_will_do() {
        let best = |request: &str| {
            VersionRequest::parse(request).expect(request).best(["1.5.7", "1.12.6", "1.9.9", "2.0.0-rc1"])
        };
        assert_eq!(best("latest"), Some("1.12.6"));
        assert_eq!(best("< 1.12"), Some("1.9.9"));
        assert_eq!(best("~> 3.0"), None);
    }

    #[test]
    fn texts_that_are_no_request() {
        for bad in
            ["", "1", "banana", "1.x", "~>", "1.2.3.4", "v1.2.3", "1.2.3; rm", ",", &"1.1.1,".repeat(90)]
        {
            assert_eq!(VersionRequest::parse(bad), None, "{bad}");
        }
        assert_eq!(VersionRequest::exact("1.5.7"), Some("1.5.7"));
        assert!(VersionRequest::exact("1.5").is_none() && VersionRequest::exact("= 1.5.7").is_none());
    }

    #[test]
    fn releases() {
        assert!(is_at_least("1.1.0", [1, 1, 0]) && is_at_least("1.1.0-beta1", [1, 1, 0]));
        assert!(!is_at_least("1.0.11", [1, 1, 0]) && !is_at_least("banana", [0, 0, 0]));
    }
}
