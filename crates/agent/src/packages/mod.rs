//! Provider packages that runs have installed, kept for later runs of the same workspaces.
//!
//! Engines install every provider into every job's folder, which for one from a registry is a download of hundreds of
//! megabytes. After a run the agent keeps the packages that the dependency lock file names, and puts them into the next
//! run's data folder before `init`, which checks them against the lock file and then downloads nothing
//! (docs/decisions/0004).
//!
//! What is kept cannot be altered by a run, nor be given to one that did not have it: a package is found by the digest of
//! its content (`h1:` of a lock file), which this agent has computed from its own copy; a workspace gets only what a run
//! of the same workspace has had; and a run gets it outside of the folders that it may write to.
//!
//! | module | holds |
//! |---|---|
//! | `hash` | the digest of a package, as lock files write it |
//! | `locked` | what a lock file asks for |
//! | `tree` | reads a package without following it elsewhere |
//! | `store` | the packages on disk |
//! | `shelved` | one of them |

mod hash;
mod locked;
mod shelved;
mod store;
mod tree;

pub(crate) use locked::{Locked, locked};
pub(crate) use store::PackageStore;
pub(crate) use tree::open_beneath;
