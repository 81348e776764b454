//! All checks of `cargo xtask tidy`, in one list.

use crate::finding::Report;
use crate::tree::Tree;

use super::{borders, decisions, manifests, migrations, modules, shape, unfinished};

/// Holds the tree to every rule.
pub(crate) fn check(tree: &Tree) -> Report {
    let mut report = Report::default();
    shape::check(tree, &mut report);
    borders::check(tree, &mut report);
    modules::check(tree, &mut report);
    unfinished::check(tree, &mut report);
    migrations::check(tree, &mut report);
    decisions::check(tree, &mut report);
    manifests::check(tree, &mut report);
    report
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clean_tree_is_clean() {
        let tree = Tree::of(&[
            ("Cargo.toml", "[workspace.dependencies]\nserde = \"1\"\n"),
            ("crates/a/Cargo.toml", "[lints]\nworkspace = true\n[dependencies]\nserde.workspace = true\n"),
            ("crates/a/src/lib.rs", "//! A.\nmod plans;\n"),
            ("crates/a/src/plans/mod.rs", "//! Plans.\nmod model;\n"),
            ("crates/a/src/plans/model.rs", "//! States.\nfn f() {}\n"),
            ("crates/a/tests/it/main.rs", "//! All tests.\nmod plans;\n"),
            ("crates/a/tests/it/plans.rs", "//! Plans.\n"),
            ("docs/decisions/0001-first.md", ""),
            ("docs/decisions/README.md", ""),
            ("migrations/postgres/0001_a.sql", ""),
            ("migrations/sqlite/0001_a.sql", ""),
        ]);
        assert_eq!(check(&tree).findings(), []);
    }
}
