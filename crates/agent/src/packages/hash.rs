//! The digest of a package, as dependency lock files write it: `h1:` and the base64 of a SHA-256 (Go's
//! `golang.org/x/mod/sumdb/dirhash`, `Hash1`).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

use crate::engines::hex;

const SCHEME: &str = "h1:";

/// The digest of the names and contents of all files of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PackageHash([u8; 32]);

impl PackageHash {
    /// Reads one; other schemes are digests of archives.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let digest = STANDARD.decode(text.strip_prefix(SCHEME)?).ok()?;
        digest.try_into().ok().map(Self)
    }

    /// Of files in the order of their paths, each with the SHA-256 of its content.
    pub(super) fn of<'a>(files: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let mut hasher = Sha256::new();
        for (path, sha256) in files {
            hasher.update(format!("{sha256}  {path}\n"));
        }
        Self(hasher.finalize().into())
    }

    /// As the name of a folder.
    pub(super) fn name(&self) -> String {
        hex(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::PackageHash;

    #[test]
    fn other_schemes_and_broken_digests_are_none() {
        assert!(PackageHash::parse("h1:CFnENdqQu4g3LJNevA32aDxcUz2qGkRGQpFfkI8TCdE=").is_some());
        for text in ["", "h1:", "zh:00", "h1:CFnE", "h1:%%%", "CFnENdqQu4g3LJNevA32aDxcUz2qGkRGQpFfkI8TCdE="]
        {
            assert_eq!(PackageHash::parse(text), None, "{text}");
        }
    }
}
