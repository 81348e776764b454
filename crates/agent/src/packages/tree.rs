//! Reads a package: every file of a folder, through no link, within limits.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Write},
    os::{
        fd::OwnedFd,
        unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt},
    },
};

use camino::Utf8Path;
use rustix::fs::{CWD, Dir, Mode, OFlags, ResolveFlags, openat, openat2};
use sha2::{Digest, Sha256};

use super::hash::PackageHash;
use crate::engines::hex;

/// A package has no more files and folders.
pub(super) const ENTRIES_MAX: usize = 2_000;
/// Nor more bytes.
pub(super) const PACKAGE_BYTES_MAX: u64 = 2 << 30;
const READ_BYTES: usize = 256 * 1024;

/// A package as it was read.
#[derive(Debug)]
pub(super) struct Package {
    pub(super) hash: PackageHash,
    /// Relative paths, sorted.
    pub(super) files: Vec<String>,
    pub(super) size_bytes: u64,
}

/// A folder below another one; through no link at all.
pub(crate) fn open_beneath(root: &Utf8Path, path: &Utf8Path) -> io::Result<OwnedFd> {
    let root = openat(CWD, root.as_std_path(), FOLDER, Mode::empty())?;
    open(&root, path.as_str(), FOLDER)
}

const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::CLOEXEC).union(OFlags::DIRECTORY);
/// Without waiting, because opening a pipe would.
const ANYTHING: OFlags = OFlags::RDONLY.union(OFlags::CLOEXEC).union(OFlags::NONBLOCK);

fn open(root: &OwnedFd, path: &str, flags: OFlags) -> io::Result<OwnedFd> {
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    Ok(openat2(root, path, flags, Mode::empty(), resolve)?)
}

/// Hashes a package, and copies it into an empty folder where one is named. The hash is that of the bytes that were
/// copied, whatever happens to the originals meanwhile.
pub(super) fn read(root: &OwnedFd, copy_to: Option<&Utf8Path>) -> io::Result<Package> {
    let mut files = list(root)?;
    files.sort();
    let mut hashes = Vec::with_capacity(files.len());
    let mut size_bytes = 0;
    for path in &files {
        let from = File::from(open(root, path, ANYTHING)?);
        let mut to = copy_to.map(|folder| create(&folder.join(path), &from)).transpose()?;
        hashes.push(hash_and_copy(from, to.as_mut(), &mut size_bytes)?);
    }
    let lines = files.iter().zip(&hashes).map(|(path, hash)| (path.as_str(), hash.as_str()));
    Ok(Package { hash: PackageHash::of(lines), files, size_bytes })
}

fn list(root: &OwnedFd) -> io::Result<Vec<String>> {
    let mut files = Vec::new();
    let mut folders = vec![String::new()];
    let mut entries = 0;
    while let Some(folder) = folders.pop() {
        let opened = open(root, if folder.is_empty() { "." } else { &folder }, FOLDER)?;
        for entry in Dir::read_from(&opened)? {
            let entry = entry?;
            let name = entry.file_name().to_str().map_err(io::Error::other)?;
            if matches!(name, "." | "..") {
                continue;
            }
            entries += 1;
            // The digest's own form has no room for a line break.
            if entries > ENTRIES_MAX || name.contains('\n') {
                return Err(io::Error::other("it has too many files, or a name that no package has"));
            }
            let path = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
            let metadata = File::from(open(root, &path, ANYTHING)?).metadata()?;
            if metadata.is_dir() {
                folders.push(path);
            } else if metadata.is_file() {
                files.push(path);
            } else {
                return Err(io::Error::other("it holds something that is neither file nor folder"));
            }
        }
    }
    Ok(files)
}

/// A new file that nobody may write to, executable where the original is.
fn create(path: &Utf8Path, original: &File) -> io::Result<File> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    let is_executable = original.metadata()?.mode() & 0o111 != 0;
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.set_permissions(PermissionsExt::from_mode(if is_executable { 0o555 } else { 0o444 }))?;
    Ok(file)
}

fn hash_and_copy(mut from: File, mut to: Option<&mut File>, size_bytes: &mut u64) -> io::Result<String> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; READ_BYTES];
    loop {
        let count = from.read(&mut buffer)?;
        if count == 0 {
            return Ok(hex(&hasher.finalize()));
        }
        *size_bytes += count as u64;
        if *size_bytes > PACKAGE_BYTES_MAX {
            return Err(io::Error::other("it is larger than any package"));
        }
        hasher.update(&buffer[..count]);
        if let Some(to) = &mut to {
            to.write_all(&buffer[..count])?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{open_beneath, read};
    use crate::packages::hash::PackageHash;
    use camino::Utf8Path;
    use std::{fs, os::unix::fs::symlink};

    #[test]
    fn the_digest_is_that_of_go() {
        let dir = tempfile::tempdir().expect("a folder");
        let root = Utf8Path::from_path(dir.path()).expect("utf-8");
        fs::create_dir_all(root.join("p/a")).expect("made");
        fs::write(root.join("p/a.txt"), "one\n").expect("written");
        fs::write(root.join("p/a/b"), "two\n").expect("written");
        let package = read(&open_beneath(root, "p".into()).expect("opened"), None).expect("read");
        // '.' comes before '/'.
        assert_eq!(package.files, ["a.txt", "a/b"]);
        assert_eq!(package.size_bytes, 8);
        // { for f in a.txt a/b; do sha256sum $f; done } | sha256sum | xxd -r -p | base64
        assert_eq!(Some(package.hash), PackageHash::parse("h1:93tPpGe80v7bdB+G0vJ5ZvKMlRl/YK7lmoubOTvCYHM="));
    }

    #[test]
    fn links_are_not_followed() {
        let dir = tempfile::tempdir().expect("a folder");
        let root = Utf8Path::from_path(dir.path()).expect("utf-8");
        fs::create_dir(root.join("p")).expect("made");
        symlink("p", root.join("link")).expect("linked");
        assert!(open_beneath(root, "link".into()).is_err() && open_beneath(root, "../".into()).is_err());
        symlink("/etc/passwd", root.join("p/x")).expect("linked");
        assert!(read(&open_beneath(root, "p".into()).expect("opened"), None).is_err());
    }
}
