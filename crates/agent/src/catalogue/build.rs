//! A build from the Go module, where Go is.
//!
//! A module that replaces others cannot be installed by its name alone, so a module of our own is made that requires
//! it and replaces the same. What Go downloads it checks against its public checksum database.

use std::{fs, io, process::Stdio};

use camino::Utf8Path;
use serde::Deserialize;
use terrane_wire::{Engine, EngineKind, VersionRequest};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    process::Command,
};

use super::{limits::CatalogueLimits, progress::Progress};

/// The last lines that a failed build is told by.
const TOLD_LINES_MAX: usize = 8;
/// A line of a build's output is cut here.
const TOLD_LINE_CHARS_MAX: usize = 300;

/// Why there is no build.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// There is no Go.
    #[error("cannot start {go} ({error}); install Go, or name the program with --go FILE")]
    NoGo {
        /// What was tried.
        go: String,
        /// Why not.
        error: io::Error,
    },
    /// Go says no.
    #[error("`go {command}` failed: {output}")]
    Failed {
        /// What it was asked.
        command: &'static str,
        /// Its last lines.
        output: String,
    },
    /// It takes too long.
    #[error("the build took longer than {0} seconds")]
    Slow(u64),
    /// What Go says of the module is not understood.
    #[error("failed to read what Go says of the module: {0}")]
    Answer(#[from] serde_json::Error),
    /// A module replaces another by a folder that is not published.
    #[error("the module replaces {0} by a folder of its own, and cannot be built alone")]
    Local(String),
    /// The disk failed.
    #[error("failed to write the build's files: {0}")]
    Io(#[from] io::Error),
}

/// The module of an engine and the package of its program.
fn module(kind: EngineKind) -> (&'static str, &'static str) {
    match kind {
        EngineKind::Tofu => ("github.com/opentofu/opentofu", "github.com/opentofu/opentofu/cmd/tofu"),
        EngineKind::Terraform => ("github.com/hashicorp/terraform", "github.com/hashicorp/terraform"),
    }
}

/// Name and version.
pub(super) fn module_of(engine: &Engine) -> String {
    format!("{}@v{}", module(engine.kind).0, engine.version)
}

#[derive(Deserialize)]
struct Versions {
    #[serde(rename = "Versions", default)]
    versions: Vec<String>,
}

#[derive(Deserialize)]
struct Downloaded {
    #[serde(rename = "GoMod")]
    go_mod: String,
}

#[derive(Deserialize)]
struct GoMod {
    #[serde(rename = "Go")]
    go: Option<String>,
    #[serde(rename = "Replace", default)]
    replace: Option<Vec<Replace>>,
}

#[derive(Deserialize)]
struct Replace {
    #[serde(rename = "Old")]
    old: Module,
    #[serde(rename = "New")]
    new: Module,
}

#[derive(Deserialize)]
struct Module {
    #[serde(rename = "Path")]
    path: String,
    #[serde(rename = "Version", default)]
    version: String,
}

/// Go, at work in a folder of its own.
pub(super) struct Go<'a> {
    pub(super) program: &'a Utf8Path,
    pub(super) folder: &'a Utf8Path,
    pub(super) limits: &'a CatalogueLimits,
    pub(super) progress: &'a dyn Progress,
}

