//! The installed PostgreSQL programs: where they are, and how they are run (never as root, never a shell).

use std::fs;
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, bail};
use camino::{Utf8Path, Utf8PathBuf};

/// The user the server runs as when the tests run as root; PostgreSQL refuses root.
const SERVER_USER: &str = "postgres";

/// A folder with `initdb`, `postgres` and `psql`, and who runs the first two.
#[derive(Clone, Debug)]
pub(super) struct Programs {
    pub(super) folder: Utf8PathBuf,
    pub(super) major_version: u32,
    /// User and group id of [`SERVER_USER`] when we are root.
    pub(super) server_ids: Option<(u32, u32)>,
}

impl Programs {
    /// `TERRANE_TEST_PG_BIN` alone if it is set; else what `pg_config` says, Debian's newest, PATH.
    pub(super) fn find() -> Result<Self> {
        let Some(folder) = candidates()?.into_iter().find(|folder| is_complete(folder)) else {
            bail!(
                "no PostgreSQL server programs (initdb, postgres, psql) found: run scripts/postgres, or \
                 install the package `postgresql`, or name their folder in TERRANE_TEST_PG_BIN"
            );
        };
        let version = text(&run(Command::new(folder.join("postgres")).arg("--version"))?);
        let major_version = major_version(&version)
            .with_context(|| format!("failed to read the PostgreSQL version from {version:?}"))?;
        let server_ids = if rustix::process::geteuid().is_root() { Some(server_ids()?) } else { None };
        Ok(Self { folder, major_version, server_ids })
    }

    /// The argument vector that runs `program` as a user PostgreSQL accepts.
    /// With `ends_with_parent` the program is told to quit when the process that started it dies.
    pub(super) fn server_command(&self, program: &str, ends_with_parent: bool) -> Vec<String> {
        let mut words = vec!["setpriv".to_owned()];
        if let Some((user, group)) = self.server_ids {
            words.extend([format!("--reuid={user}"), format!("--regid={group}"), "--init-groups".to_owned()]);
        }
        if ends_with_parent {
            words.push("--pdeathsig=QUIT".to_owned());
        }
        if words.len() == 1 {
            words.clear();
        }
        words.push(self.folder.join(program).into_string());
        words
    }

    /// Makes a data folder. A collation that is not byte order where this build has one, so that a text
    /// column without `COLLATE "C"` sorts unlike SQLite and a test notices.
    pub(super) fn initdb(&self, data_folder: &Utf8Path) -> Result<()> {
        let natural_order = ["--locale=C", "--locale-provider=icu", "--icu-locale=en"];
        let words = self.server_command("initdb", false);
        let attempt = |locale: &[&str]| {
            let mut command = Command::new(&words[0]);
            command.args(&words[1..]).args(["--no-sync", "--auth=trust", "--username=postgres"]);
            command.args(["--encoding=UTF8", "--pgdata", data_folder.as_str()]).args(locale);
            // The folder we are in may be closed to the server's user.
            run(command.current_dir("/"))
        };
        if self.major_version >= 15 && attempt(&natural_order).is_ok() {
            return Ok(());
        }
        attempt(&["--locale=C"]).map(drop)
    }

    /// Runs one statement in `database`.
    pub(super) fn psql(&self, socket_folder: &Utf8Path, database: &str, statement: &str) -> Result<()> {
        let mut command = Command::new(self.folder.join("psql"));
        // A clean environment: PGOPTIONS and its like would change what we talk to.
        command.env_clear().env("LC_ALL", "C").env("PGOPTIONS", "-c client_min_messages=warning");
        command.args(["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--username=postgres"]);
        command.args(["--host", socket_folder.as_str(), "--dbname", database, "--command", statement]);
        run(&mut command).map(drop)
    }
}

fn candidates() -> Result<Vec<Utf8PathBuf>> {
    if let Ok(asked) = std::env::var("TERRANE_TEST_PG_BIN") {
        if !is_complete(Utf8Path::new(&asked)) {
            bail!("TERRANE_TEST_PG_BIN is {asked}, which lacks initdb, postgres or psql");
        }
        return Ok(vec![asked.into()]);
    }
    let mut folders = Vec::new();
    if let Ok(output) = run(Command::new("pg_config").arg("--bindir")) {
        folders.push(Utf8PathBuf::from(text(&output)));
    }
    folders.extend(debian_folders());
    let path = std::env::var("PATH").unwrap_or_default();
    folders.extend(path.split(':').map(Utf8PathBuf::from));
    Ok(folders)
}

/// `/usr/lib/postgresql/<major>/bin`, newest first.
fn debian_folders() -> Vec<Utf8PathBuf> {
    let entries = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut majors: Vec<u32> = entries.filter_map(|e| e.file_name().to_str()?.parse().ok()).collect();
    majors.sort_unstable_by(|a, b| b.cmp(a));
    majors.into_iter().map(|major| format!("/usr/lib/postgresql/{major}/bin").into()).collect()
}

fn is_complete(folder: &Utf8Path) -> bool {
    ["initdb", "postgres", "psql"].iter().all(|program| folder.join(program).is_file())
}

/// "postgres (PostgreSQL) 15.20 (Debian …)" → 15.
fn major_version(version: &str) -> Option<u32> {
    let number = version.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    number.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

fn server_ids() -> Result<(u32, u32)> {
    let id = |flag| -> Result<u32> {
        let output = run(Command::new("id").arg(flag).arg(SERVER_USER));
        let output = output.with_context(|| {
            format!("the tests run as root, PostgreSQL does not, and there is no user `{SERVER_USER}`")
        })?;
        text(&output).parse().context("failed to read a user id")
    };
    Ok((id("-u")?, id("-g")?))
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Runs to the end; an error carries what the program said.
fn run(command: &mut Command) -> Result<Output> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("failed to start {name}"))?;
    if !output.status.success() {
        let says = String::from_utf8_lossy(&output.stderr);
        bail!("{name} failed ({}): {}", output.status, says.trim());
    }
    Ok(output)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        assert_eq!(major_version("postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)"), Some(15));
        assert_eq!(major_version("postgres (PostgreSQL) 18beta2"), Some(18));
        assert_eq!(major_version("postgres"), None);
    }
}
