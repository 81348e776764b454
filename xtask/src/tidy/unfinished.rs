//! Nothing half done is kept: no marks for later, no code that panics until written, no test switched off.

use crate::finding::Report;
use crate::tree::Tree;

const MARKS: [&str; 3] = ["TODO", "FIXME", "XXX"];
const MACROS: [&str; 2] = ["todo", "unimplemented"];

pub(super) fn check(tree: &Tree, report: &mut Report) {
    for file in tree.below("crates/").filter(|file| file.is_rust()) {
        let source = file.rust();
        for mark in MARKS {
            for line in source.comment_lines_with(mark) {
                let what_to_do = "do it now, or open an issue and say in the comment what holds today";
                report.problem(&file.path, line, &format!("`{mark}`"), what_to_do);
            }
        }
        for (index, line) in source.code.lines().enumerate() {
            for name in MACROS {
                if has_macro(line, name) {
                    let what_to_do = "write it, or leave the way to it out";
                    report.problem(&file.path, index + 1, &format!("`{name}!`"), what_to_do);
                }
            }
            if line.replace(' ', "").contains("#[ignore") {
                let what_to_do = "repair the test or remove it; a slow one is for `make test-long`";
                report.problem(&file.path, index + 1, "a test switched off", what_to_do);
            }
        }
    }
}

fn has_macro(line: &str, name: &str) -> bool {
    let call = format!("{name}!");
    line.match_indices(&call).any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(text: &str) -> Vec<String> {
        let mut report = Report::default();
        check(&Tree::of(&[("crates/a/src/lib.rs", text)]), &mut report);
        report.findings().iter().map(|finding| format!("{}: {}", finding.line, finding.what)).collect()
    }

    #[test]
    fn what_is_not_done_is_told() {
        let text =
            "//! A.\n// TODO: later\nfn f() { todo!() }\nfn g() { unimplemented!(\"x\") }\n#[ignore]\n";
        assert_eq!(
            findings(text),
            ["2: `TODO`", "3: `todo!`", "4: `unimplemented!`", "5: a test switched off"]
        );
        assert_eq!(findings("#[ignore = \"slow\"]\n/* FIXME */ // XXX\n").len(), 3);
    }

    #[test]
    fn words_in_text_and_in_words_are_fine() {
        let text = "//! XXXX and mytodo!\nfn f() { let a = \"TODO todo!()\"; my_todo!(); }\n";
        assert!(findings(text).is_empty());
    }
}
