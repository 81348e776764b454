//! A PostgreSQL on temporary data.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, geteuid, kill_process};
use tempfile::TempDir;

use super::fill::{Shell, postgres_program};
use super::processor::on_cpu;

const START_LIMIT: Duration = Duration::from_secs(60);
const LOOK_AGAIN: Duration = Duration::from_millis(20);
const DATABASE: &str = "bench";

/// A PostgreSQL with its default settings on temporary data, started by this user or, for root, by `postgres`.
pub(super) struct Postgres {
    folder: TempDir,
    child: Child,
}

impl Postgres {
    pub(super) fn start() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("trn-pg-").tempdir_in("/tmp")?;
        let data = folder.path().join("data");
        if geteuid().is_root() {
            let status = Command::new("chown").arg("postgres").arg(folder.path()).status()?;
            if !status.success() {
                bail!("there is no user postgres, whom a server started by root runs as");
            }
        }
        let mut initdb = as_postgres("initdb")?;
        initdb.args(["-A", "trust", "-U", "postgres", "-D"]).arg(&data).stdout(Stdio::null());
        if !initdb.status()?.success() {
            bail!("initdb failed");
        }
        let log = File::create(folder.path().join("log"))?;
        let mut command = as_postgres("postgres")?;
        command.arg("-D").arg(&data).args(["-c", "listen_addresses=", "-c", "shared_buffers=512MB"]);
        command.arg("-c").arg(format!("unix_socket_directories={}", folder.path().display()));
        // Whom the kernel may put anywhere but on the server's processor.
        let child = on_cpu(false, || Ok(command.stdout(log.try_clone()?).stderr(log).spawn()?))?;
        let this = Self { folder, child };
        let begin = Instant::now();
        while this.psql("postgres")?.run("SELECT 1;").is_err() {
            if begin.elapsed() > START_LIMIT {
                bail!("PostgreSQL does not start: {}", fs::read_to_string(this.folder.path().join("log"))?);
            }
            sleep(LOOK_AGAIN);
        }
        this.psql("postgres")?.run(&format!("CREATE DATABASE {DATABASE};"))?;
        Ok(this)
    }

    fn address(&self, database: &str) -> String {
        format!("postgres://postgres@localhost/{database}?host={}", self.folder.path().display())
    }

    /// Of the database that is measured.
    pub(super) fn url(&self) -> String {
        self.address(DATABASE)
    }

    fn psql(&self, database: &str) -> Result<Shell> {
        Ok(Shell::Postgres { program: postgres_program("psql")?, url: self.address(database) })
    }

    /// For statements.
    pub(super) fn shell(&self) -> Result<Shell> {
        self.psql(DATABASE)
    }

    /// Reads of one row by its key, prepared, on as many connections as the server has, from the server's processor.
    pub(super) fn point_reads(&self, run: &str, time: Duration) -> Result<f64> {
        let script = self.folder.path().join("point.sql");
        fs::write(&script, format!("SELECT * FROM runs WHERE id = '{run}';\n"))?;
        let mut command = Command::new(postgres_program("pgbench")?);
        command.args(["-n", "-M", "prepared", "-c", "16", "-j", "1", "-T"]).arg(time.as_secs().to_string());
        command
            .arg("-f")
            .arg(&script)
            .args(["-h"])
            .arg(self.folder.path())
            .args(["-U", "postgres", DATABASE]);
        let output = on_cpu(true, || Ok(command.output()?))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let line = text.lines().find_map(|line| line.strip_prefix("tps = ")).context("pgbench failed")?;
        Ok(line.split_whitespace().next().context("no rate")?.parse()?)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // SIGQUIT ends it at once; its data is thrown away.
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process(pid, Signal::QUIT);
        }
        let _ = self.child.wait();
    }
}

fn as_postgres(name: &str) -> Result<Command> {
    let program = postgres_program(name)?;
    let mut command = if geteuid().is_root() {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--init-groups", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.current_dir(Path::new("/")).stdin(Stdio::null());
    Ok(command)
}
