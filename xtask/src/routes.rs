//! `cargo xtask routes`: has the test that knows the route table write `docs/routes.md`.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// The test, and the variable that tells it to write in place of comparing.
const TEST: &str = "documents::routes_file::it_is_up_to_date";
const WRITE: &str = "TERRANE_WRITE_ROUTES";

/// Writes the file.
pub(crate) fn write(root: &Path) -> Result<()> {
    let cargo =
        std::env::var_os("CARGO").context("cargo does not say where it is: run `cargo xtask routes`")?;
    let status = Command::new(cargo)
        .current_dir(root)
        .args(["test", "--quiet", "--package", "terrane-server", "--test", "api", "--", "--exact", TEST])
        .env(WRITE, "1")
        .status()
        .context("failed to start cargo")?;
    ensure!(status.success(), "docs/routes.md is not written: the test that writes it says why above");
    Ok(())
}
