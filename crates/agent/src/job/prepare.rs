//! Everything the supervisor needs, put into the job's folder.

use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use terrane_wire::{Job, Task};

use super::{folder::Folder, inside::open_inside, lock_file, packages};
use crate::{
    engine::{
        Environment, HostEnvironment, OperatorCliConfig, OverrideError, StateAddress, apply_steps,
        plan_steps, write_override, write_variables,
    },
    engines::{FoundEngine, hex},
    packages::PackageStore,
    settings::{SandboxDemand, Settings},
    supervisor::spec::{BaseState, Phase, SPEC_VERSION, Spec, StateWorkspace, write_private},
};

/// Why a job cannot start.
#[derive(Debug, thiserror::Error)]
pub(super) enum PrepareError {
    /// The workspace names a folder that is not there, or not inside.
    #[error("working directory {0:?} does not exist in the configuration")]
    NoWorkingDirectory(String),
    /// The backend cannot be replaced.
    #[error(transparent)]
    Override(#[from] OverrideError),
    /// The disk failed.
    #[error("failed to prepare the run's folder: {0}")]
    Io(#[from] io::Error),
}

/// What a job is prepared from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sources<'a> {
    pub(super) settings: &'a Settings,
    pub(super) host: &'a HostEnvironment,
    pub(super) cli_config: &'a OperatorCliConfig,
    pub(super) engine: &'a FoundEngine,
    pub(super) packages: &'a PackageStore,
    /// The bearer token of this run's state service.
    pub(super) token: &'a str,
}

/// What the log and the report need of it.
#[derive(Debug)]
pub(super) struct Prepared {
    /// What was left out, for the log.
    pub(super) notes: Vec<String>,
    /// The dependency lock file, by its path in the job's folder.
    pub(super) lock_file: Utf8PathBuf,
    /// The supervisor must be told it.
    pub(super) attempt: String,
}

/// Writes the job's files. The configuration is unpacked already.
pub(super) fn prepare(job: &Job, folder: &Folder, sources: Sources<'_>) -> Result<Prepared, PrepareError> {
    let module = module_of(folder, &job.workspace.working_directory)?;
    write_override(&module, job)?;
    if let Some(text) = job.apply().and_then(|task| task.lock_file.as_ref()) {
        lock_file::write(&module, text)?;
    }
    let lock_file = lock_file::place(folder, &module)?;
    packages::place(sources.packages, job, folder, &lock_file);
    if let Some(key) = &job.ssh_key {
        write_ssh_key(folder, key.expose())?;
    }
    let environment = Environment::build(job, folder, &sources.engine.path, sources.host, sources.token);
    let mut notes = environment.notes;
    let (phase, steps) = match &job.task {
        Task::Plan(task) => {
            let files = write_variables(folder, &module, &job.variables)?;
            let steps = plan_steps(&job.engine, folder, &task.options, &files, job.structured_output);
            notes.extend(files.notes);
            (Phase::Plan, steps)
        }
        // The plan file holds the values of its variables.
        Task::Apply(_) => {
            let has_lock_file = open_inside(folder, lock_file.as_str()).is_ok();
            (Phase::Apply, apply_steps(&job.engine, folder, has_lock_file, job.structured_output))
        }
    };
    let spec = Spec {
        version: SPEC_VERSION,
        phase,
        attempt: hex(&rand::random::<[u8; 16]>()),
        engine: sources.engine.path.clone(),
        working_directory: module,
        environment: environment.variables,
        steps,
        workspace: state_workspace(job, sources.token),
        state_address: StateAddress::of(job),
        has_token_in_cli_config: !job.engine.is_at_least([1, 2, 0]),
        operator_cli_config: sources.cli_config.text.clone(),
        readable: sources.cli_config.readable.iter().cloned().chain([folder.packages()]).collect(),
        demand_full_sandbox: sources.settings.sandbox == SandboxDemand::Full,
        memory_bytes_max: sources.settings.memory_bytes_max,
        processes_max: sources.settings.processes_max,
        interrupt_grace_ms: job.interrupt_grace_ms,
        timeout_ms: job.timeout_ms,
        snapshot_interval_secs: sources.settings.snapshot_interval.as_secs(),
    };
    spec.write(folder)?;
    mknodat(CWD, folder.control().as_std_path(), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0)
        .map_err(io::Error::from)?;
    Ok(Prepared { notes, lock_file, attempt: spec.attempt })
}

/// Writes the key as ssh wants it: for its owner alone, and with a line break at its end.
fn write_ssh_key(folder: &Folder, key: &str) -> io::Result<()> {
    let key = key.replace("\r\n", "\n");
    write_private(&folder.ssh_key(), format!("{}\n", key.trim_end()).as_bytes())
}

fn state_workspace(job: &Job, token: &str) -> StateWorkspace {
    let base = job.state.as_ref().map(|state| BaseState {
        id: state.id.clone(),
        serial: state.serial,
        lineage: state.lineage.clone(),
        md5: state.md5.clone(),
    });
    StateWorkspace {
        id: job.workspace.id.clone(),
        name: job.workspace.name.clone(),
        organization: job.workspace.organization.clone(),
        run_id: job.run_id.clone(),
        token: token.to_owned(),
        base,
    }
}

/// The root module: a folder inside of the configuration, also when links are followed.
pub(super) fn module_of(folder: &Folder, working_directory: &str) -> Result<Utf8PathBuf, PrepareError> {
    let missing = || PrepareError::NoWorkingDirectory(working_directory.to_owned());
    let config = folder.config().canonicalize_utf8()?;
    let relative = Utf8Path::new(working_directory.trim_start_matches('/'));
    let module = config.join(relative).canonicalize_utf8().map_err(|_| missing())?;
    if module.starts_with(&config) && module.is_dir() { Ok(module) } else { Err(missing()) }
}

#[cfg(test)]
mod tests {
    use super::{Folder, module_of};
    use camino::Utf8Path;
    use std::os::unix::fs::symlink;

    #[test]
    fn the_working_directory_stays_inside() {
        let dir = tempfile::tempdir().expect("a folder");
        let folder =
            Folder::create(Utf8Path::from_path(dir.path()).expect("utf-8"), "job-1").expect("a job's folder");
        std::fs::create_dir_all(folder.config().join("a/b")).expect("made");
        std::fs::write(folder.config().join("file"), "").expect("written");
        symlink("/etc", folder.config().join("out")).expect("linked");
        symlink("a", folder.config().join("in")).expect("linked");
        for inside in ["", "a", "a/b/", "/a", "in/b", "a/../a"] {
            assert!(module_of(&folder, inside).is_ok(), "{inside:?}");
        }
        for outside in ["..", "../data", "none", "file", "out", "a/../../.."] {
            let error = module_of(&folder, outside).expect_err(outside);
            assert!(error.to_string().contains("does not exist in the configuration"), "{error}");
        }
    }
}