impl Go<'_> {
    /// The newest published version that will do.
    pub(super) async fn newest(
        &self,
        kind: EngineKind,
        request: &VersionRequest,
    ) -> Result<Option<String>, BuildError> {
        fs::write(self.folder.join("go.mod"), "module terrane.invalid/build\n")?;
        let answer = self.run("list", &["list", "-m", "-versions", "-json", module(kind).0]).await?;
        let versions: Versions = serde_json::from_str(&answer)?;
        let versions = versions.versions.iter().map(|version| version.trim_start_matches('v'));
        Ok(request.best(versions).map(str::to_owned))
    }

    /// What Go says of itself.
    pub(super) async fn version(&self) -> Result<String, BuildError> {
        Ok(self.run("version", &["version"]).await?.trim().to_owned())
    }

    /// Builds the program.
    pub(super) async fn build(&self, engine: &Engine, target: &Utf8Path) -> Result<(), BuildError> {
        let (path, package) = module(engine.kind);
        let wanted = module_of(engine);
        fs::write(self.folder.join("go.mod"), "module terrane.invalid/build\n")?;
        self.progress.begin(&format!("fetching {wanted}"), None);
        let answer = self.run("mod download", &["mod", "download", "-json", &wanted]).await;
        self.progress.end();
        let downloaded: Downloaded = serde_json::from_str(&answer?)?;
        let edit = self.run("mod edit", &["mod", "edit", "-json", &downloaded.go_mod]).await?;
        let go_mod: GoMod = serde_json::from_str(&edit)?;
        fs::write(self.folder.join("go.mod"), own_module(path, &engine.version, &go_mod)?)?;
        let flags = format!("-s -w -X {path}/version.dev=no");
        self.progress.begin(&format!("building {wanted}"), None);
        let build = [
            "build",
            "-v",
            "-mod=mod",
            "-trimpath",
            "-buildvcs=false",
            "-ldflags",
            &flags,
            "-o",
            target.as_str(),
            package,
        ];
        let outcome = self.run("build", &build).await;
        self.progress.end();
        outcome.map(drop)
    }

    /// Runs Go to its end; its standard output. Each line of the other output is a step.
    async fn run(&self, command: &'static str, arguments: &[&str]) -> Result<String, BuildError> {
        let mut child = Command::new(self.program)
            .args(arguments)
            .current_dir(self.folder)
            .envs([("CGO_ENABLED", "0"), ("GOWORK", "off")])
            .env_remove("GOFLAGS")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| BuildError::NoGo { go: self.program.to_string(), error })?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let all =
            async { tokio::join!(lines(stdout, None), lines(stderr, Some(self.progress)), child.wait()) };
        let limit = self.limits.build_timeout;
        let (output, errors, status) =
            tokio::time::timeout(limit, all).await.map_err(|_| BuildError::Slow(limit.as_secs()))?;
        let (output, errors) = (output?, errors?);
        if status?.success() {
            return Ok(output.join("\n"));
        }
        // `-json` tells errors on standard output.
        let told = if errors.is_empty() { &output } else { &errors };
        let last = &told[told.len().saturating_sub(TOLD_LINES_MAX)..];
        let last = last.iter().map(|line| line.chars().take(TOLD_LINE_CHARS_MAX).collect::<String>());
        Err(BuildError::Failed { command, output: last.collect::<Vec<_>>().join("; ") })
    }
}

async fn lines(
    output: Option<impl AsyncRead + Unpin>,
    progress: Option<&dyn Progress>,
) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    let Some(output) = output else { return Ok(found) };
    let mut lines = BufReader::new(output).lines();
    while let Some(line) = lines.next_line().await? {
        if let Some(progress) = progress {
            progress.advance(1);
        }
        found.push(line);
    }
    Ok(found)
}

/// A module that requires the engine's and replaces what that one replaces.
fn own_module(path: &str, version: &str, engine: &GoMod) -> Result<String, BuildError> {
    let mut text = "module terrane.invalid/build\n".to_owned();
    if let Some(go) = &engine.go {
        text.push_str(&format!("\ngo {go}\n"));
    }
    text.push_str(&format!("\nrequire {path} v{version}\n"));
    for Replace { old, new } in engine.replace.iter().flatten() {
        if new.version.is_empty() {
            // Folders of the module's own are parts of it that its program does without.
            if new.path.starts_with("./internal/") {
                continue;
            }
            return Err(BuildError::Local(old.path.clone()));
        }
        let old_version = if old.version.is_empty() { String::new() } else { format!(" {}", old.version) };
        text.push_str(&format!("\nreplace {}{old_version} => {} {}\n", old.path, new.path, new.version));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::{GoMod, own_module};

    #[test]
    fn what_the_module_replaces_is_replaced() {
        let text = r#"{"Go":"1.26.6","Replace":[
            {"Old":{"Path":"a.example/hcl","Version":"v2.20.1"},"New":{"Path":"b.example/hcl","Version":"v2.20.2"}},
            {"Old":{"Path":"c.example/c"},"New":{"Path":"d.example/d","Version":"v1.0.0"}}]}"#;
        let go_mod: GoMod = serde_json::from_str(text).expect("as Go writes it");
        let made = own_module("x.example/x", "1.2.3", &go_mod).expect("a module");
        for line in [
            "go 1.26.6",
            "require x.example/x v1.2.3",
            "replace a.example/hcl v2.20.1 => b.example/hcl v2.20.2",
            "replace c.example/c => d.example/d v1.0.0",
        ] {
            assert!(made.lines().any(|made| made == line), "{line}: {made}");
        }
        let local = r#"{"Replace":[{"Old":{"Path":"a"},"New":{"Path":"../elsewhere"}}]}"#;
        let go_mod: GoMod = serde_json::from_str(local).expect("as Go writes it");
        assert!(own_module("x", "1.2.3", &go_mod).is_err());
    }
}
