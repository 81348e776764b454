//! The keys whose signatures are believed.
//!
//! Those that come with the program were taken from the publishers' own Go modules, whose digests are in Go's public
//! checksum database: HashiCorp's from `github.com/hashicorp/hc-install` 0.10.0, OpenTofu's from
//! `github.com/opentofu/tofudl` 0.0.1. A test compares the fingerprints.

use std::{fs, io};

use camino::{Utf8Path, Utf8PathBuf};
use terrane_wire::EngineKind;

use super::openpgp::{Keyring, Malformed};

const TOFU: &[u8] = include_bytes!("keys/opentofu.asc");
const TERRAFORM: &[u8] = include_bytes!("keys/hashicorp.asc");

/// A key file is far smaller.
const KEY_FILE_BYTES_MAX: u64 = 1 << 20;
/// Files of a folder of keys.
const KEY_FILES_MAX: usize = 100;
/// How files of keys are named.
const ENDINGS: [&str; 3] = ["asc", "gpg", "pgp"];

/// Keys of publishers.
#[derive(Debug, Clone)]
pub struct TrustedKeys(pub(super) Keyring);

/// Why keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// A file or the folder cannot be read.
    #[error("failed to read the keys in {path}: {error}")]
    Io {
        /// Which.
        path: Utf8PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A file is no key.
    #[error("the file {path} cannot be used as a key: {error}")]
    Malformed {
        /// Which.
        path: Utf8PathBuf,
        /// Why.
        error: Malformed,
    },
    /// There is none.
    #[error("there is no key in {0}: name a folder of files that end in .asc, .gpg or .pgp")]
    Empty(Utf8PathBuf),
}

impl TrustedKeys {
    /// Those that come with the program.
    pub fn built_in(kind: EngineKind) -> Self {
        let file = match kind {
            EngineKind::Tofu => TOFU,
            EngineKind::Terraform => TERRAFORM,
        };
        Self(Keyring::read(file).expect("a test reads the keys that come with the program"))
    }

    /// Those of a folder, and no others.
    ///
    /// # Errors
    ///
    /// Names the file that cannot be used: a key that is silently left out would be one that is missed later.
    pub fn of_folder(folder: &Utf8Path) -> Result<Self, KeysError> {
        let failed = |path: &Utf8Path| {
            let path = path.to_owned();
            move |error| KeysError::Io { path, error }
        };
        let mut keyring = Keyring::default();
        for entry in folder.read_dir_utf8().map_err(failed(folder))?.take(KEY_FILES_MAX) {
            let entry = entry.map_err(failed(folder))?;
            let path = entry.path();
            if !path.extension().is_some_and(|ending| ENDINGS.contains(&ending)) {
                continue;
            }
            let size = path.metadata().map_err(failed(path))?.len();
            if size > KEY_FILE_BYTES_MAX {
                let error = io::Error::other(format!("it is larger than {KEY_FILE_BYTES_MAX} bytes"));
                return Err(failed(path)(error));
            }
            let file = fs::read(path).map_err(failed(path))?;
            let keys = Keyring::read(&file)
                .map_err(|error| KeysError::Malformed { path: path.to_owned(), error })?;
            keyring.add(keys);
        }
        if keyring.is_empty() { Err(KeysError::Empty(folder.to_owned())) } else { Ok(Self(keyring)) }
    }
}
