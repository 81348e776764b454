//! Which engines a test server has.

use crate::programs::{built, real};
use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;

/// The engines of a test server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Engines {
    /// The fake engine under both names: quick, and told by a file what to do.
    #[default]
    Fake,
    /// The real tofu and the real terraform.
    Real,
    /// None at all.
    None,
}

impl Engines {
    /// Puts them into a folder; the programs, tofu first.
    pub fn install(self, folder: &Utf8Path) -> Vec<Utf8PathBuf> {
        match self {
            Self::None => Vec::new(),
            Self::Real => {
                vec![real("tofu", "TERRANE_TEST_TOFU"), real("terraform", "TERRANE_TEST_TERRAFORM")]
            }
            Self::Fake => ["tofu", "terraform"]
                .map(|name| {
                    let program = folder.join(name);
                    std::fs::copy(built("fake-engine"), &program).expect("the test's folder takes a program");
                    program
                })
                .to_vec(),
        }
    }
}

/// A configuration archive that tells the fake engine what to do.
pub fn fake_archive(behaviour: &Value) -> Vec<u8> {
    let text = serde_json::to_vec(behaviour).expect("a JSON value is JSON");
    terrane_slug::pack_files(&[("fake-engine.json", text.as_slice())])
}
