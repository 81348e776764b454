//! The packages on disk, below the agent's work directory.

use std::{
    fs, io,
    os::fd::OwnedFd,
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::statvfs;

use super::{
    hash::PackageHash,
    shelved::Shelved,
    tree::{open_beneath, read},
};
use crate::engines::hex;

/// More are not kept: those that were used least recently go.
const LIMITS: Limits = Limits {
    packages_max: 200,
    bytes_max: 20 << 30,
    unused_max: Duration::from_secs(30 * 24 * 3600),
    free_bytes_min: 4 << 30,
};
/// Before the name of one that is not whole yet, or not any more.
const PARTIAL_PREFIX: &str = "partial-";

/// How much is kept.
#[derive(Debug, Clone, Copy)]
struct Limits {
    packages_max: usize,
    bytes_max: u64,
    unused_max: Duration,
    /// Nothing is kept on a disk that has less: runs need it more.
    free_bytes_min: u64,
}

/// Packages that were kept. One agent alone has the folder.
#[derive(Debug)]
pub(crate) struct PackageStore {
    root: Utf8PathBuf,
    limits: Limits,
    /// Held while packages get their places or lose them.
    turn: Mutex<()>,
}

impl PackageStore {
    /// Makes the folder, and removes what an earlier process left half done.
    pub(crate) fn open(work_dir: &Utf8Path) -> io::Result<Self> {
        Self::with_limits(work_dir, LIMITS)
    }

    fn with_limits(work_dir: &Utf8Path, limits: Limits) -> io::Result<Self> {
        let root = work_dir.join("packages");
        fs::create_dir_all(&root)?;
        for entry in root.read_dir_utf8()? {
            let entry = entry?;
            // A process that is just ending may still write to it; the next one removes it then.
            if entry.file_name().starts_with(PARTIAL_PREFIX)
                && let Err(error) = fs::remove_dir_all(entry.path())
            {
                tracing::warn!(path = %entry.path(), %error, "failed to remove half a provider package");
            }
        }
        Ok(Self { root, limits, turn: Mutex::default() })
    }

    /// Gives a package to a run of a workspace, into a folder that does not exist yet. False when this workspace has
    /// never had it, or it is not kept any more.
    pub(crate) fn give(&self, workspace: &str, hash: &PackageHash, folder: &Utf8Path) -> io::Result<bool> {
        let shelved = self.of(hash);
        if !shelved.is_known_to(workspace) {
            return Ok(false);
        }
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let linked = shelved.link_to(folder);
        if linked.is_err() {
            self.remove(&shelved)?;
        }
        linked.map(|()| true)
    }

    /// Whether runs of a workspace would be given this.
    pub(crate) fn would_give(&self, workspace: &str, hash: &PackageHash) -> bool {
        self.of(hash).is_known_to(workspace)
    }

    /// Keeps what a run of a workspace has installed, when its content has one of the digests; else nothing.
    pub(crate) fn keep(
        &self,
        workspace: &str,
        hashes: &[PackageHash],
        installed: &OwnedFd,
    ) -> io::Result<()> {
        // It costs the same to be sure that the workspace had all of it, and nothing is copied twice.
        if hashes.iter().any(|hash| self.of(hash).exists()) {
            let hash = read(installed, None)?.hash;
            if hashes.contains(&hash) && self.of(&hash).exists() {
                return self.of(&hash).make_known_to(workspace);
            }
        }
        if self.free_bytes()? < self.limits.free_bytes_min {
            return Ok(());
        }
        let name = format!("{PARTIAL_PREFIX}{}", hex(&rand::random::<[u8; 8]>()));
        let partial = Shelved::create(self.root.join(name))?;
        let kept = self.shelve(&partial, workspace, hashes, installed);
        match fs::remove_dir_all(&partial.0) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => kept.and(Err(error)),
            _ => kept,
        }
    }

    fn shelve(
        &self,
        partial: &Shelved,
        workspace: &str,
        hashes: &[PackageHash],
        installed: &OwnedFd,
    ) -> io::Result<()> {
        let package = read(installed, Some(&partial.files()))?;
        if !hashes.contains(&package.hash) {
            return Ok(());
        }
        partial.describe(&package)?;
        partial.make_known_to(workspace)?;
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let shelved = self.of(&package.hash);
        if shelved.exists() {
            return shelved.make_known_to(workspace);
        }
        fs::rename(&partial.0, &shelved.0)?;
        self.make_room()
    }

    /// Looks at a package that an engine may not have liked, and forgets it when it is not what it should be.
    pub(crate) fn check(&self, hash: &PackageHash) -> io::Result<()> {
        let shelved = self.of(hash);
        let is_right = open_beneath(&self.root, &Utf8PathBuf::from(hash.name()).join("files"))
            .and_then(|files| read(&files, None))
            .is_ok_and(|package| package.hash == *hash);
        if is_right || !shelved.exists() {
            return Ok(());
        }
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        self.remove(&shelved)
    }

    fn of(&self, hash: &PackageHash) -> Shelved {
        Shelved(self.root.join(hash.name()))
    }

    /// Under another name first: half a package must not be given.
    fn remove(&self, shelved: &Shelved) -> io::Result<()> {
        let name = format!("{PARTIAL_PREFIX}{}", hex(&rand::random::<[u8; 8]>()));
        let removed = self.root.join(name);
        fs::rename(&shelved.0, &removed)?;
        fs::remove_dir_all(removed)
    }

    fn make_room(&self) -> io::Result<()> {
        let mut kept = Vec::new();
        for entry in self.root.read_dir_utf8()? {
            let entry = entry?;
            if entry.file_name().starts_with(PARTIAL_PREFIX) {
                continue;
            }
            let shelved = Shelved(entry.path().to_owned());
            match shelved.used() {
                Ok(used) => kept.push((used, shelved)),
                Err(_) => self.remove(&shelved)?,
            }
        }
        kept.sort_by_key(|((used, _), _)| std::cmp::Reverse(*used));
        let now = SystemTime::now();
        let mut bytes = 0_u64;
        for (count, ((used, size_bytes), shelved)) in kept.iter().enumerate() {
            bytes = bytes.saturating_add(*size_bytes);
            let is_old = now.duration_since(*used).is_ok_and(|unused| unused > self.limits.unused_max);
            if is_old || count >= self.limits.packages_max || bytes > self.limits.bytes_max {
                self.remove(shelved)?;
            }
        }
        Ok(())
    }

    fn free_bytes(&self) -> io::Result<u64> {
        let disk = statvfs(self.root.as_std_path())?;
        Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
    }
}

#[cfg(test)]
mod tests;
