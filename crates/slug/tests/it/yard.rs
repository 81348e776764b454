//! A directory to unpack into, inside another one that must stay as it was.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use tempfile::TempDir;
use terrane_slug::{Error, Limits, Summary, inspect, unpack};

pub(crate) struct Yard {
    outer: TempDir,
}

impl Yard {
    pub(crate) fn new() -> Self {
        let outer = tempfile::tempdir().unwrap();
        fs::create_dir(outer.path().join("root")).unwrap();
        fs::write(outer.path().join("canary"), "alive").unwrap();
        Self { outer }
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.outer.path().join("root")
    }

    pub(crate) fn outside(&self) -> &Path {
        self.outer.path()
    }

    /// Inspects and unpacks; both must say the same, and nothing outside may have changed.
    pub(crate) fn take(&self, archive: &[u8], limits: &Limits) -> Result<Summary, Error> {
        let inspected = inspect(archive, limits);
        assert_eq!(fs::read_dir(self.root()).unwrap().count(), 0, "inspecting wrote something");
        let unpacked = unpack(archive, &self.root(), limits);
        match (&inspected, &unpacked) {
            (Ok(inspected), Ok(unpacked)) => assert_eq!(inspected, unpacked),
            (Err(inspected), Err(unpacked)) => assert_eq!(inspected.to_string(), unpacked.to_string()),
            _ => panic!("they disagree: {inspected:?}, {unpacked:?}"),
        }
        self.assert_untouched();
        unpacked
    }

    /// Everything below the root: path, and mode and content or target.
    pub(crate) fn listing(&self) -> Vec<String> {
        let mut lines = Vec::new();
        list(&self.root(), "", &mut lines);
        lines
    }

    /// Every link below the root leads to something below the root, or to nothing.
    pub(crate) fn assert_links_stay_inside(&self) {
        let root = self.root().canonicalize().unwrap();
        for line in self.listing() {
            let Some((path, _)) = line.split_once(" -> ") else { continue };
            if let Ok(target) = root.join(path).canonicalize() {
                assert!(target.starts_with(&root), "{line} leads to {}", target.display());
            }
        }
    }

    fn assert_untouched(&self) {
        let mut names: Vec<_> =
            fs::read_dir(self.outside()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["canary", "root"], "something was written outside");
        assert_eq!(fs::read_to_string(self.outside().join("canary")).unwrap(), "alive");
    }
}

pub(crate) fn list(directory: &Path, prefix: &str, lines: &mut Vec<String>) {
    let mut entries: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap()).collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = format!("{prefix}{}", entry.file_name().to_str().unwrap());
        let metadata = fs::symlink_metadata(entry.path()).unwrap();
        let mode = metadata.permissions().mode() & 0o7777;
        if metadata.is_dir() {
            lines.push(format!("{path}/ {mode:o}"));
            list(&entry.path(), &format!("{path}/"), lines);
        } else if metadata.is_symlink() {
            lines.push(format!("{path} -> {}", fs::read_link(entry.path()).unwrap().display()));
        } else {
            lines.push(format!("{path} {mode:o} {}", fs::read_to_string(entry.path()).unwrap()));
        }
    }
}
