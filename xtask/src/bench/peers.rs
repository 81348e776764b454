//! What the machine itself needs for the same work, measured between our own samples.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};

/// A page of a database.
const PAGE_BYTES: usize = 4096;

/// fork, exec and end of `true`, then one page written and synced: the least between a durable "yes" and a process.
pub(super) fn fork_exec_fsync_ms(folder: &Path) -> Result<f64> {
    let started = Instant::now();
    run(&mut Command::new("/bin/true"))?;
    let mut file = File::create(folder.join("synced"))?;
    file.write_all(&[1; PAGE_BYTES])?;
    file.sync_all()?;
    Ok(milliseconds(started))
}

/// A program that only says its version.
pub(super) fn version_ms(program: &Path) -> Result<f64> {
    let started = Instant::now();
    run(Command::new(program).arg("--version").stdout(Stdio::null()))?;
    Ok(milliseconds(started))
}

/// `init`, `plan`, `show -json` and `providers schema -json` of an engine in a fresh folder, its output in files, without terrane.
pub(super) fn bare_engine_ms(engine: &Path, files: &[(&str, &[u8])]) -> Result<f64> {
    let folder = tempfile::tempdir()?;
    for (name, content) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().context("a file has a folder")?)?;
        fs::write(path, content)?;
    }
    let started = Instant::now();
    for (output, arguments) in [
        ("init.log", &["init", "-input=false", "-no-color"][..]),
        ("plan.log", &["plan", "-input=false", "-out=plan.tfplan"]),
        ("plan.json", &["show", "-json", "plan.tfplan"]),
        ("schemas.json", &["providers", "schema", "-json"]),
    ] {
        let out = File::create(folder.path().join(output))?;
        let mut command = Command::new(engine);
        command.args(arguments).current_dir(folder.path()).env_clear().stderr(out.try_clone()?).stdout(out);
        for (name, value) in
            [("CHECKPOINT_DISABLE", "1"), ("TF_IN_AUTOMATION", "1"), ("HOME", "/nonexistent")]
        {
            command.env(name, value);
        }
        run(&mut command)?;
    }
    Ok(milliseconds(started))
}

fn run(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.stdin(Stdio::null()).status().with_context(|| format!("failed to start {name}"))?;
    if !status.success() {
        bail!("{name} ended with {status}");
    }
    Ok(())
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}
