//! Where the master key comes from (plan-archive.md section 1).

use camino::{Utf8Path, Utf8PathBuf};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use terrane_blob::MasterKey;

/// The key file that is made in the data directory of a small installation.
const FILE_NAME: &str = "master.key";

/// Why there is no master key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// A large installation must bring its own key.
    #[error(
        "no encryption key: with PostgreSQL or a bucket every server needs the same key, so none is made by itself; \
         write one with `head -c 32 /dev/urandom | base64 > FILE` and name it with --encryption-key-file FILE"
    )]
    Missing,
    /// The file cannot be read or written.
    #[error("cannot use the encryption key file {path}: {source}; check --encryption-key-file FILE")]
    File {
        /// The key file.
        path: Utf8PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file holds no key.
    #[error(
        "the encryption key file {path} holds no key: expected 32 bytes as 64 hex digits or as base64; \
         restore the file this installation was made with, or name it with --encryption-key-file FILE"
    )]
    Unreadable {
        /// The key file.
        path: Utf8PathBuf,
    },
}

/// Reads the key file the operator named, or the one of the data directory, which is made when `may_make`.
pub fn load_master_key(
    named: Option<&Utf8Path>,
    data_dir: &Utf8Path,
    may_make: bool,
) -> Result<MasterKey, KeyError> {
    let path = named.map_or_else(|| data_dir.join(FILE_NAME), Utf8Path::to_owned);
    match std::fs::read_to_string(&path) {
        Ok(text) => MasterKey::parse(text.trim()).map_err(|_| KeyError::Unreadable { path }),
        Err(error) if error.kind() == io::ErrorKind::NotFound && named.is_none() => {
            if !may_make {
                return Err(KeyError::Missing);
            }
            make(&path).map_err(|source| KeyError::File { path, source })
        }
        Err(source) => Err(KeyError::File { path, source }),
    }
}

fn make(path: &Utf8Path) -> io::Result<MasterKey> {
    let key = MasterKey::generate();
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    writeln!(file, "{}", key.to_hex())?;
    file.sync_all()?;
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn folder() -> (tempfile::TempDir, Utf8PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = Utf8PathBuf::from_path_buf(folder.path().to_owned()).unwrap();
        (folder, path)
    }

    #[test]
    fn made_once_and_read_again() {
        let (_keep, path) = folder();
        let first = load_master_key(None, &path, true).unwrap();
        let again = load_master_key(None, &path, false).unwrap();
        assert_eq!(first.to_hex(), again.to_hex());
        let mode = std::fs::metadata(path.join(FILE_NAME)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn never_made_where_it_must_be_brought() {
        let (_keep, path) = folder();
        assert!(matches!(load_master_key(None, &path, false), Err(KeyError::Missing)));
        let named = path.join("absent");
        assert!(matches!(load_master_key(Some(&named), &path, true), Err(KeyError::File { .. })));
    }

    #[test]
    fn a_file_without_a_key_says_so() {
        let (_keep, path) = folder();
        std::fs::write(path.join(FILE_NAME), "swordfish").unwrap();
        let error = load_master_key(None, &path, true).err().unwrap().to_string();
        assert!(error.contains("holds no key") && !error.contains("swordfish"), "{error}");
    }
}
