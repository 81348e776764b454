//! The agent as a process of its own, for tests that kill it; and supervisor and sandbox, as the program has them.

use std::{env, process::ExitCode};

use camino::{Utf8Path, Utf8PathBuf};
use secrecy::SecretString;
use terrane_agent::{Client, FoundEngine, SandboxDemand, Settings};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["supervise", folder] => {
            show_journal(Utf8Path::new(folder));
            terrane_agent::supervise(Utf8Path::new(folder))
        }
        ["sandbox-init", folder] => terrane_agent::sandbox_init(Utf8Path::new(folder)),
        ["agent", server, work_dir, engine] => agent(server, work_dir, engine),
        _ => ExitCode::from(64),
    }
}

/// Called by this name, a supervisor shows the test what the journal held when it was started.
fn show_journal(folder: &Utf8Path) {
    let name = env::args().next().unwrap_or_default();
    if name.ends_with("shows-journal") {
        std::fs::copy(folder.join("journal.jsonl"), format!("{name}.jsonl")).expect("there is a journal");
    }
}

fn agent(server: &str, work_dir: &str, engine: &str) -> ExitCode {
    let program = env::current_exe().ok().and_then(|path| Utf8PathBuf::try_from(path).ok());
    let settings = Settings {
        work_dir: work_dir.into(),
        supervisor: program.expect("a program has a path"),
        engine_paths: Vec::new(),
        engine_dir: Utf8PathBuf::from("/nonexistent"),
        engine_cli_config: None,
        slots: 1,
        sandbox: SandboxDemand::BestEffort,
        memory_bytes_max: 4 << 30,
        processes_max: 4096,
        snapshot_interval: Settings::SNAPSHOT_INTERVAL,
        name: "process".to_owned(),
        token: SecretString::from("agent-token"),
    };
    let found = FoundEngine::ask(Utf8Path::new(engine)).expect("the fake engine says its version");
    let client = Client::http(server).expect("the test's server has an address");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let ended = runtime.block_on(async {
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let mut terminate = signal(SignalKind::terminate()).expect("signals can be heard");
        tokio::spawn(async move {
            terminate.recv().await;
            stopped.cancel();
        });
        terrane_agent::run(settings, vec![found], client, stop).await
    });
    if ended.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
