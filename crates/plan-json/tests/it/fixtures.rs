//! Plan documents that others made, read both ways.
//!
//! They are not part of this repository: `TERRANE_SHARED` names the folder that holds
//! `fixtures/plan-json`; without it, the folder `shared` beside the repository is used.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use terrane_plan_json::{Error, summarize};

use crate::oracle::{Expected, expected, is_plan};

pub(crate) fn folder() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let shared = env::var_os("TERRANE_SHARED").map_or_else(|| root.join("../shared"), PathBuf::from);
    let folder = shared.join("fixtures/plan-json");
    assert!(
        folder.is_dir(),
        "there are no plan documents in {}: set TERRANE_SHARED to the folder that holds fixtures/plan-json",
        folder.display()
    );
    folder
}

pub(crate) fn documents(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            documents(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "json") {
            into.push(path);
        }
    }
}

#[test]
fn every_document_is_summarized_as_the_whole_document_says() {
    let mut paths = Vec::new();
    documents(&folder(), &mut paths);
    let (mut plans, mut others) = (0, 0);
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        let document: Value = serde_json::from_str(&text).unwrap();
        let summary = summarize(text.as_bytes());
        if !is_plan(&document) {
            assert!(matches!(summary, Err(Error::NotAPlan { .. })), "{}: {summary:?}", path.display());
            others += 1;
            continue;
        }
        let summary = summary.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(summary.sha256, <[u8; 32]>::from(Sha256::digest(&text)), "{}", path.display());
        assert_eq!(Expected::from(summary), expected(&text), "{}", path.display());
        plans += 1;
    }
    assert!(plans >= 90, "only {plans} plan documents were found");
    assert!(others >= 8, "only {others} other documents were found");
}

#[test]
fn what_the_makers_of_the_documents_say_holds() {
    let summary = |name: &str| {
        let text = fs::read(folder().join(name)).unwrap();
        summarize(text.as_slice()).unwrap()
    };
    assert!(summary("opentofu/equivalence/drift_refresh_only.json").has_changes);
    assert!(!summary("opentofu/equivalence/moved_with_refresh_only.json").has_changes);
    assert!(summary("opentofu/equivalence/moved_simple.json").has_changes);
    assert!(summary("opentofu/show-json/plan-error__output.json").errored);
    assert!(summary("terraform-json/has_changes__plan.json").has_changes);
    assert!(!summary("opentofu/cloud/plan-json-no-changes__plan-unredacted.json").has_changes);
}
