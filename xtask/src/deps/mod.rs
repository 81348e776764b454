//! The rules for what is not ours: licences, refused crates, duplicate versions, a note for each dependency.

mod check;
mod licence;
mod packages;

pub(crate) use check::check;
