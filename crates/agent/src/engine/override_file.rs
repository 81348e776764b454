//! The file that replaces the configuration's backend.
//!
//! Engines merge override files in the order of their names, and the last word wins. The configuration
//! itself is never edited.

use std::{fs, io, io::Write};

use camino::Utf8Path;
use serde_json::json;
use terrane_wire::Job;

use super::state_block;

/// Sorts after every name of printable ASCII.
const NAME: &str = "~~~~terrane_override.tf.json";

/// Why the file could not be put in place.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OverrideError {
    /// The configuration has a file that would win.
    #[error("the configuration's file {0:?} would replace the run's own backend settings; rename it")]
    Beaten(String),
    /// The disk failed.
    #[error("failed to write the run's backend settings: {0}")]
    Io(#[from] io::Error),
}

/// Writes the file to a root module.
pub(crate) fn write_override(module: &Utf8Path, job: &Job) -> Result<(), OverrideError> {
    for entry in fs::read_dir(module)? {
        let name = entry?.file_name();
        if beats(name.as_encoded_bytes()) {
            return Err(OverrideError::Beaten(name.to_string_lossy().into_owned()));
        }
    }
    let document = json!({ "terraform": state_block(job) });
    let path = module.join(NAME);
    match fs::remove_file(&path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error.into()),
    }
    // Created new, because a link of that name must not lead the write elsewhere.
    Ok(fs::File::create_new(&path)?.write_all(document.to_string().as_bytes())?)
}

fn beats(name: &[u8]) -> bool {
    let suffixes: [&[u8]; 4] =
        [b"_override.tf", b"_override.tf.json", b"_override.tofu", b"_override.tofu.json"];
    if !suffixes.iter().any(|suffix| name.ends_with(suffix)) {
        return false;
    }
    // OpenTofu leaves out a `.tf` file beside a `.tofu` file of the same name.
    let is_twin = matches!(name, b"~~~~terrane_override.tofu" | b"~~~~terrane_override.tofu.json");
    is_twin || name > NAME.as_bytes()
}

#[cfg(test)]
mod tests {
    use super::beats;

    #[test]
    fn only_later_override_files_beat_ours() {
        for name in
            ["é_override.tf", "~~~~terrane_override.tofu.json", "~~~~~_override.tf", "~~~~z_override.tofu"]
        {
            assert!(beats(name.as_bytes()), "{name}");
        }
        for name in ["a_override.tf", "override.tf", "é.tf", "main.tf", "~~~~terrane_override.tf.json"] {
            assert!(!beats(name.as_bytes()), "{name}");
        }
    }
}
