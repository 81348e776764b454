//! Opens what an engine left, without following it elsewhere.
//!
//! The engine's programs may have put links where files are expected. The agent is not in their sandbox, so
//! it opens such files only below the job's folder and through no link at all.

use std::{fs::File, io};

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat, openat2};

use super::folder::Folder;

/// Opens a regular file by its path in the job's folder.
pub(super) fn open_inside(folder: &Folder, path: &str) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let root = openat(CWD, folder.root().as_std_path(), flags | OFlags::DIRECTORY, Mode::empty())?;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    // Without waiting, because opening a pipe would.
    let file = File::from(openat2(&root, path, flags | OFlags::NONBLOCK, Mode::empty(), resolve)?);
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("it is not a file")) }
}

#[cfg(test)]
mod tests {
    use super::{Folder, open_inside};
    use camino::Utf8Path;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_and_pipes_are_not_opened() {
        let dir = tempfile::tempdir().expect("a folder");
        let folder =
            Folder::create(Utf8Path::from_path(dir.path()).expect("utf-8"), "job-1").expect("a job's folder");
        std::fs::write(folder.root().join("out/real"), "x").expect("written");
        symlink("/etc/passwd", folder.root().join("out/link")).expect("linked");
        symlink("/etc", folder.root().join("out/dir")).expect("linked");
        assert!(open_inside(&folder, "out/real").is_ok());
        for path in ["out/link", "out/dir/passwd", "../x", "/etc/passwd", "out", "out/none"] {
            assert!(open_inside(&folder, path).is_err(), "{path}");
        }
    }
}
