//! Runs the engine's commands one after the other.

use std::{
    fs::{File, OpenOptions},
    io,
    io::BufRead,
    os::{fd::OwnedFd, unix::process::CommandExt},
    process::{self, Command, Stdio},
    sync::{Arc, Mutex, MutexGuard},
    thread,
    time::{SystemTime, UNIX_EPOCH},
};

use rustix::{
    io::Errno,
    process::{
        Pid, PidfdFlags, Signal, WaitOptions, WaitStatus, kill_process_group, pidfd_open, pidfd_send_signal,
        wait,
    },
};

use super::init::tell;
use crate::{
    job::Folder,
    supervisor::{
        record::{Status, StepEnd, Tell},
        spec::{Phase, Spec, Step, StepKind},
    },
};

/// The files the commands print to, opened while this process still may. Never a pipe: an engine whose reader
/// dies must go on.
pub(super) struct Logs {
    init: File,
    phase: File,
    show: File,
    plan_json: File,
    schemas: File,
    schemas_json: File,
}

impl Logs {
    pub(super) fn open(folder: &Folder, phase: Phase) -> io::Result<Self> {
        let open = |path| OpenOptions::new().append(true).create_new(true).open(path);
        Ok(Self {
            init: open(folder.log("init"))?,
            phase: open(folder.log(phase.as_str()))?,
            show: open(folder.log("show"))?,
            plan_json: open(folder.plan_json())?,
            schemas: open(folder.log(StepKind::Schemas.as_str()))?,
            schemas_json: open(folder.schemas_json())?,
        })
    }

    fn of(&self, step: StepKind) -> io::Result<(OwnedFd, OwnedFd)> {
        let (out, err) = match step {
            StepKind::Init => (&self.init, &self.init),
            StepKind::Plan | StepKind::Apply => (&self.phase, &self.phase),
            StepKind::Show => (&self.plan_json, &self.show),
            StepKind::Schemas => (&self.schemas_json, &self.schemas),
        };
        Ok((out.try_clone()?.into(), err.try_clone()?.into()))
    }
}

/// The command that runs now.
#[derive(Default)]
pub(super) struct Current {
    engine: Option<OwnedFd>,
    is_interrupted: bool,
}

fn lock(current: &Mutex<Current>) -> MutexGuard<'_, Current> {
    current.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Hears the supervisor's orders in a thread of their own.
pub(super) fn listen(current: Arc<Mutex<Current>>) -> io::Result<()> {
    thread::Builder::new().name("orders".into()).spawn(move || {
        for line in io::stdin().lock().lines() {
            if line.is_ok_and(|line| line == "interrupt") {
                let mut current = lock(&current);
                // The engine's own process, once: a second one would make it drop what it has.
                if !current.is_interrupted
                    && let Some(engine) = &current.engine
                {
                    let _ = pidfd_send_signal(engine, Signal::INT);
                }
                current.is_interrupted = true;
            }
        }
        // The supervisor is gone.
        end_everything();
        process::exit(1);
    })?;
    Ok(())
}

/// Runs what is due. An error means that the sandbox, not an engine, failed.
pub(super) fn run(folder: &Folder, spec: &Spec, logs: &mut Logs, current: &Mutex<Current>) -> io::Result<()> {
    for step in &spec.steps {
        if lock(current).is_interrupted {
            return Ok(());
        }
        // A plan that failed may still have written what it found.
        if step.kind == StepKind::Show && !folder.plan_file().exists() {
            return Ok(());
        }
        let end = run_step(spec, step, logs, current)?;
        let may_go_on = end.status.is_success() || step.kind == StepKind::Plan;
        tell(&Tell::Ended(end));
        if !may_go_on {
            return Ok(());
        }
    }
    Ok(())
}

fn run_step(spec: &Spec, step: &Step, logs: &Logs, current: &Mutex<Current>) -> io::Result<StepEnd> {
    let (out, err) = logs.of(step.kind)?;
    let mut command = Command::new(&spec.engine);
    command
        .args(&step.arguments)
        .env_clear()
        .envs(spec.environment.iter().map(|(name, value)| (name, value)))
        .current_dir(&spec.working_directory)
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(err)
        .process_group(0);
    let started_us = now_us();
    let status = match spawn(&mut command, current) {
        Ok(pid) => {
            tell(&Tell::Started { step: step.kind, pid: pid.as_raw_nonzero().get() });
            let status = reap_until(pid)?;
            lock(current).engine = None;
            end_descendants(pid);
            status_of(status)
        }
        Err(error) => Status::NotStarted { reason: error.to_string() },
    };
    Ok(StepEnd { step: step.kind, started_us, ended_us: now_us(), status })
}

/// An interrupt during the start waits at the lock and then finds the engine.
fn spawn(command: &mut Command, current: &Mutex<Current>) -> io::Result<Pid> {
    let mut current = lock(current);
    let child = command.spawn()?;
    let pid = Pid::from_child(&child);
    current.engine = Some(pidfd_open(pid, PidfdFlags::empty())?);
    Ok(pid)
}

/// Waits for one child and reaps every orphan that ends meanwhile.
fn reap_until(engine: Pid) -> io::Result<WaitStatus> {
    loop {
        match wait(WaitOptions::empty()) {
            Ok(Some((pid, status))) if pid == engine => return Ok(status),
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Ends what the command left behind, also what took a session of its own.
fn end_descendants(engine: Pid) {
    let _ = kill_process_group(engine, Signal::KILL);
    end_everything();
    while matches!(wait(WaitOptions::NOHANG), Ok(Some(_)) | Err(Errno::INTR)) {}
}

/// Kills every other process of the pid namespace. Without one this would hit the whole machine; then the
/// supervisor ends what is left when the phase is over.
fn end_everything() {
    if rustix::process::getpid() == Pid::INIT {
        // Group 1 becomes -1 in the call, which is everyone but the caller.
        let _ = kill_process_group(Pid::INIT, Signal::KILL);
    }
}

fn status_of(status: WaitStatus) -> Status {
    match (status.exit_status(), status.terminating_signal()) {
        (Some(code), _) => Status::Exited { code },
        (None, Some(signal)) => Status::Signaled { signal },
        (None, None) => Status::NotStarted { reason: format!("unknown wait status {status:?}") },
    }
}

fn now_us() -> i64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX)
}
