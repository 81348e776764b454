//! All checks of `cargo xtask deps`.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;

use crate::finding::Report;
use crate::tidy::{line_of_key, workspace_dependencies};
use crate::tree::Tree;

use super::licence::is_accepted;
use super::packages::{Package, resolve};

const LOCK: &str = "Cargo.lock";
/// A second crypto provider, or a library of the system's, would come in with these.
const REFUSED: [(&str, &str); 4] = [
    ("ring", "aws-lc-rs is the one crypto provider"),
    ("openssl-sys", "TLS is rustls"),
    ("native-tls", "TLS is rustls"),
    ("async-std", "tokio is the one runtime"),
];

/// Holds what the workspace builds to the rules for dependencies.
pub(crate) fn check(tree: &Tree, root: &Path) -> Result<Report> {
    let packages = resolve(root)?;
    let mut report = Report::default();
    licences(&packages, &mut report);
    refused(&packages, &mut report);
    duplicates(&packages, &mut report);
    notes(tree, &mut report);
    Ok(report)
}

fn licences(packages: &[Package], report: &mut Report) {
    for Package { name, version, licence } in packages.iter().filter(|package| !is_accepted(&package.licence))
    {
        let what = format!("{name} {version} is under \"{licence}\"");
        report.problem(
            LOCK,
            1,
            &what,
            "take another crate (xtask/src/deps/licence.rs lists what is accepted)",
        );
    }
}

fn refused(packages: &[Package], report: &mut Report) {
    for Package { name, version, .. } in packages {
        if let Some((_, why)) = REFUSED.iter().find(|(refused, _)| refused == name) {
            let what_to_do = format!("{why}: see `cargo tree --invert {name}` and choose other features");
            report.problem(LOCK, 1, &format!("{name} {version} is built"), &what_to_do);
        }
    }
}

/// A warning only: most come from others who have not moved yet.
fn duplicates(packages: &[Package], report: &mut Report) {
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for package in packages {
        versions.entry(&package.name).or_default().push(&package.version);
    }
    for (name, versions) in versions.into_iter().filter(|(_, versions)| versions.len() > 1) {
        let what = format!("{name} is built {} times ({})", versions.len(), versions.join(", "));
        let what_to_do = format!("see `cargo tree --invert {name}@{}`", versions[0]);
        report.warning(LOCK, 1, &what, &what_to_do);
    }
}

/// Each dependency of the workspace stands in a decision note, its name in backquotes.
fn notes(tree: &Tree, report: &mut Report) {
    let Some(root) = tree.find("Cargo.toml") else { return };
    let is_ours = |name: &str| name.starts_with("terrane");
    for name in workspace_dependencies(&root.text).into_iter().filter(|name| !is_ours(name)) {
        let mark = format!("`{name}`");
        if !tree.below("docs/decisions/").any(|note| note.text.contains(&mark)) {
            let line = line_of_key(&root.text, &name);
            let what_to_do = "add a line to docs/decisions/ (what for, upkeep, licence, weight, rivals)";
            report.problem("Cargo.toml", line, &format!("no note for `{name}`"), what_to_do);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, version: &str, licence: &str) -> Package {
        Package { name: name.into(), version: version.into(), licence: licence.into() }
    }

    #[test]
    fn bad_packages_are_told() {
        let packages = [
            package("fine", "1.0.0", "MIT"),
            package("fine", "2.0.0", "MIT"),
            package("ring", "0.17.0", "Apache-2.0 AND ISC"),
            package("viral", "1.0.0", "GPL-3.0-only"),
        ];
        let mut report = Report::default();
        licences(&packages, &mut report);
        refused(&packages, &mut report);
        duplicates(&packages, &mut report);
        let found: Vec<String> = report.findings().into_iter().map(|finding| finding.what).collect();
        assert_eq!(
            found,
            [
                "ring 0.17.0 is built",
                "viral 1.0.0 is under \"GPL-3.0-only\"",
                "fine is built 2 times (1.0.0, 2.0.0)"
            ]
        );
        assert_eq!((report.problems(), report.warnings()), (2, 1));
    }

    #[test]
    fn every_dependency_has_its_note() {
        let tree = Tree::of(&[
            (
                "Cargo.toml",
                "[workspace.dependencies]\nterrane-wire = { path = \"x\" }\na = \"1\"\nb = \"1\"\n",
            ),
            ("docs/decisions/0001-dependencies.md", "| `a` | fine |"),
        ]);
        let mut report = Report::default();
        notes(&tree, &mut report);
        assert_eq!(report.findings().len(), 1);
        assert_eq!(report.findings()[0].line, 4);
    }
}
