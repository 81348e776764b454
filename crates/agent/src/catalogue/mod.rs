//! Engines as a catalogue: installs released versions beside each other into the engine folder.
//!
//! A release is believed when its list of checksums is signed by a trusted key and its archive has the checksum that
//! the list says. Where Go is, a version can be built from its Go module instead. A version becomes visible at once and
//! as a whole, when its folder gets its name; what an install leaves that was killed is never listed, and is removed by
//! the next one.
//!
//! | module | holds |
//! |---|---|
//! | `install` | the operation |
//! | `releases` | where releases are, and what their files are called |
//! | `index` | which versions there are |
//! | `trust` | the keys whose signatures are believed |
//! | `openpgp` | the check of a signature |
//! | `transfer` | downloads, with limits |
//! | `archive` | the program in a release's archive |
//! | `build` | a build from the Go module |
//! | `shelf` | the engine folder |
//! | `limits` | every limit by name |
//! | `progress` | what is told meanwhile |

mod archive;
mod build;
mod index;
mod install;
mod limits;
mod openpgp;
mod progress;
mod releases;
mod shelf;
mod transfer;
mod trust;

pub use install::{InstallError, Installed, Installer, Origin, Wish};
pub use limits::CatalogueLimits;
pub use progress::{Progress, Silent};
pub use releases::Releases;
pub use trust::{KeysError, TrustedKeys};
