//! What a check found: where, what, and what to do about it.

use std::fmt;

/// Whether a finding fails the task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Weight {
    Problem,
    Warning,
}

/// One line of the report: `path:line: what: what to do`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    pub(crate) path: String,
    /// Counted from 1.
    pub(crate) line: usize,
    pub(crate) weight: Weight,
    pub(crate) what: String,
    pub(crate) what_to_do: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, line, weight, what, what_to_do } = self;
        let mark = if *weight == Weight::Warning { "warning: " } else { "" };
        write!(f, "{path}:{line}: {mark}{what}: {what_to_do}")
    }
}

/// All findings of one task.
#[derive(Debug, Default)]
pub(crate) struct Report(Vec<Finding>);

impl Report {
    pub(crate) fn problem(&mut self, path: &str, line: usize, what: &str, what_to_do: &str) {
        self.add(Weight::Problem, path, line, what, what_to_do);
    }

    pub(crate) fn warning(&mut self, path: &str, line: usize, what: &str, what_to_do: &str) {
        self.add(Weight::Warning, path, line, what, what_to_do);
    }

    fn add(&mut self, weight: Weight, path: &str, line: usize, what: &str, what_to_do: &str) {
        let (path, what, what_to_do) = (path.to_owned(), what.to_owned(), what_to_do.to_owned());
        self.0.push(Finding { path, line, weight, what, what_to_do });
    }

    /// Sorted by place.
    pub(crate) fn findings(&self) -> Vec<Finding> {
        let mut sorted = self.0.clone();
        sorted.sort();
        sorted
    }

    pub(crate) fn problems(&self) -> usize {
        self.0.iter().filter(|finding| finding.weight == Weight::Problem).count()
    }

    pub(crate) fn warnings(&self) -> usize {
        self.0.len() - self.problems()
    }
}
