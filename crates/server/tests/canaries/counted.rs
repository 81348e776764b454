//! What was planted, what was searched, and what was found: a search of nothing proves nothing.

use crate::answers;
use crate::canary::{Canary, Kind};
use std::collections::BTreeMap;
use std::sync::Mutex;

/// As many leaks are told; the first says most.
const LEAKS_TOLD_MAX: usize = 10;
/// What must have been searched.
const PLACES: [&str; 7] =
    ["answers", "metrics", "logs", "masked logs", "files", "values of rows", "lines of the server's log"];

/// Counts.
#[derive(Debug, Default)]
pub struct Counted(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    planted: BTreeMap<Kind, usize>,
    /// How many, and their bytes.
    searched: BTreeMap<&'static str, (usize, usize)>,
    meant: BTreeMap<&'static str, usize>,
    leaks: BTreeMap<String, (usize, String)>,
}

impl Counted {
    /// These secrets are there to be found.
    pub fn planted<'a>(&self, secrets: impl Iterator<Item = &'a Canary>) {
        let mut counts = self.0.lock().unwrap();
        secrets.for_each(|secret| *counts.planted.entry(secret.kind).or_default() += 1);
    }

    /// One more thing of this place was looked at.
    pub fn searched(&self, place: &'static str, bytes: usize) {
        let mut counts = self.0.lock().unwrap();
        let (things, all_bytes) = counts.searched.entry(place).or_default();
        (*things, *all_bytes) = (*things + 1, *all_bytes + bytes);
    }

    /// What is meant to give its secret gave it.
    pub fn meant(&self, operation: &'static str) {
        *self.0.lock().unwrap().meant.entry(operation).or_default() += 1;
    }

    /// A canary stands where none may.
    pub fn leak(&self, place: &str, (form, around): &(&str, String)) {
        let mut counts = self.0.lock().unwrap();
        counts.leaks.entry(place.to_owned()).or_insert_with(|| (0, format!("{form}: {around:?}"))).0 += 1;
    }

    /// Tells the numbers; fails on any leak, and when there was nothing to find or to search.
    pub fn conclude(self, is_fake: bool) {
        let counts = self.0.into_inner().unwrap();
        for (kind, number) in &counts.planted {
            println!("{number:>9}  planted: {kind:?}");
        }
        for (place, (things, bytes)) in &counts.searched {
            println!("{things:>9}  searched: {place}, {bytes} bytes");
        }
        for (operation, number) in &counts.meant {
            println!("{number:>9}  meant to give secrets: {operation}");
        }
        let leaks: Vec<String> = counts
            .leaks
            .iter()
            .take(LEAKS_TOLD_MAX)
            .map(|(place, (number, first))| format!("{place}, {number} times: {first}"))
            .collect();
        assert!(leaks.is_empty(), "canaries were found:\n{}", leaks.join("\n"));
        for kind in Kind::ALL.iter().filter(|kind| is_fake || !kind.is_of_fake()) {
            assert!(counts.planted.contains_key(kind), "none was planted: {kind:?}");
        }
        for place in PLACES {
            assert!(counts.searched.contains_key(place), "none was searched: {place}");
        }
        for operation in answers::meant(is_fake) {
            assert!(counts.meant.contains_key(operation), "it gave no secret: {operation}");
        }
    }
}
