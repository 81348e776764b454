//! The supervisor process: `<program> supervise DIR`.

use std::{
    env, fs,
    fs::File,
    io,
    os::fd::OwnedFd,
    process::{Child, Command, ExitCode, Stdio},
    thread,
};

use camino::Utf8Path;
use rustix::{
    fs::{CWD, FlockOperation, Mode, OFlags, flock, openat},
    process::{Pid, set_child_subreaper, setsid},
};

use super::{
    namespaces,
    processes::{ProcessId, Processes, end_all_children},
    record::{Exit, How},
    spec::{SPEC_VERSION, Spec, write_private},
    watch::{Watch, watch},
};
use crate::{engine::run_cli_config, job::Folder, sandbox::Group, state_service};

/// Runs one phase to its end. Called by the program for `supervise DIR`; never returns before nothing of the
/// phase runs any more.
///
/// The process takes a session of its own and outlives the agent. What it knows at the end goes to its
/// standard output, for the agent that started it, and to a file, for one that comes later.
pub fn supervise(dir: &Utf8Path) -> ExitCode {
    let folder = Folder::at(dir);
    let exit = match run(&folder) {
        Ok(exit) => exit,
        Err(error) => {
            let reason = format!("the supervisor failed to start the engine: {error}");
            Exit { version: SPEC_VERSION, how: How::Broken { reason }, steps: Vec::new() }
        }
    };
    let _ = end_all_children();
    tell_agent(&exit);
    Group::of(&folder).remove();
    match exit.write(&folder) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// The agent may be gone: then the file speaks.
fn tell_agent(exit: &Exit) {
    use std::io::Write;
    if let Ok(mut line) = serde_json::to_vec(exit) {
        line.push(b'\n');
        let mut stdout = io::stdout().lock();
        let _ = stdout.write_all(&line).and_then(|()| stdout.flush());
    }
}

fn run(folder: &Folder) -> io::Result<Exit> {
    // Fails only when this process leads a group already, which is as good.
    let _ = setsid();
    set_child_subreaper(Some(rustix::process::getpid()))?;
    let _lock = lock(folder)?;
    let spec = Spec::read(folder)?;
    let control = openat(
        CWD,
        folder.control().as_std_path(),
        OFlags::RDWR | OFlags::NONBLOCK | OFlags::CLOEXEC,
        Mode::empty(),
    )?;
    mark_started(folder)?;
    // Before the first thread, because a user namespace needs a process that has only one.
    let user_namespace =
        if rustix::process::geteuid().is_root() { Ok(()) } else { namespaces::enter_user_namespace() };
    let port = state_service::start(spec.workspace.clone())?;
    let cli_config = run_cli_config(&spec.operator_cli_config, port);
    write_private(&folder.cli_config(), cli_config.as_bytes())?;
    // After the last thread, because there can be no more.
    let pid_namespace = user_namespace.and_then(|()| namespaces::divert_children());
    let has_pid_namespace = pid_namespace.is_ok();
    let mut sandbox = start_sandbox(folder, pid_namespace.err().as_ref())?;
    let processes = Processes {
        supervisor: ProcessId::of(rustix::process::getpid()),
        sandbox: ProcessId::of(Pid::from_child(&sandbox)),
        engine: None,
    };
    write_processes(folder, &processes)?;
    watch(Watch {
        folder,
        spec: &spec,
        control: &control,
        sandbox: &mut sandbox,
        processes,
        has_pid_namespace,
    })
}

/// Taken for as long as this process lives; whoever can take it knows that the supervisor is gone.
fn lock(folder: &Folder) -> io::Result<File> {
    let file = File::create(folder.lock())?;
    flock(&file, FlockOperation::NonBlockingLockExclusive)?;
    Ok(file)
}

/// Refuses a second start of the same phase. The mark is synced beside the start: a plan may be repeated, so
/// it does not wait for the disk.
fn mark_started(folder: &Folder) -> io::Result<()> {
    let mark = File::create_new(folder.started())?;
    let parent = File::open(folder.root())?;
    thread::Builder::new().name("sync".into()).spawn(move || {
        let _ = mark.sync_all().and_then(|()| parent.sync_all());
    })?;
    Ok(())
}

fn start_sandbox(folder: &Folder, missing_namespace: Option<&io::Error>) -> io::Result<Child> {
    let mut command = Command::new(env::current_exe()?);
    command.arg("sandbox-init").arg(folder.root()).env_clear();
    if let Some(error) = missing_namespace {
        command.env(crate::sandbox::NO_PID_NAMESPACE, error.to_string());
    }
    let errors: OwnedFd = File::create(folder.log("sandbox"))?.into();
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(errors).spawn()
}

/// Notes which processes there are, for an agent that has to end them after a crash.
pub(super) fn write_processes(folder: &Folder, processes: &Processes) -> io::Result<()> {
    let partial = folder.root().join("processes.tmp");
    fs::write(&partial, serde_json::to_vec(processes)?)?;
    fs::rename(partial, folder.processes())
}
