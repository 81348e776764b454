//! What a dependency lock file asks for, as the engines write it. One that is written otherwise asks for nothing: then
//! the engine does all the work.

use std::env::consts::{ARCH, OS};

use camino::Utf8PathBuf;

use super::hash::PackageHash;

/// So many providers of one lock file are looked at.
const LOCKED_MAX: usize = 100;
/// So many digests of one provider.
const HASHES_MAX: usize = 100;
/// A host, a namespace, a type or a version is never longer.
const PART_BYTES_MAX: usize = 255;

/// One provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Locked {
    /// Where engines install it, in their data folder.
    pub(crate) place: Utf8PathBuf,
    /// Digests of its content that will do: one for each platform that is locked.
    pub(crate) hashes: Vec<PackageHash>,
}

/// The providers that a lock file names with their content's digests.
pub(crate) fn locked(text: &str) -> Vec<Locked> {
    let mut found = Vec::new();
    let mut draft: Option<Draft<'_>> = None;
    for line in text.lines().map(str::trim) {
        if let Some(rest) = line.strip_prefix("provider \"") {
            draft = rest.split('"').next().map(Draft::of);
        } else if line == "}" {
            found.extend(draft.take().and_then(Draft::finish));
            if found.len() == LOCKED_MAX {
                break;
            }
        } else if let Some(draft) = &mut draft {
            draft.hear(line);
        }
    }
    found
}

struct Draft<'a> {
    address: &'a str,
    version: Option<&'a str>,
    hashes: Vec<PackageHash>,
}

impl<'a> Draft<'a> {
    fn of(address: &'a str) -> Self {
        Self { address, version: None, hashes: Vec::new() }
    }

    fn hear(&mut self, line: &'a str) {
        let quoted = || line.split('"').skip(1).step_by(2);
        if line.split('=').next().is_some_and(|name| name.trim() == "version") {
            self.version = quoted().next();
        } else {
            let free = HASHES_MAX - self.hashes.len();
            self.hashes.extend(quoted().filter_map(PackageHash::parse).take(free));
        }
    }

    fn finish(self) -> Option<Locked> {
        let version = self.version?;
        let parts: Vec<&str> = self.address.split('/').chain([version]).collect();
        if parts.len() != 4 || !parts.iter().all(|part| is_plain(part)) || self.hashes.is_empty() {
            return None;
        }
        let place = format!("providers/{}/{version}/{}", self.address, platform());
        Some(Locked { place: place.into(), hashes: self.hashes })
    }
}

/// Becomes the name of a folder.
fn is_plain(part: &str) -> bool {
    let is_short = !part.is_empty() && part.len() <= PART_BYTES_MAX;
    is_short
        && !part.starts_with('.')
        && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.+:".contains(&byte))
}

/// As Go calls it.
fn platform() -> String {
    let architecture = match ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        other => other,
    };
    format!("{OS}_{architecture}")
}

#[cfg(test)]
mod tests {
    use super::{HASHES_MAX, locked, platform};

    const HASH: &str = "h1:CFnENdqQu4g3LJNevA32aDxcUz2qGkRGQpFfkI8TCdE=";

    fn block(address: &str, version: &str, hashes: &str) -> String {
        format!(
            "provider \"{address}\" {{\n  version     = \"{version}\"\n  constraints = \"~> 2.0\"\n  hashes = [\n    {hashes}\n  ]\n}}\n"
        )
    }

    #[test]
    fn what_engines_write_is_understood() {
        let text = format!(
            "# Made by a machine.\n\n{}{}",
            block("registry.opentofu.org/hashicorp/null", "2.1.2", &format!("\"{HASH}\",\n    \"zh:00\",")),
            block("example.com:8443/acme/net", "1.0.0-beta+2", &format!("\"{HASH}\", \"{HASH}\",")),
        );
        let found = locked(&text);
        let places: Vec<_> = found.iter().map(|locked| locked.place.as_str()).collect();
        let of = |place: &str| format!("providers/{place}/{}", platform());
        let expected =
            [of("registry.opentofu.org/hashicorp/null/2.1.2"), of("example.com:8443/acme/net/1.0.0-beta+2")];
        assert_eq!(places, expected);
        assert_eq!((found[0].hashes.len(), found[1].hashes.len()), (1, 2));
    }

    #[test]
    fn what_leads_elsewhere_or_has_no_digest_is_left_out() {
        let hash = format!("\"{HASH}\",");
        for (address, version, hashes) in [
            ("../../etc/x", "1.0.0", hash.as_str()),
            ("a/../b", "1.0.0", &hash),
            ("a/b/c", "..", &hash),
            ("a/b/c", "1/2", &hash),
            ("a/b", "1.0.0", &hash),
            ("a/b/c/d", "1.0.0", &hash),
            ("a//c", "1.0.0", &hash),
            ("a/b/c", "1.0.0", "\"zh:00\","),
        ] {
            assert_eq!(locked(&block(address, version, hashes)), [], "{address} {version}");
        }
        assert_eq!(locked("provider \"a/b/c\" {\nprovider \"\n}\n}"), []);
        let many = locked(&block("a/b/c", "1.0.0", &hash.repeat(HASHES_MAX + 5)));
        assert_eq!(many[0].hashes.len(), HASHES_MAX);
    }
}
