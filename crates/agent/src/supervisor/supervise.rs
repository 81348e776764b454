//! The supervisor process: `<program> supervise DIR`.

use std::{
    env, fs,
    fs::File,
    io,
    io::Write,
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
    record::Exit,
    spec::{Phase, Spec, write_private},
    watch::{Watch, watch},
};
use crate::{engine::run_cli_config, job::Folder, sandbox::Group, state_service, state_service::Reserve};

/// Names the attempt a supervisor is started for, in its environment.
pub(crate) const ATTEMPT: &str = "TERRANE_ATTEMPT";

/// Kept back for the record of the end, in case that the engine has filled the disk.
const RESERVE_BYTES: u64 = 64 * 1024;

/// Runs one phase to its end. Called by the program for `supervise DIR`; never returns before nothing of the
/// phase runs any more.
///
/// The process takes a session of its own and outlives the agent. What it knows at the end goes to its
/// standard output, for the agent that started it, and to a file, for one that comes later.
///
/// A second start of the same phase, and one for another attempt than the folder is prepared for, is refused before
/// anything is touched.
pub fn supervise(dir: &Utf8Path) -> ExitCode {
    let folder = Folder::at(dir);
    let attempt = env::var(ATTEMPT).unwrap_or_default();
    let (_lock, spec) = match admit(&folder, &attempt) {
        Ok(admitted) => admitted,
        Err(error) => {
            // Goes to a file in the job's folder.
            let _ = writeln!(io::stderr(), "the supervisor refuses to start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let mut reserve = Reserve::take(folder.root().join("reserve"), RESERVE_BYTES);
    let exit = run(&folder, &spec)
        .unwrap_or_else(|error| Exit::broken(format!("the supervisor failed to start the engine: {error}")));
    let _ = end_all_children();
    tell_agent(&exit);
    Group::of(&folder).remove();
    let written = match exit.write(&folder) {
        Err(error) if reserve.is_freed_for(&error) => exit.write(&folder),
        written => written,
    };
    if written.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Takes the lock for the life of this process, and marks the phase as started.
fn admit(folder: &Folder, attempt: &str) -> io::Result<(File, Spec)> {
    let lock = lock(folder)?;
    let spec = Spec::read(folder)?;
    if spec.attempt != attempt {
        return Err(io::Error::other("the folder was prepared for another attempt"));
    }
    mark_started(folder, spec.phase)?;
    Ok((lock, spec))
}

/// The agent may be gone: then the file speaks.
fn tell_agent(exit: &Exit) {
    if let Ok(mut line) = serde_json::to_vec(exit) {
        line.push(b'\n');
        let mut stdout = io::stdout().lock();
        let _ = stdout.write_all(&line).and_then(|()| stdout.flush());
    }
}

fn run(folder: &Folder, spec: &Spec) -> io::Result<Exit> {
    // Fails only when this process leads a group already, which is as good.
    let _ = setsid();
    set_child_subreaper(Some(rustix::process::getpid()))?;
    let control = openat(
        CWD,
        folder.control().as_std_path(),
        OFlags::RDWR | OFlags::NONBLOCK | OFlags::CLOEXEC,
        Mode::empty(),
    )?;
    // Before the first thread, because a user namespace needs a process that has only one.
    let user_namespace =
        if rustix::process::geteuid().is_root() { Ok(()) } else { namespaces::enter_user_namespace() };
    let states = state_service::start(folder, spec)?;
    let token = spec.has_token_in_cli_config.then_some(spec.workspace.token.as_str());
    let cli_config = run_cli_config(&spec.operator_cli_config, states.port, token);
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
    let sandbox = &mut sandbox;
    let exit = watch(Watch { folder, spec, control: &control, sandbox, processes, has_pid_namespace })?;
    Ok(Exit { state_failure: states.failure(), ..exit })
}

/// Taken for as long as this process lives; whoever can take it knows that the supervisor is gone.
fn lock(folder: &Folder) -> io::Result<File> {
    let file = File::create(folder.lock())?;
    flock(&file, FlockOperation::NonBlockingLockExclusive)?;
    Ok(file)
}

/// Refuses a second start of the same phase. The mark of an apply is on disk before anything of it can run; that of a
/// plan is synced beside the start: a plan may be repeated, so it does not wait for the disk.
fn mark_started(folder: &Folder, phase: Phase) -> io::Result<()> {
    let mark = File::create_new(folder.started())?;
    let parent = File::open(folder.root())?;
    let sync = move || mark.sync_all().and_then(|()| parent.sync_all());
    match phase {
        Phase::Apply => sync(),
        Phase::Plan => thread::Builder::new().name("sync".into()).spawn(sync).map(drop),
    }
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
