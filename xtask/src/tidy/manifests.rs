//! Manifests: no dependency of the workspace that no crate uses, and the shared lints in every crate.

use toml::{Table, Value};

use crate::finding::Report;
use crate::tree::{SourceFile, Tree};

const DEPENDENCY_TABLES: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

pub(super) fn check(tree: &Tree, report: &mut Report) {
    let mut used = Vec::new();
    for file in tree.crate_manifests() {
        // Read by other tools (an engine's module, somebody's fixture) or not for us to judge: cargo does.
        let Ok(manifest) = file.text.parse::<Table>() else { continue };
        collect_used(&manifest, &mut used);
        shared_lints(file, &manifest, report);
    }
    let Some(root) = tree.find("Cargo.toml") else { return };
    for name in workspace_dependencies(&root.text) {
        if !used.contains(&name) {
            let line = line_of_key(&root.text, &name);
            let what = format!("no crate uses `{name}`");
            report.problem("Cargo.toml", line, &what, "remove it from [workspace.dependencies]");
        }
    }
}

/// The names in `[workspace.dependencies]`.
pub(crate) fn workspace_dependencies(root_manifest: &str) -> Vec<String> {
    let manifest = root_manifest.parse::<Table>().unwrap_or_default();
    let dependencies = manifest.get("workspace").and_then(|workspace| workspace.get("dependencies"));
    dependencies.and_then(Value::as_table).map(|table| table.keys().cloned().collect()).unwrap_or_default()
}

/// The line, from 1, on which a key of this name begins.
pub(crate) fn line_of_key(text: &str, name: &str) -> usize {
    let is_key = |line: &str| {
        let rest = line.trim_start().trim_start_matches('"').strip_prefix(name);
        rest.is_some_and(|rest| rest.trim_start_matches('"').trim_start().starts_with(['=', '.']))
    };
    text.lines().position(is_key).map_or(1, |index| index + 1)
}

/// Adds what a manifest takes from the workspace; also below `[target.'…']`.
fn collect_used(manifest: &Table, used: &mut Vec<String>) {
    for table in DEPENDENCY_TABLES.iter().filter_map(|name| manifest.get(*name)?.as_table()) {
        let shared = |value: &Value| value.get("workspace").and_then(Value::as_bool) == Some(true);
        used.extend(table.iter().filter(|(_, value)| shared(value)).map(|(name, _)| name.clone()));
    }
    let targets = manifest.get("target").and_then(Value::as_table);
    for target in targets.into_iter().flat_map(Table::values).filter_map(Value::as_table) {
        collect_used(target, used);
    }
}

fn shared_lints(file: &SourceFile, manifest: &Table, report: &mut Report) {
    let shared = manifest.get("lints").and_then(|lints| lints.get("workspace")).and_then(Value::as_bool);
    if file.path.starts_with("crates/") && shared != Some(true) {
        let what_to_do = "add `[lints]` with `workspace = true`";
        report.problem(&file.path, 1, "the workspace's lints are not on", what_to_do);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dependency_nobody_uses_is_found() {
        let tree = Tree::of(&[
            (
                "Cargo.toml",
                "[workspace.dependencies]\n# data\na = \"1\"\n\nb = { version = \"1\" }\nc = \"2\"\nd = \"3\"\n",
            ),
            ("crates/x/Cargo.toml", "[lints]\nworkspace = true\n[dependencies]\na.workspace = true\n"),
            (
                "xtask/Cargo.toml",
                "[target.'cfg(unix)'.dev-dependencies]\nb = { workspace = true }\n[dependencies]\nd = \"3\"\n",
            ),
        ]);
        let mut report = Report::default();
        check(&tree, &mut report);
        let found: Vec<String> = report.findings().iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            [
                "Cargo.toml:6: no crate uses `c`: remove it from [workspace.dependencies]",
                "Cargo.toml:7: no crate uses `d`: remove it from [workspace.dependencies]",
            ]
        );
    }

    #[test]
    fn a_crate_without_the_lints_is_found() {
        let mut report = Report::default();
        check(&Tree::of(&[("crates/x/Cargo.toml", "[package]\nname = \"x\"\n")]), &mut report);
        assert_eq!(report.problems(), 1);
    }
}
