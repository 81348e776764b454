//! A Rust file that no `mod` names is never built: a forgotten test passes for ever.

use crate::finding::Report;
use crate::tree::{SourceFile, Tree};

pub(super) fn check(tree: &Tree, report: &mut Report) {
    for file in tree.rust_files() {
        let parts = file.parts();
        let Some(depth) = parts.iter().position(|part| ["src", "tests"].contains(part)) else { continue };
        let crate_folder = parts[..depth].join("/");
        let inside = &parts[depth..];
        if is_root(inside) {
            one_test_binary(tree, file, inside, report);
        } else if !is_named(tree, &crate_folder, inside) {
            let name = module_name(inside);
            let what_to_do = format!("add `mod {name};` where its folder is mapped, or remove the file");
            report.problem(&file.path, 1, "no `mod` names this file, so it is never built", &what_to_do);
        }
    }
}

/// Files that cargo finds by itself.
fn is_root(inside: &[&str]) -> bool {
    let source = matches!(inside, ["src", "lib" | "main"] | ["src", "bin", _] | ["src", "bin", _, "main"]);
    source || matches!(inside, ["tests", _] | ["tests", _, "main"])
}

/// Test binaries beside the first of their crate, run alone: one needs no runtime and no database, one reads all that its
/// process logs, one takes minutes.
const ALONE: [&str; 3] =
    ["crates/server/tests/simulation/", "crates/server/tests/canaries/", "crates/terrane/tests/matrix/"];

/// Each test binary is linked by itself, which is most of the time: one for a crate.
fn one_test_binary(tree: &Tree, file: &SourceFile, inside: &[&str], report: &mut Report) {
    let is_alone = |file: &SourceFile| ALONE.iter().any(|folder| file.path.starts_with(folder));
    if inside[0] != "tests" || is_alone(file) {
        return;
    }
    let folder = file.path[..file.path.len() - (inside.join("/").len() + ".rs".len())].to_owned() + "tests/";
    let folder_depth = folder.matches('/').count() - 1;
    let is_one =
        |other: &&SourceFile| other.is_rust() && !is_alone(other) && is_root(&other.parts()[folder_depth..]);
    let first = tree.below(&folder).find(is_one);
    if first.is_some_and(|first| first.path != file.path) {
        let what_to_do = "make it a module of the first (tests/<name>/main.rs with one `mod` for each file)";
        report.problem(&file.path, 1, "a second test binary in this crate", what_to_do);
    }
}

fn module_name<'a>(inside: &[&'a str]) -> &'a str {
    match inside {
        [.., folder, "mod"] => folder,
        [.., name] => name,
        [] => "",
    }
}

/// Does a file that can be the parent name it in a `mod` (or in a `#[path = "…"]`)?
fn is_named(tree: &Tree, crate_folder: &str, inside: &[&str]) -> bool {
    let levels_up = if inside.last() == Some(&"mod") { 2 } else { 1 };
    let folder = &inside[..inside.len() - levels_up];
    let base = std::iter::once(crate_folder).chain(folder.iter().copied()).collect::<Vec<_>>().join("/");
    let base = base.trim_start_matches('/');
    let parents = [
        format!("{base}/mod.rs"),
        format!("{base}/main.rs"),
        format!("{base}/lib.rs"),
        // `plans.rs` beside the folder `plans`
        format!("{base}.rs"),
    ];
    let (name, file_name) = (module_name(inside), inside.last().copied().unwrap_or_default());
    parents.iter().filter_map(|path| tree.find(path)).any(|parent| {
        parent.rust().modules().iter().any(|(_, module)| module == name)
            || parent.text.contains(&format!("{file_name}.rs\"]"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(files: &[(&str, &str)]) -> Vec<String> {
        let mut report = Report::default();
        check(&Tree::of(files), &mut report);
        report.findings().iter().map(|finding| format!("{}: {}", finding.path, finding.what_to_do)).collect()
    }

    #[test]
    fn a_forgotten_test_file_is_found() {
        let found = findings(&[
            ("crates/a/tests/it/main.rs", "mod plans;\n// mod old;\n"),
            ("crates/a/tests/it/old.rs", ""),
            ("crates/a/tests/it/plans/mod.rs", "mod show;"),
            ("crates/a/tests/it/plans/show.rs", ""),
            ("crates/a/tests/it/plans/list.rs", ""),
            ("crates/a/tests/it/runs/mod.rs", ""),
        ]);
        let path = |line: &String| line.split(':').next().unwrap_or_default().to_owned();
        assert_eq!(
            found.iter().map(path).collect::<Vec<_>>(),
            ["crates/a/tests/it/old.rs", "crates/a/tests/it/plans/list.rs", "crates/a/tests/it/runs/mod.rs"]
        );
        assert!(found[2].contains("`mod runs;`"));
    }

    #[test]
    fn a_file_beside_its_folder_is_a_parent() {
        let files = [
            ("xtask/src/main.rs", "mod tidy;"),
            ("xtask/src/tidy.rs", "mod shape;"),
            ("xtask/src/tidy/shape.rs", ""),
        ];
        assert!(findings(&files).is_empty());
    }

    #[test]
    fn roots_need_no_name() {
        let files = [("src/main.rs", ""), ("src/bin/x.rs", ""), ("src/bin/y/main.rs", ""), ("build.rs", "")];
        assert!(findings(&files).is_empty());
    }

    #[test]
    fn one_test_binary_is_enough() {
        let found = findings(&[
            ("crates/a/tests/it/main.rs", ""),
            ("crates/a/tests/other.rs", ""),
            ("crates/b/tests/it/main.rs", ""),
        ]);
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("crates/a/tests/other.rs"));
    }
}
