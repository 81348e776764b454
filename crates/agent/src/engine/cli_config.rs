//! The engine's CLI configuration of a run: the operator's text and where the logical host leads.

use std::{fs, io};

use camino::{Utf8Path, Utf8PathBuf};

use super::LOGICAL_HOST;

/// Why the operator's CLI configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CliConfigError {
    /// It cannot be read.
    #[error("failed to read {path}: {error}")]
    Read {
        /// The file.
        path: Utf8PathBuf,
        /// Why.
        error: io::Error,
    },
    /// It is JSON; a run's own settings are appended as HCL.
    #[error("{0} is JSON; write it in the HCL form")]
    Json(Utf8PathBuf),
    /// Runs would share a folder that each of them can write to.
    #[error("{0} sets plugin_cache_dir, which one run could poison for the others; use a filesystem_mirror")]
    PluginCache(Utf8PathBuf),
}

/// What every run takes from the operator's file.
#[derive(Debug, Clone, Default)]
pub(crate) struct OperatorCliConfig {
    /// Its text.
    pub(crate) text: String,
    /// The paths in it that exist: what runs must be able to read.
    pub(crate) readable: Vec<Utf8PathBuf>,
}

/// Checks the operator's CLI configuration when settings are read.
///
/// # Errors
///
/// Says why runs could not use it.
pub fn check_cli_config(path: &Utf8Path) -> Result<(), CliConfigError> {
    OperatorCliConfig::read(Some(path)).map(drop)
}

impl OperatorCliConfig {
    pub(crate) fn read(path: Option<&Utf8Path>) -> Result<Self, CliConfigError> {
        let Some(path) = path else { return Ok(Self::default()) };
        let text = fs::read_to_string(path)
            .map_err(|error| CliConfigError::Read { path: path.to_owned(), error })?;
        if text.trim_start().starts_with('{') {
            return Err(CliConfigError::Json(path.to_owned()));
        }
        if sets(&text, "plugin_cache_dir") {
            return Err(CliConfigError::PluginCache(path.to_owned()));
        }
        let readable = quoted(&text)
            .filter(|text| text.starts_with('/'))
            .map(Utf8PathBuf::from)
            .filter(|path| path.as_str() != "/" && path.exists())
            .collect();
        Ok(Self { text, readable })
    }
}

/// The whole file of one run, with its token for an engine that does not read it from the environment.
pub(crate) fn run_cli_config(operator_text: &str, port: u16, token: Option<&str>) -> String {
    let mut text = String::new();
    if !operator_text.is_empty() {
        text.push_str(operator_text);
        text.push('\n');
    }
    if !sets(operator_text, "disable_checkpoint") {
        text.push_str("disable_checkpoint = true\n");
    }
    let api = format!("http://127.0.0.1:{port}/api/v2/");
    text.push_str(&format!("host \"{LOGICAL_HOST}\" {{\n  services = {{\n"));
    for service in ["tfe.v2", "tfe.v2.1", "tfe.v2.2", "state.v2"] {
        text.push_str(&format!("    \"{service}\" = \"{api}\"\n"));
    }
    text.push_str("  }\n}\n");
    if let Some(token) = token {
        text.push_str(&format!("credentials \"{LOGICAL_HOST}\" {{\n  token = \"{token}\"\n}}\n"));
    }
    text
}

/// Whether a line sets the attribute; comments do not.
fn sets(text: &str, attribute: &str) -> bool {
    text.lines().any(|line| {
        let rest = line.trim_start().trim_start_matches('"').strip_prefix(attribute);
        rest.is_some_and(|rest| rest.trim_start_matches('"').trim_start().starts_with('='))
    })
}

fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| line.split('"').skip(1).step_by(2))
}

#[cfg(test)]
mod tests {
    use super::{OperatorCliConfig, run_cli_config, sets};
    use camino::Utf8Path;

    #[test]
    fn paths_of_mirrors_become_readable() {
        let dir = tempfile::tempdir().expect("a folder");
        let root = Utf8Path::from_path(dir.path()).expect("utf-8");
        let file = root.join("cli.tfrc");
        let text = format!(
            "provider_installation {{\n filesystem_mirror {{\n path = \"{root}\"\n include=[\"a/*\",\"/no/such\"] }} }}"
        );
        std::fs::write(&file, text).expect("written");
        let config = OperatorCliConfig::read(Some(&file)).expect("accepted");
        assert_eq!(config.readable, [root.to_owned()]);
    }

    #[test]
    fn json_and_a_shared_cache_are_refused() {
        let dir = tempfile::tempdir().expect("a folder");
        let file = Utf8Path::from_path(dir.path()).expect("utf-8").join("cli.tfrc");
        for text in
            ["{\"disable_checkpoint\": true}", "  plugin_cache_dir   = \"/x\"", "plugin_cache_dir=\"x\""]
        {
            std::fs::write(&file, text).expect("written");
            assert!(super::check_cli_config(&file).is_err(), "{text}");
        }
        std::fs::write(&file, "# plugin_cache_dir = \"x\"\n").expect("written");
        assert!(super::check_cli_config(&file).is_ok());
    }

    #[test]
    fn checkpoint_is_set_once() {
        assert!(run_cli_config("", 1, None).contains("disable_checkpoint = true"));
        assert_eq!(
            run_cli_config("disable_checkpoint = false", 1, None).matches("disable_checkpoint").count(),
            1
        );
        assert!(
            run_cli_config("", 1, Some("t"))
                .ends_with("credentials \"terrane.internal\" {\n  token = \"t\"\n}\n")
        );
        assert!(!sets("# disable_checkpoint = true", "disable_checkpoint"));
    }
}
