//! The sandbox process: `<program> sandbox-init DIR`.

use std::{
    env, fs, io,
    io::Write,
    process::ExitCode,
    sync::{Arc, Mutex},
};

use camino::Utf8Path;
use rustix::process::{Signal, set_child_subreaper, set_parent_process_death_signal};

use super::{Group, NO_PID_NAMESPACE, files, limits, steps};
use crate::{
    job::Folder,
    supervisor::{
        record::{Level, Tell},
        spec::Spec,
    },
};

/// Restricts this process and runs the engine's commands. Called by the program for `sandbox-init DIR`, which
/// only the supervisor starts: its orders come on standard input, what happens goes to standard output.
pub fn sandbox_init(dir: &Utf8Path) -> ExitCode {
    let folder = Folder::at(dir);
    match run(&folder) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell(&Tell::Broken { reason: format!("the sandbox failed to start the engine: {error}") });
            ExitCode::FAILURE
        }
    }
}

fn run(folder: &Folder) -> io::Result<()> {
    // The engine must not outlive its supervisor, who serves its state.
    set_parent_process_death_signal(Some(Signal::KILL))?;
    set_child_subreaper(Some(rustix::process::getpid()))?;
    let spec = Spec::read(folder)?;
    let mut logs = steps::Logs::open(folder, spec.phase)?;
    let mut level_file = fs::File::create_new(folder.level())?;
    let mut level = Level::default();
    if let Ok(reason) = env::var(NO_PID_NAMESPACE) {
        level.lacking.push(format!("no pid namespace ({reason})"));
    }
    let group = Group::of(folder).enter(&spec);
    for (what, entered) in [("processes", &group.processes), ("memory", &group.memory)] {
        level.lacking.extend(entered.as_ref().err().map(|error| format!("no limit on {what} ({error})")));
    }
    match files::restrict(folder, &spec) {
        Ok(missing) => level.lacking.extend(missing),
        Err(error) => level.lacking.push(format!("no file restrictions ({error})")),
    }
    level.lacking.extend(limits::apply(group.memory.is_err().then_some(spec.memory_bytes_max)));
    level_file.write_all(&serde_json::to_vec(&level)?)?;
    if spec.demand_full_sandbox && !level.lacking.is_empty() {
        let reason = format!("the sandbox must be full but has {}", level.lacking.join(", "));
        tell(&Tell::Broken { reason });
        return Ok(());
    }
    let current = Arc::new(Mutex::new(steps::Current::default()));
    steps::listen(current.clone())?;
    steps::run(folder, &spec, &mut logs, &current)
}

/// A supervisor that is gone hears nothing, and then this process ends with it.
pub(super) fn tell(tell: &Tell) {
    if let Ok(mut line) = serde_json::to_vec(tell) {
        line.push(b'\n');
        let mut stdout = io::stdout().lock();
        let _ = stdout.write_all(&line).and_then(|()| stdout.flush());
    }
}
