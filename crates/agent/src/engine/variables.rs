//! Variable files: text as JSON strings, expressions as HCL.
//!
//! They are named on the command line, which puts them above what the configuration brings itself. A file
//! that names a variable the configuration does not declare gets a warning in the log for each plan of each
//! workspace that shares variables, so those are left out: a name that occurs nowhere in the root module's
//! files cannot be declared there.

use std::{collections::HashSet, fs, io};

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Map, Value};
use terrane_wire::{Category, Variable};

use crate::{job::Folder, supervisor::spec::write_private};

/// The files that were needed.
#[derive(Debug, Default)]
pub(crate) struct VariableFiles {
    text: Option<Utf8PathBuf>,
    hcl: Option<Utf8PathBuf>,
    /// Variables that were left out for another reason than not being declared, for the log.
    pub(crate) notes: Vec<String>,
}

impl VariableFiles {
    /// For the command line.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &Utf8Path> {
        self.text.iter().chain(&self.hcl).map(Utf8PathBuf::as_path)
    }
}

/// Writes the files, outside of the configuration.
pub(crate) fn write_variables(
    folder: &Folder,
    module: &Utf8Path,
    variables: &[Variable],
) -> io::Result<VariableFiles> {
    let mut files = VariableFiles::default();
    let variables = variables.iter().filter(|variable| variable.category == Category::Terraform);
    let (named, unnamed): (Vec<_>, Vec<_>) = variables.partition(|variable| is_identifier(&variable.key));
    for variable in unnamed {
        files
            .notes
            .push(format!("the variable {:?} is left out: a configuration cannot declare it", variable.key));
    }
    if named.is_empty() {
        return Ok(files);
    }
    let words = words_of(module)?;
    let mut text = Map::new();
    let mut hcl = String::new();
    for variable in named.iter().filter(|variable| words.contains(variable.key.as_str())) {
        if variable.hcl {
            // A line of its own ends an expression that ends in a comment or a heredoc.
            hcl.push_str(&format!("{} = {}\n", variable.key, variable.value.expose()));
        } else {
            text.insert(variable.key.clone(), Value::from(variable.value.expose()));
        }
    }
    if !text.is_empty() {
        write_private(&folder.text_variables(), &serde_json::to_vec(&text)?)?;
        files.text = Some(folder.text_variables());
    }
    if !hcl.is_empty() {
        write_private(&folder.hcl_variables(), hcl.as_bytes())?;
        files.hcl = Some(folder.hcl_variables());
    }
    Ok(files)
}

/// Every word in the root module's configuration files.
fn words_of(module: &Utf8Path) -> io::Result<HashSet<String>> {
    let mut words = HashSet::new();
    for entry in module.read_dir_utf8()? {
        let entry = entry?;
        let is_configuration = [".tf", ".tf.json", ".tofu", ".tofu.json"]
            .iter()
            .any(|suffix| entry.file_name().ends_with(suffix));
        // A link that leads out of the archive cannot have been unpacked.
        if !is_configuration || !entry.path().is_file() {
            continue;
        }
        let content = fs::read(entry.path())?;
        let content = String::from_utf8_lossy(&content);
        let found = content.split(|letter| !is_part(letter)).filter(|word| !word.is_empty());
        words.extend(found.map(str::to_owned));
    }
    Ok(words)
}

fn is_part(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '-')
}

fn is_identifier(key: &str) -> bool {
    let starts_well = key.starts_with(|letter: char| letter.is_alphabetic() || letter == '_');
    starts_well && key.chars().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::{is_identifier, write_variables};
    use crate::job::Folder;
    use camino::Utf8Path;
    use terrane_wire::{Category, Secret, Variable};

    fn variable(key: &str, value: &str, hcl: bool) -> Variable {
        Variable {
            key: key.into(),
            value: Secret::new(value),
            category: Category::Terraform,
            hcl,
            sensitive: false,
        }
    }

    #[test]
    fn only_what_can_be_declared_is_written() {
        let dir = tempfile::tempdir().expect("a folder");
        let folder =
            Folder::create(Utf8Path::from_path(dir.path()).expect("utf-8"), "job-1").expect("a job's folder");
        std::fs::write(folder.config().join("v.tf"), "variable \"a\" {}\nvariable l-st {}\n")
            .expect("written");
        let variables = [
            variable("a", "007", false),
            variable("l-st", "[1] # c", true),
            variable("elsewhere", "x", false),
            variable("1x", "x", false),
        ];
        let files = write_variables(&folder, &folder.config(), &variables).expect("written");
        assert_eq!(files.paths().count(), 2);
        assert_eq!(files.notes.len(), 1);
        let text = std::fs::read_to_string(folder.text_variables()).expect("read");
        assert_eq!(text, r#"{"a":"007"}"#);
        assert_eq!(std::fs::read_to_string(folder.hcl_variables()).expect("read"), "l-st = [1] # c\n");
    }

    #[test]
    fn identifiers() {
        assert!(["a", "_a", "a-b1", "größe"].iter().all(|key| is_identifier(key)));
        assert!(!["", "1a", "-a", "a b", "a.b", "a\n"].iter().any(|key| is_identifier(key)));
    }
}
