//! Decision notes are `docs/decisions/NNNN-name.md`, numbered without gaps.

use crate::finding::Report;
use crate::tree::Tree;

const FOLDER: &str = "docs/decisions/";

pub(super) fn check(tree: &Tree, report: &mut Report) {
    let notes = tree.below(FOLDER).filter(|file| file.name() != "README.md");
    for (index, note) in notes.enumerate() {
        let number = format!("{:04}-", index + 1);
        if !note.name().starts_with(&number) || !note.name().ends_with(".md") {
            let what_to_do = format!("call it {number}<what was decided>.md");
            report.problem(&note.path, 1, "a gap or a repetition in the numbers", &what_to_do);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(names: &[&str]) -> usize {
        let files: Vec<(&str, &str)> = names.iter().map(|name| (*name, "")).collect();
        let mut report = Report::default();
        check(&Tree::of(&files), &mut report);
        report.problems()
    }

    #[test]
    fn numbers_have_no_gaps() {
        assert_eq!(problems(&["docs/decisions/0001-a.md", "docs/decisions/0002-b.md"]), 0);
        assert_eq!(problems(&["docs/decisions/0001-a.md", "docs/decisions/0003-b.md"]), 1);
        assert_eq!(problems(&["docs/decisions/0001-a.md", "docs/decisions/0001-b.md"]), 1);
        assert_eq!(problems(&["docs/decisions/README.md", "docs/decisions/notes.md"]), 1);
    }
}
