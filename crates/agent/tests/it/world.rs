//! An agent in this process, with its folder and an engine.

use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use secrecy::SecretString;
use tempfile::TempDir;
use terrane_agent::{AgentError, Client, FoundEngine, SandboxDemand, Settings};
use terrane_wire::{Job, Report};
use tokio::{runtime::Runtime, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::server::{PATIENCE, Server};

/// A server, an engine, and a place for agents.
pub struct World {
    pub server: Server,
    pub engine: FoundEngine,
    pub work_dir: Utf8PathBuf,
    pub slots: usize,
    /// The operator's CLI configuration for engines.
    pub cli_config: Option<Utf8PathBuf>,
    /// The program of supervisors.
    pub supervisor: Utf8PathBuf,
    runtime: Runtime,
    _folder: TempDir,
}

/// An agent that runs.
pub struct Agent {
    stop: CancellationToken,
    ended: JoinHandle<Result<(), AgentError>>,
}

impl World {
    /// With the fake engine.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let program = utf8(folder.path()).join("tofu");
        // A link: a copy that another test's new process still has open cannot be executed.
        std::os::unix::fs::symlink(built("fake-engine"), &program).expect("the engine can be linked");
        Self::of(folder, &program)
    }

    /// With an engine that a variable names.
    pub fn real(variable: &str) -> Self {
        let program = std::env::var(variable).unwrap_or_default();
        assert!(
            !program.is_empty(),
            "the tests need a real engine: name it with {variable} (`make test` does)"
        );
        Self::of(tempfile::tempdir().expect("a temporary folder"), Utf8Path::new(&program))
    }

    fn of(folder: TempDir, engine: &Utf8Path) -> Self {
        let engine = FoundEngine::ask(engine).expect("the engine says its version");
        let work_dir = utf8(folder.path()).join("agent");
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let supervisor = Utf8PathBuf::from(env!("CARGO_BIN_EXE_agent-process"));
        Self {
            server: Server::default(),
            engine,
            work_dir,
            slots: 1,
            cli_config: None,
            supervisor,
            runtime,
            _folder: folder,
        }
    }

    pub fn settings(&self) -> Settings {
        Settings {
            work_dir: self.work_dir.clone(),
            supervisor: self.supervisor.clone(),
            engine_paths: Vec::new(),
            engine_dir: Utf8PathBuf::from("/nonexistent"),
            engine_cli_config: self.cli_config.clone(),
            slots: self.slots,
            sandbox: SandboxDemand::BestEffort,
            memory_bytes_max: 4 << 30,
            processes_max: 4096,
            snapshot_interval: Settings::SNAPSHOT_INTERVAL,
            name: "test".to_owned(),
            token: SecretString::from("agent-token"),
        }
    }

    /// Starts an agent that calls the server without a socket.
    pub fn start(&self) -> Agent {
        let (settings, engines) = (self.settings(), vec![self.engine.clone()]);
        let router = self.server.router();
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let ended = self.runtime.spawn(async move {
            terrane_agent::run(settings, engines, Client::in_process(router), stopped).await
        });
        Agent { stop, ended }
    }

    /// Puts a job into the queue.
    pub fn give(&self, job: Job) {
        self.server.told().queue.push_back(job);
    }

    /// Runs one job to its report, and the agent to its end.
    pub fn run(&self, job: Job) -> Report {
        let agent = self.start();
        let report = self.run_by(&agent, job);
        self.stop(agent).expect("the agent ends well");
        report
    }

    /// Runs one job to its report by an agent that goes on.
    pub fn run_by(&self, _agent: &Agent, job: Job) -> Report {
        let (folder, count) = (self.work_dir.join(&job.id), self.server.told().reports.len());
        self.give(job);
        self.server.wait_for("report", |told| (told.reports.len() > count).then_some(()));
        wait_until("the job's folder is removed", || !folder.exists());
        self.server.report()
    }

    /// Stops an agent as a server that ends does.
    pub fn stop(&self, agent: Agent) -> Result<(), AgentError> {
        agent.stop.cancel();
        self.runtime.block_on(agent.ended).expect("the agent does not panic")
    }

    /// Serves the server on a socket; its address.
    pub fn listen(&self) -> String {
        let router = self.server.router();
        let listener = self.runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a port");
        let address = listener.local_addr().expect("an address");
        self.runtime.spawn(async move { axum::serve(listener, router).await });
        format!("http://{address}")
    }

    pub fn job_folder(&self, job: &Job) -> Utf8PathBuf {
        self.work_dir.join(&job.id)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // A test that failed leaves no engine behind.
        let _ = terrane_agent::end_leftovers(&self.work_dir);
    }
}

#[track_caller]
pub fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "not in time: {what}");
        std::thread::sleep(Duration::from_millis(3));
    }
}

fn built(name: &str) -> Utf8PathBuf {
    let program = Utf8Path::new(env!("CARGO_BIN_EXE_agent-process")).with_file_name(name);
    assert!(
        program.is_file(),
        "{program} is missing: build it with `cargo build --workspace` before the tests"
    );
    program
}

pub fn utf8(path: &std::path::Path) -> Utf8PathBuf {
    Utf8Path::from_path(path).expect("temporary paths are UTF-8").to_owned()
}
