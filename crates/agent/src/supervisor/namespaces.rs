//! The pid namespace around the sandbox, with a user namespace where that takes one.

use std::{fs, io};

use rustix::{
    process::{getegid, geteuid},
    thread::UnshareFlags,
};

/// Enters a user namespace in which this process may make a pid namespace. Only a process with a single
/// thread can do this.
pub(super) fn enter_user_namespace() -> io::Result<()> {
    let (uid, gid) = (geteuid().as_raw(), getegid().as_raw());
    unshare(UnshareFlags::NEWUSER)?;
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("{uid} {uid} 1"))?;
    fs::write("/proc/self/gid_map", format!("{gid} {gid} 1"))
}

/// Makes the next child of this thread process 1 of a pid namespace. The thread can start no other thread
/// after this.
pub(super) fn divert_children() -> io::Result<()> {
    unshare(UnshareFlags::NEWPID)
}

#[expect(unsafe_code, reason = "unshare is unsafe in rustix for the sake of FILES alone")]
fn unshare(flags: UnshareFlags) -> io::Result<()> {
    assert!(!flags.contains(UnshareFlags::FILES), "file descriptors stay shared between threads");
    // SAFETY: the call is dangerous only with FILES, which the assertion excludes.
    Ok(unsafe { rustix::thread::unshare_unsafe(flags) }?)
}
