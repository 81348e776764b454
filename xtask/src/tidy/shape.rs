//! How a file looks: its header, its length, its name, and a `mod.rs` that only maps.

use crate::finding::Report;
use crate::tree::{SourceFile, Tree};

const LINES_WARN: usize = 400;
const LINES_MAX: usize = 800;
const DRAWER_NAMES: [&str; 6] = ["util", "utils", "helper", "helpers", "common", "misc"];

pub(super) fn check(tree: &Tree, report: &mut Report) {
    for file in tree.rust_files() {
        header(file, report);
        length(file, report);
        name(file, report);
        map_only(file, report);
    }
}

fn header(file: &SourceFile, report: &mut Report) {
    if !file.text.trim_start_matches('\u{feff}').starts_with("//!") {
        let what_to_do = "open the file with `//!` and one line that says what it is for";
        report.problem(&file.path, 1, "no header", what_to_do);
    }
}

fn length(file: &SourceFile, report: &mut Report) {
    let lines = file.text.lines().count();
    let what = format!("{lines} lines");
    let what_to_do = format!("split it by what it does (aim at 100 to 200, at most {LINES_MAX})");
    if lines > LINES_MAX {
        report.problem(&file.path, lines, &what, &what_to_do);
    } else if lines > LINES_WARN {
        report.warning(&file.path, lines, &what, &what_to_do);
    }
}

fn name(file: &SourceFile, report: &mut Report) {
    let what_to_do = "name it by what it holds";
    for part in file.parts() {
        if DRAWER_NAMES.contains(&part) {
            report.problem(&file.path, 1, &format!("a module called `{part}`"), what_to_do);
        }
    }
    for (line, module) in file.rust().modules() {
        // A file of that name is reported by its own path.
        let inline =
            file.rust().code.lines().nth(line - 1).is_some_and(|text| !text.trim_end().ends_with(';'));
        if inline && DRAWER_NAMES.contains(&module.as_str()) {
            report.problem(&file.path, line, &format!("a module called `{module}`"), what_to_do);
        }
    }
}

fn map_only(file: &SourceFile, report: &mut Report) {
    if file.name() != "mod.rs" {
        return;
    }
    if let Some(line) = first_function_body(&file.rust().code) {
        let what_to_do = "a mod.rs maps its folder (header, `mod`, `pub use`): move the code to a named file";
        report.problem(&file.path, line, "logic in mod.rs", what_to_do);
    }
}

/// The line of the first `fn name` that a `{` follows before any `;`.
fn first_function_body(code: &str) -> Option<usize> {
    let mut from = 0;
    while let Some(found) = code[from..].find("fn ") {
        let at = from + found;
        from = at + 3;
        let starts_word = !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let has_body = code[from..].find(['{', ';']).is_some_and(|end| code[from + end..].starts_with('{'));
        if starts_word && has_body {
            return Some(code[..at].lines().count().max(1));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(path: &str, text: &str) -> Vec<String> {
        let mut report = Report::default();
        check(&Tree::of(&[(path, text)]), &mut report);
        report.findings().iter().map(|finding| format!("{}: {}", finding.line, finding.what)).collect()
    }

    #[test]
    fn a_header_is_wanted() {
        assert_eq!(findings("a.rs", "use b;\n"), ["1: no header"]);
        assert!(findings("a.rs", "//! A.\n").is_empty());
    }

    #[test]
    fn long_files_are_told() {
        let text = |lines: usize| format!("//! A.\n{}", "\n".repeat(lines - 1));
        assert!(findings("a.rs", &text(400)).is_empty());
        assert_eq!(findings("a.rs", &text(401)), ["401: 401 lines"]);
        let mut report = Report::default();
        check(&Tree::of(&[("a.rs", &text(800)), ("b.rs", &text(801))]), &mut report);
        assert_eq!((report.problems(), report.warnings()), (1, 1));
    }

    #[test]
    fn drawers_are_refused() {
        assert_eq!(findings("crates/a/src/utils.rs", "//! A.\n"), ["1: a module called `utils`"]);
        assert_eq!(findings("crates/a/src/helpers/mod.rs", "//! A.\n"), ["1: a module called `helpers`"]);
        assert_eq!(findings("a.rs", "//! A.\nmod common {\n}\n"), ["2: a module called `common`"]);
        assert!(findings("a.rs", "//! mod utils {}\nmod utilities;\n").is_empty());
    }

    #[test]
    fn a_map_holds_no_code() {
        let map = "//! Map.\nmod a;\npub use a::B;\npub type F = fn(u8) -> u8;\ntrait T {\n    fn f();\n}\n";
        assert!(findings("x/mod.rs", map).is_empty());
        assert_eq!(findings("x/mod.rs", &format!("{map}pub fn g() {{}}\n")), ["8: logic in mod.rs"]);
        assert!(findings("x/other.rs", &format!("{map}pub fn g() {{}}\n")).is_empty());
    }
}
