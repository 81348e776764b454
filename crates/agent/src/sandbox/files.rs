//! Which files the engine can open: Landlock.

use std::io;

use camino::Utf8PathBuf;
use landlock::{
    ABI, Access, AccessFs, BitFlags, LandlockStatus, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetStatus,
    Scope, path_beneath_rules,
};

use crate::{job::Folder, supervisor::spec::Spec};

/// The newest rights this was tried with; older kernels get what they know.
const ABI_TRIED: ABI = ABI::V6;

/// Programs and what they load.
const PROGRAMS: [&str; 5] = ["/usr", "/bin", "/lib", "/lib64", "/sbin"];

/// What network code and shells read.
const SYSTEM_FILES: [&str; 16] = [
    "/etc/ssl",
    "/etc/ca-certificates",
    "/etc/pki",
    "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/nsswitch.conf",
    "/etc/gai.conf",
    "/etc/passwd",
    "/etc/group",
    "/etc/localtime",
    "/etc/ld.so.cache",
    "/etc/alternatives",
    // Git ends when it is there and cannot be read, and modules come by git.
    "/etc/gitconfig",
    "/dev/zero",
    "/dev/urandom",
    "/dev/random",
];

/// Restricts this thread and every process it starts. An answer is what is missing.
pub(super) fn restrict(folder: &Folder, spec: &Spec) -> io::Result<Option<String>> {
    let everything = AccessFs::from_all(ABI_TRIED);
    let read = AccessFs::ReadFile | AccessFs::ReadDir;
    let run = read | AccessFs::Execute;
    let programs = PROGRAMS.iter().map(Utf8PathBuf::from).chain([spec.engine.clone()]);
    // Resolved, because a rule for a link would be one for what it leads to anyway.
    let system_files = SYSTEM_FILES.iter().map(Utf8PathBuf::from).chain([folder.input()]);
    let ruleset = Ruleset::default()
        .handle_access(everything)
        .and_then(|ruleset| ruleset.scope(Scope::from_all(ABI_TRIED)))
        .and_then(Ruleset::create)
        .and_then(|ruleset| ruleset.add_rules(path_beneath_rules(folder.writable(), everything)))
        .and_then(|ruleset| ruleset.add_rules(path_beneath_rules(programs, run)))
        .and_then(|ruleset| ruleset.add_rules(path_beneath_rules(&spec.readable, run)))
        .and_then(|ruleset| ruleset.add_rules(path_beneath_rules(system_files, read)))
        .and_then(|ruleset| ruleset.add_rules(path_beneath_rules(["/dev/null"], device())))
        .map_err(io::Error::other)?;
    let status = ruleset.restrict_self().map_err(io::Error::other)?;
    Ok(match (status.landlock, status.ruleset) {
        (_, RulesetStatus::NotEnforced) => Some("no file restrictions (the kernel has no Landlock)".into()),
        // Before this version files could be emptied in spite of everything.
        (LandlockStatus::Available { effective_abi, .. }, _) if effective_abi < ABI::V3 => {
            Some("incomplete file restrictions (Landlock of a kernel before 6.2)".into())
        }
        _ => exposed(folder, spec),
    })
}

/// Other runs' folders lie beside this one: they must not be below anything that is open.
fn exposed(folder: &Folder, spec: &Spec) -> Option<String> {
    let work_dir = folder.root().parent()?.canonicalize_utf8().ok()?;
    let open = PROGRAMS.iter().map(Utf8PathBuf::from).chain(spec.readable.iter().cloned());
    open.filter_map(|path| path.canonicalize_utf8().ok())
        .find(|path| work_dir.starts_with(path))
        .map(|path| format!("incomplete file restrictions (the data directory is below {path})"))
}

fn device() -> BitFlags<AccessFs> {
    AccessFs::ReadFile | AccessFs::WriteFile | AccessFs::Truncate | AccessFs::IoctlDev
}
