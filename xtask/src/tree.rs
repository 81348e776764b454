//! The files the checks look at, held in memory: read from disk, or written down in a test.

use std::cell::OnceCell;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::rust_source::RustSource;

/// Folders that are never looked into, wherever they are.
const SKIPPED_FOLDERS: [&str; 5] = [".git", "target", "node_modules", "terrane-data", "snapshots"];
/// Files that are read; of all others only the path is known.
const READ_EXTENSIONS: [&str; 4] = ["rs", "toml", "md", "sql"];

/// One file, its path relative to the root with `/` between the parts.
#[derive(Debug)]
pub(crate) struct SourceFile {
    pub(crate) path: String,
    pub(crate) text: String,
    rust: OnceCell<RustSource>,
}

impl SourceFile {
    fn new(path: String, text: String) -> Self {
        Self { path, text, rust: OnceCell::new() }
    }

    pub(crate) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// The parts of the path, without `.rs` on the last.
    pub(crate) fn parts(&self) -> Vec<&str> {
        self.path.trim_end_matches(".rs").split('/').collect()
    }

    /// The last part of the path.
    pub(crate) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// The text as Rust; taken apart once.
    pub(crate) fn rust(&self) -> &RustSource {
        self.rust.get_or_init(|| RustSource::new(&self.text))
    }
}

/// All files below the root, sorted by path.
#[derive(Debug, Default)]
pub(crate) struct Tree(Vec<SourceFile>);

impl Tree {
    /// Reads the files below `root`.
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let mut files = Vec::new();
        read_folder(root, "", &mut files)?;
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Self(files))
    }

    /// A tree of pairs of path and text.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let file = |(path, text): &(&str, &str)| SourceFile::new((*path).into(), (*text).into());
        Self(files.iter().map(file).collect())
    }

    pub(crate) fn files(&self) -> &[SourceFile] {
        &self.0
    }

    pub(crate) fn find(&self, path: &str) -> Option<&SourceFile> {
        self.0.iter().find(|file| file.path == path)
    }

    /// The files below `folder`, which ends in `/`.
    pub(crate) fn below<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = &'a SourceFile> {
        self.0.iter().filter(move |file| file.path.starts_with(folder))
    }

    pub(crate) fn rust_files(&self) -> impl Iterator<Item = &SourceFile> {
        self.0.iter().filter(|file| file.is_rust())
    }

    /// The manifests of the workspace's crates, not the workspace's own.
    pub(crate) fn crate_manifests(&self) -> impl Iterator<Item = &SourceFile> {
        self.0.iter().filter(|file| file.path.ends_with("/Cargo.toml"))
    }
}

fn read_folder(folder: &Path, prefix: &str, files: &mut Vec<SourceFile>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("failed to list {}", folder.display()))? {
        let entry = entry.with_context(|| format!("failed to list {}", folder.display()))?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let path = format!("{prefix}{name}");
        let kind = entry.file_type().with_context(|| format!("failed to look at {path}"))?;
        if kind.is_dir() && !SKIPPED_FOLDERS.contains(&name.as_str()) {
            read_folder(&entry.path(), &format!("{path}/"), files)?;
        } else if kind.is_file() {
            let read = READ_EXTENSIONS.iter().any(|extension| name.ends_with(&format!(".{extension}")));
            let text = if read { fs::read_to_string(entry.path()) } else { Ok(String::new()) };
            let text = text.with_context(|| format!("failed to read {path}"))?;
            files.push(SourceFile::new(path, text));
        }
    }
    Ok(())
}
