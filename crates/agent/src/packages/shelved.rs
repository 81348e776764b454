//! One package that is kept: `files/` with its content, `package.json` that says what is there, `known-to/` with an empty
//! file for each workspace whose runs have had it.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::MetadataExt,
    time::SystemTime,
};

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use super::tree::Package;
use crate::job::{read_json, write_durably};

const SHELVED_VERSION: u32 = 1;

#[derive(Debug, Serialize, Deserialize)]
struct Contents {
    version: u32,
    size_bytes: u64,
    files: Vec<FileSeen>,
}

#[derive(Debug, Serialize, Deserialize)]
struct FileSeen {
    path: Utf8PathBuf,
    seen: Seen,
}

/// What shows that a file was altered without reading it.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Seen {
    size_bytes: u64,
    mode: u32,
    modified_secs: i64,
    modified_nanos: i64,
}

impl Seen {
    fn of(path: &Utf8Path) -> io::Result<Self> {
        let metadata = path.symlink_metadata()?;
        Ok(Self {
            size_bytes: metadata.len(),
            mode: metadata.mode(),
            modified_secs: metadata.mtime(),
            modified_nanos: metadata.mtime_nsec(),
        })
    }
}

/// A package by its folder.
#[derive(Debug)]
pub(super) struct Shelved(pub(super) Utf8PathBuf);

impl Shelved {
    /// Makes the folder; [`Shelved::describe`] makes it whole.
    pub(super) fn create(folder: Utf8PathBuf) -> io::Result<Self> {
        fs::create_dir(&folder)?;
        let made = Self(folder);
        fs::create_dir(made.files())?;
        fs::create_dir(made.0.join("known-to"))?;
        Ok(made)
    }

    /// Notes what was copied to it.
    pub(super) fn describe(&self, package: &Package) -> io::Result<()> {
        let of =
            |path: &String| Ok(FileSeen { path: path.into(), seen: Seen::of(&self.files().join(path))? });
        let files = package.files.iter().map(of).collect::<io::Result<_>>()?;
        let contents = Contents { version: SHELVED_VERSION, size_bytes: package.size_bytes, files };
        write_durably(&self.0.join("package.json"), &serde_json::to_vec(&contents)?)
    }

    fn contents(&self) -> io::Result<Contents> {
        let contents: Contents = read_json(&self.0.join("package.json"))?;
        if contents.version == SHELVED_VERSION {
            Ok(contents)
        } else {
            Err(io::Error::other("it was kept by another version of this program"))
        }
    }

    pub(super) fn files(&self) -> Utf8PathBuf {
        self.0.join("files")
    }

    pub(super) fn exists(&self) -> bool {
        self.0.is_dir()
    }

    fn mark(&self, workspace: &str) -> Utf8PathBuf {
        self.0.join("known-to").join(workspace)
    }

    pub(super) fn is_known_to(&self, workspace: &str) -> bool {
        self.mark(workspace).exists()
    }

    /// Runs of this workspace may have it.
    pub(super) fn make_known_to(&self, workspace: &str) -> io::Result<()> {
        File::create(self.mark(workspace))?;
        self.touch()
    }

    /// It is used now.
    fn touch(&self) -> io::Result<()> {
        File::open(&self.0)?.set_modified(SystemTime::now())
    }

    /// When it was used last, and its bytes.
    pub(super) fn used(&self) -> io::Result<(SystemTime, u64)> {
        Ok((self.0.metadata()?.modified()?, self.contents()?.size_bytes))
    }

    /// Makes the same files below a new folder, as further names of what is here: they outlive this.
    pub(super) fn link_to(&self, folder: &Utf8Path) -> io::Result<()> {
        fs::create_dir(folder)?;
        for FileSeen { path, seen } in self.contents()?.files {
            let (from, to) = (self.files().join(&path), folder.join(&path));
            if Seen::of(&from)? != seen {
                return Err(io::Error::other(format!("{path} was altered")));
            }
            if let Some(parent) = to.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::hard_link(from, to)?;
        }
        self.touch()
    }
}
