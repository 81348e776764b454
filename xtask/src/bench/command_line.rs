//! A real command line in a folder with a `cloud` block that leads to a server of a benchmark.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use super::program::Server;

/// Stands for the server in configurations: the CLI configuration maps it, so that no TLS is needed.
const HOST: &str = "bench.test";

/// One folder and the program that works in it.
pub(super) struct CommandLine {
    folder: TempDir,
    engine: PathBuf,
    is_local: bool,
}

impl CommandLine {
    /// In a fresh folder with these files and a `cloud` block that names the workspace. `init` is still to come.
    pub(super) fn new(
        engine: &Path,
        server: &Server,
        token: &str,
        workspace: &str,
        files: &[(&str, &[u8])],
    ) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let cloud = format!(
            "terraform {{\n  cloud {{\n    hostname = \"{HOST}\"\n    organization = \"bench\"\n    \
             workspaces {{\n      name = \"{workspace}\"\n    }}\n  }}\n}}\n"
        );
        fs::create_dir(folder.path().join("work"))?;
        fs::write(folder.path().join("work/cloud.tf"), cloud)?;
        for (name, content) in files {
            fs::write(folder.path().join("work").join(name), content)?;
        }
        let services = ["tfe.v2", "tfe.v2.1", "tfe.v2.2", "state.v2"]
            .map(|service| format!("    \"{service}\" = \"http://{}/api/v2/\"\n", server.address));
        let settings = format!(
            "host \"{HOST}\" {{\n  services = {{\n{}  }}\n}}\ncredentials \"{HOST}\" {{\n  token = \"{token}\"\n}}\n",
            services.concat()
        );
        fs::write(folder.path().join("cli.tfrc"), settings)?;
        Ok(Self { folder, engine: engine.to_owned(), is_local: false })
    }

    /// Plans and applies here, with the state on the server.
    pub(super) fn locally(mut self) -> Self {
        self.is_local = true;
        self
    }

    /// Runs a command; milliseconds from its start to its end, and what it said. One that fails is an error.
    pub(super) fn run(&self, arguments: &[&str]) -> Result<(f64, String)> {
        let output = self.folder.path().join("out.log");
        let out = File::create(&output)?;
        let mut command = Command::new(&self.engine);
        command.args(arguments).current_dir(self.folder.path().join("work")).env_clear();
        command.stdin(Stdio::null()).stderr(out.try_clone()?).stdout(out);
        command.env("TF_CLI_CONFIG_FILE", self.folder.path().join("cli.tfrc"));
        command.env("HOME", self.folder.path()).env("CHECKPOINT_DISABLE", "1");
        if self.is_local {
            command.env("TF_FORCE_LOCAL_BACKEND", "1").env("TF_IN_AUTOMATION", "1");
        }
        let started = Instant::now();
        let status =
            command.status().with_context(|| format!("failed to start {}", self.engine.display()))?;
        let ms = started.elapsed().as_secs_f64() * 1e3;
        let said = String::from_utf8_lossy(&fs::read(output)?).into_owned();
        if !status.success() {
            bail!("{arguments:?} ended with {status}: {said}");
        }
        Ok((ms, said))
    }

    /// The same, and it must have said this.
    pub(super) fn run_and_see(&self, arguments: &[&str], text: &str) -> Result<f64> {
        let (ms, said) = self.run(arguments)?;
        if !said.contains(text) {
            bail!("{arguments:?} did not say {text:?}: {said}");
        }
        Ok(ms)
    }
}
