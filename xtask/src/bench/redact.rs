//! Redaction of a large plan: megabytes a second in each pass, and memory.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::arguments::RedactArguments;
use super::made_plan;
use super::series::{Series, Unit};

const MEGABYTE: f64 = 1e6;
const PASS_TARGET: f64 = 150.0;
const RESIDENT_TARGET_MB: f64 = 64.0;

/// Builds what redacts, makes a plan, and redacts it over and over. The plan is removed again.
pub(super) fn measure(root: &Path, target: &Path, arguments: &RedactArguments) -> Result<Vec<Series>> {
    let program = build(root, target)?;
    fs::create_dir_all(target)?;
    let folder = tempfile::Builder::new().prefix("bench-redact-").tempdir_in(target)?;
    let (plan, schemas) = (folder.path().join("plan.json"), folder.path().join("schemas.json"));
    made_plan::write(&plan, arguments.megabytes * MEGABYTE as u64)?;
    fs::write(&schemas, made_plan::SCHEMAS)?;
    let size = arguments.megabytes;
    let name = |what: &str| format!("redact {size} MB: {what}");
    let mut first = Series::new(name("first pass"), Unit::MegabytesPerSecond).target(PASS_TARGET);
    let mut second = Series::new(name("second pass"), Unit::MegabytesPerSecond).target(PASS_TARGET);
    let mut resident = Series::new(name("peak resident"), Unit::Megabytes).target(RESIDENT_TARGET_MB);
    for _ in 0..arguments.samples {
        let output =
            Command::new(&program).args([&plan, &schemas]).arg(folder.path().join("document")).output()?;
        if !output.status.success() {
            bail!("the redaction failed: {}", String::from_utf8_lossy(&output.stderr));
        }
        let line = String::from_utf8(output.stdout)?;
        let figures = line.split_whitespace().map(str::parse).collect::<Result<Vec<f64>, _>>()?;
        let [first_secs, second_secs, size_bytes, written_bytes, secrets, peak_kb] = figures.as_slice()
        else {
            bail!("it printed {line:?}");
        };
        if *secrets < 1.0 || *written_bytes < size_bytes / 4.0 {
            bail!("{secrets} secrets were found, {written_bytes} bytes written: that is not this plan");
        }
        first.samples.push(size_bytes / MEGABYTE / first_secs);
        second.samples.push(size_bytes / MEGABYTE / second_secs);
        resident.samples.push(peak_kb * 1024.0 / MEGABYTE);
    }
    Ok(vec![first, second, resident])
}

fn build(root: &Path, target: &Path) -> Result<PathBuf> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--release", "--package", "terrane-plan-json", "--example", "redact"]);
    let status = cargo.current_dir(root).status().context("failed to start cargo")?;
    if !status.success() {
        bail!("the release build failed");
    }
    Ok(target.join("release/examples/redact"))
}
