//! What is really built: the output of `cargo tree`, which resolves features (`cargo metadata` lists more).

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

/// One version of one crate in the tree.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) version: String,
    /// As the crate states it; empty if it states none.
    pub(super) licence: String,
}

/// All packages that the workspace builds on this platform, ours left out; offline if nothing is missing.
pub(super) fn resolve(root: &Path) -> Result<Vec<Package>> {
    match tree(root, &["--offline"]) {
        Ok(text) => Ok(parse(&text)),
        Err(_) => Ok(parse(&tree(root, &[])?)),
    }
}

fn tree(root: &Path, more: &[&str]) -> Result<String> {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["tree", "--workspace", "--locked", "--edges", "normal,build,dev", "--prefix", "none"]);
    let output = command.args(["--format", "{p}\t{l}"]).args(more).current_dir(root).output();
    let output = output.context("failed to start cargo")?;
    if !output.status.success() {
        bail!("cargo tree failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    String::from_utf8(output.stdout).context("failed to read the output of cargo tree")
}

/// Lines of `name v1.2.3 (path or mark)<tab>licence (*)`; what has a path in parentheses is ours.
fn parse(text: &str) -> Vec<Package> {
    let mut packages: Vec<Package> = text.lines().filter_map(parse_line).collect();
    packages.sort();
    packages.dedup();
    packages
}

fn parse_line(line: &str) -> Option<Package> {
    let (crate_part, licence) = line.split_once('\t')?;
    if crate_part.contains("(/") {
        return None;
    }
    let mut words = crate_part.split(' ');
    let name = words.next()?.to_owned();
    let version = words.next()?.trim_start_matches('v').to_owned();
    Some(Package { name, version, licence: licence.trim_end_matches("(*)").trim().to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_once_each() {
        let text = "terrane v0.1.0 (/x/crates/terrane)\tApache-2.0\n\nsyn v2.0.1\tMIT OR Apache-2.0\n\
                    syn v2.0.1\tMIT OR Apache-2.0 (*)\nodd v1.0.0 (proc-macro)\t\n";
        let package = |name: &str, version: &str, licence: &str| Package {
            name: name.into(),
            version: version.into(),
            licence: licence.into(),
        };
        assert_eq!(parse(text), [package("odd", "1.0.0", ""), package("syn", "2.0.1", "MIT OR Apache-2.0")]);
    }
}
