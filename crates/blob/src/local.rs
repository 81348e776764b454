//! The folders of a store on this machine's disk, made so that they survive a power cut.
//!
//! `object_store` syncs a folder only when it makes it. A folder made just before a crash, or by another writer a
//! moment ago, would be used without its own entry being on disk. So every folder is made here, and its parent synced
//! once per process before the first object goes into it.

use std::collections::HashSet;
use std::fs::{DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// Where objects lie, below the root.
pub(crate) const OBJECTS: &str = "v1";
/// Where large objects grow until they are whole. On the same file system, because they move by a hard link.
pub(crate) const UNFINISHED: &str = "unfinished";
/// A writer touches its file with every part; what is older than this was left by a process that was killed.
const UNFINISHED_AGE_MAX: Duration = Duration::from_hours(24);

/// The folders of one local store.
#[derive(Clone, Debug)]
pub(crate) struct Folders {
    root: Arc<PathBuf>,
    durable: Arc<Mutex<HashSet<String>>>,
}

impl Folders {
    /// Makes what is missing, with mode 0700, and removes what killed writers left behind.
    pub(crate) fn open(root: &Path) -> io::Result<Self> {
        make(root)?;
        let root = root.canonicalize()?;
        for folder in [OBJECTS, UNFINISHED] {
            make(&root.join(folder))?;
        }
        File::open(&root)?.sync_all()?;
        // An earlier process may have made the root and died. The folder above may be closed to us: then it is not ours.
        let _ = root.parent().map_or(Ok(()), |parent| File::open(parent)?.sync_all());
        let folders = Self { root: Arc::new(root), durable: Arc::default() };
        folders.sweep(SystemTime::now() - UNFINISHED_AGE_MAX);
        Ok(folders)
    }

    /// The root, without links.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Makes sure that the folder of a shard is there and will be after a power cut. Blocking.
    pub(crate) fn ensure(&self, shard: &str) -> io::Result<()> {
        let objects = self.root.join(OBJECTS);
        if self.durable().contains(shard) {
            return Ok(());
        }
        let made = make(&objects.join(shard))?;
        if !made {
            File::open(&objects)?.sync_all()?;
        }
        self.durable().insert(shard.to_owned());
        Ok(())
    }

    /// Brings a removal in a shard to disk, so that an erased object does not come back. Blocking.
    pub(crate) fn sync(&self, shard: &str) -> io::Result<()> {
        match File::open(self.root.join(OBJECTS).join(shard)) {
            Ok(folder) => folder.sync_all(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Removes unfinished files last touched before a time. Failures are left for the next start.
    fn sweep(&self, before: SystemTime) {
        let Ok(files) = std::fs::read_dir(self.root.join(UNFINISHED)) else { return };
        for file in files.flatten() {
            let touched = file.metadata().and_then(|metadata| metadata.modified());
            if touched.is_ok_and(|touched| touched < before) {
                let _ = std::fs::remove_file(file.path());
            }
        }
    }

    fn durable(&self) -> std::sync::MutexGuard<'_, HashSet<String>> {
        self.durable.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes a folder and the ones above it; each new one is on disk before the next. `false` when it was there already.
fn make(folder: &Path) -> io::Result<bool> {
    let named = |error: io::Error| {
        io::Error::new(error.kind(), format!("create folder {}: {error}", folder.display()))
    };
    match DirBuilder::new().mode(0o700).create(folder) {
        Ok(()) => {
            let synced = folder.parent().map_or(Ok(()), |parent| File::open(parent)?.sync_all());
            synced.map(|()| true).map_err(named)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => Ok(false),
        Err(error) if error.kind() == io::ErrorKind::NotFound => match folder.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => {
                make(parent)?;
                make(folder)
            }
            _ => Err(named(error)),
        },
        Err(error) => Err(named(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::{Folders, UNFINISHED};
    use std::os::unix::fs::PermissionsExt as _;
    use std::time::{Duration, SystemTime};

    #[test]
    fn folders_are_private_and_old_leftovers_go() {
        let temp = tempfile::tempdir().unwrap();
        let root = temp.path().join("a/b");
        let folders = Folders::open(&root).unwrap();
        folders.ensure("xy").unwrap();
        folders.sync("xy").unwrap();
        folders.sync("zz").unwrap();
        for folder in ["", "v1", "v1/xy", UNFINISHED] {
            let mode = std::fs::metadata(root.join(folder)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o700, "{folder}");
        }
        let leftover = root.join(UNFINISHED).join("leftover");
        std::fs::write(&leftover, "x").unwrap();
        folders.sweep(SystemTime::now() - Duration::from_mins(1));
        assert!(leftover.exists());
        folders.sweep(SystemTime::now() + Duration::from_mins(1));
        assert!(!leftover.exists());
    }
}
