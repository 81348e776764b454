//! Limits and privileges of everything the sandbox starts.

use std::io;

use rustix::{
    process::{Resource, Rlimit, geteuid, setrlimit},
    thread::{
        CapabilitySet, CapabilitySets, remove_capability_from_bounding_set, set_capabilities,
        set_no_new_privs,
    },
};

const OPEN_FILES: u64 = 4096;
const FILE_BYTES: u64 = 4 << 30;
/// Engines ask for more memory than they use.
const DATA_FACTOR: u64 = 2;

/// Sets limits and gives up privileges for ever; `memory_bytes` limits each process where no control group limits
/// all of them. Answers are what is missing.
pub(super) fn apply(memory_bytes: Option<u64>) -> Vec<String> {
    let mut lacking = Vec::new();
    let data = memory_bytes.map(|bytes| (Resource::Data, bytes.saturating_mul(DATA_FACTOR)));
    let limits = [(Resource::Core, 0), (Resource::Nofile, OPEN_FILES), (Resource::Fsize, FILE_BYTES)];
    for (resource, value) in limits.into_iter().chain(data) {
        if let Err(error) = set_limit(resource, value) {
            lacking.push(format!("no limit of {resource:?} ({error})"));
        }
    }
    if let Err(error) = set_no_new_privs(true) {
        lacking.push(format!("no no_new_privs ({error})"));
    }
    if let Err(error) = drop_capabilities() {
        lacking.push(format!("capabilities are kept ({error})"));
    }
    lacking
}

/// Never above what this process was given.
fn set_limit(resource: Resource, value: u64) -> io::Result<()> {
    let given = rustix::process::getrlimit(resource);
    let value = given.maximum.map_or(value, |maximum| maximum.min(value));
    Ok(setrlimit(resource, Rlimit { current: Some(value), maximum: Some(value) })?)
}

/// With the bounding set empty, running a program as root gives none back.
fn drop_capabilities() -> io::Result<()> {
    let none = CapabilitySet::empty();
    for capability in CapabilitySet::all().iter() {
        match remove_capability_from_bounding_set(capability) {
            // A kernel that does not know a capability cannot give it either.
            Ok(()) | Err(rustix::io::Errno::INVAL) => {}
            // Who has none cannot change the set, and needs not.
            Err(rustix::io::Errno::PERM) if !geteuid().is_root() => break,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(set_capabilities(None, CapabilitySets { effective: none, permitted: none, inheritable: none })?)
}
