//! The release build: made, started on temporary data, stopped.

use std::ffi::OsString;
use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::http::{Http, Request};

const READY_LIMIT: Duration = Duration::from_secs(30);
/// Between two tries to connect: short against what is measured.
const TRY_AGAIN: Duration = Duration::from_micros(200);

/// Of data that is thrown away; with PostgreSQL a server makes none by itself.
const KEY: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n";

/// The programs of one build.
pub(super) struct Programs {
    pub(super) terrane: PathBuf,
    pub(super) fake_engine: PathBuf,
    /// The build's folder.
    pub(super) target: PathBuf,
}

impl Programs {
    /// Builds them, so that what is measured is the tree as it is.
    pub(super) fn build(root: &Path) -> Result<Self> {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args(["build", "--release", "--package", "terrane", "--package", "terrane-fake-engine"]);
        let status = cargo.current_dir(root).status().context("failed to start cargo")?;
        if !status.success() {
            bail!("the release build failed");
        }
        let target = target_folder(root);
        let release = target.join("release");
        Ok(Self { terrane: release.join("terrane"), fake_engine: release.join("fake-engine"), target })
    }
}

/// Where cargo builds.
pub(super) fn target_folder(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from)
}

/// A folder for one server's data, and the engine it has.
pub(super) struct Place {
    folder: TempDir,
    program: PathBuf,
    engine: PathBuf,
    database_url: Option<String>,
}

impl Place {
    pub(super) fn new(programs: &Programs, engine: &Path) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("terrane-bench-").tempdir()?;
        fs::create_dir(folder.path().join("data"))?;
        Ok(Self { folder, program: programs.terrane.clone(), engine: engine.to_owned(), database_url: None })
    }

    pub(super) fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Lets servers use a PostgreSQL from now on.
    pub(super) fn use_database(&mut self, url: String) -> Result<()> {
        fs::write(self.key_file(), KEY)?;
        self.database_url = Some(url);
        Ok(())
    }

    fn key_file(&self) -> PathBuf {
        self.folder.path().join("key")
    }

    fn command(&self, arguments: &[&str]) -> Result<Command> {
        let log = File::options().create(true).append(true).open(self.folder.path().join("log"))?;
        let mut command = Command::new(&self.program);
        // No engine but the one named, and no setting of the person who measures.
        command.args(arguments).env_clear().env("PATH", "/nonexistent");
        command.env("TERRANE_DATA_DIR", self.data_dir()).env("TERRANE_ENGINE_PATH", &self.engine);
        if let Some(url) = &self.database_url {
            command.env("TERRANE_DATABASE_URL", url).env("TERRANE_ENCRYPTION_KEY_FILE", self.key_file());
        }
        command.stdin(Stdio::null()).stderr(log);
        Ok(command)
    }

    fn token_file(&self) -> PathBuf {
        self.folder.path().join("agent-token")
    }

    /// Starts an agent of its own beside a server.
    pub(super) fn start_agent(&self, server: &Server) -> Result<Child> {
        let output = self.command(&["admin", "agent-token", "--pool", "bench"])?.output()?;
        let text = String::from_utf8(output.stdout)?;
        fs::write(self.token_file(), text.split_whitespace().last().context("no agent token")?)?;
        let mut command = self.command(&["agent"])?;
        command.env("TERRANE_AGENT_SERVER", format!("http://{}", server.address));
        command.env("TERRANE_AGENT_TOKEN_FILE", self.token_file());
        command.env("TERRANE_AGENT_WORK_DIR", self.folder.path().join("agent"));
        command.env("TERRANE_AGENT_ENGINE_PATH", &self.engine).stdout(Stdio::null());
        command.spawn().context("failed to start the agent")
    }

    /// Ends what a killed agent left.
    pub(super) fn end_jobs(&self) {
        let name = self.folder.path().to_string_lossy().into_owned();
        for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
            let words = fs::read(entry.path().join("cmdline")).unwrap_or_default();
            let pid = entry.file_name().to_str().and_then(|name| name.parse().ok()).and_then(Pid::from_raw);
            if let Some(pid) = pid.filter(|_| String::from_utf8_lossy(&words).contains(&name)) {
                // It may have ended by itself.
                let _ = kill_process(pid, Signal::KILL);
            }
        }
    }

    /// Starts the server without an embedded agent.
    pub(super) fn start_alone(&self) -> Result<(Server, Duration)> {
        self.start_with("0")
    }

    /// Starts the server; the time is from just before fork and exec to the last byte of the first 200.
    pub(super) fn start(&self) -> Result<(Server, Duration)> {
        self.start_with("2")
    }

    /// Starts the server with so many slots.
    pub(super) fn start_with(&self, slots: &str) -> Result<(Server, Duration)> {
        let address = free_address()?;
        let mut command = self.command(&["server"])?;
        command
            .env("TERRANE_LISTEN", address.to_string())
            .env("TERRANE_AGENT_SLOTS", slots)
            .env("TERRANE_RATE_LIMIT", "0");
        command.stdout(Stdio::null());
        let started = Instant::now();
        let child = command.spawn().with_context(|| format!("failed to start {}", self.program.display()))?;
        let mut server = Server { child, address };
        while !server.is_ready() {
            if started.elapsed() > READY_LIMIT || server.child.try_wait()?.is_some() {
                bail!("the server does not start; its log: {}", self.log());
            }
            sleep(TRY_AGAIN);
        }
        Ok((server, started.elapsed()))
    }

    /// A token of a site administrator.
    pub(super) fn token(&self) -> Result<String> {
        let output = self.command(&["admin", "token", "--user", "bench"])?.output()?;
        let text = String::from_utf8(output.stdout)?;
        let token = text.split_whitespace().last().map(str::to_owned);
        token.with_context(|| format!("no token; the log: {}", self.log()))
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

/// A running server; killed when dropped.
pub(super) struct Server {
    child: Child,
    pub(super) address: SocketAddr,
}

impl Server {
    fn is_ready(&self) -> bool {
        let Ok(mut http) = Http::connect(self.address) else { return false };
        let request = Request { method: "GET", path: "/readyz", token: "", body: b"" };
        http.send(&request).is_ok_and(|answer| answer.status == 200)
    }

    /// Resident memory in megabytes.
    pub(super) fn resident_mb(&self) -> Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        let kib: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kib * 1024.0 / 1e6)
    }

    /// Ends it as a power cut does.
    pub(super) fn kill(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Ends it as a service manager does.
    pub(super) fn stop(mut self) -> Result<()> {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).context("no process id")?;
        kill_process(pid, Signal::TERM)?;
        let status = self.child.wait()?;
        if !status.success() {
            bail!("the server ended with {status}");
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that was stopped is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// A program named by a path or to be found on the search path.
pub(super) fn find(name: &str) -> Result<PathBuf> {
    if name.contains('/') {
        return fs::canonicalize(name).with_context(|| format!("there is no program {name}"));
    }
    let path: OsString = std::env::var_os("PATH").unwrap_or_default();
    let found =
        std::env::split_paths(&path).map(|folder| folder.join(name)).find(|program| program.is_file());
    found.with_context(|| {
        format!(
            "no {name} on the PATH: name the program with --{name} FILE, or leave it out with --{name} ''"
        )
    })
}
