//! Everything the supervisor needs, put into the job's folder.

use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use terrane_wire::Job;

use super::folder::Folder;
use crate::{
    engine::{
        Environment, HostEnvironment, OperatorCliConfig, OverrideError, plan_steps, write_override,
        write_variables,
    },
    engines::FoundEngine,
    settings::{SandboxDemand, Settings},
    supervisor::spec::{SPEC_VERSION, Spec, StateWorkspace},
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
    /// The bearer token of this run's state service.
    pub(super) token: &'a str,
}

/// What the log and the report need of it.
#[derive(Debug)]
pub(super) struct Prepared {
    /// What was left out, for the log.
    pub(super) notes: Vec<String>,
    /// The dependency lock file, by its path in the job's folder.
    pub(super) lock_file: String,
}

/// Writes the job's files. The configuration is unpacked already.
pub(super) fn prepare(job: &Job, folder: &Folder, sources: Sources<'_>) -> Result<Prepared, PrepareError> {
    let module = module_of(folder, &job.workspace.working_directory)?;
    write_override(&module, &job.workspace)?;
    let files = write_variables(folder, &module, &job.variables)?;
    let environment = Environment::build(job, folder, &sources.engine.path, sources.host, sources.token);
    let spec = Spec {
        version: SPEC_VERSION,
        engine: sources.engine.path.clone(),
        working_directory: module.clone(),
        environment: environment.variables,
        steps: plan_steps(&job.engine, folder, &job.options, &files),
        workspace: StateWorkspace {
            id: job.workspace.id.clone(),
            name: job.workspace.name.clone(),
            organization: job.workspace.organization.clone(),
            run_id: job.run_id.clone(),
            token: sources.token.to_owned(),
        },
        operator_cli_config: sources.cli_config.text.clone(),
        readable: sources.cli_config.readable.clone(),
        demand_full_sandbox: sources.settings.sandbox == SandboxDemand::Full,
        memory_bytes_max: sources.settings.memory_bytes_max,
        processes_max: sources.settings.processes_max,
        interrupt_grace_ms: milliseconds(sources.settings.interrupt_grace),
        timeout_ms: job.timeout_ms,
    };
    spec.write(folder)?;
    mknodat(CWD, folder.control().as_std_path(), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0)
        .map_err(io::Error::from)?;
    let root = folder.root().canonicalize_utf8()?;
    let module = module.strip_prefix(&root).unwrap_or(&module);
    let lock_file = module.join(".terraform.lock.hcl").into_string();
    Ok(Prepared { notes: environment.notes.into_iter().chain(files.notes).collect(), lock_file })
}

/// The root module: a folder inside of the configuration, also when links are followed.
fn module_of(folder: &Folder, working_directory: &str) -> Result<Utf8PathBuf, PrepareError> {
    let missing = || PrepareError::NoWorkingDirectory(working_directory.to_owned());
    let config = folder.config().canonicalize_utf8()?;
    let relative = Utf8Path::new(working_directory.trim_start_matches('/'));
    let module = config.join(relative).canonicalize_utf8().map_err(|_| missing())?;
    if module.starts_with(&config) && module.is_dir() { Ok(module) } else { Err(missing()) }
}

fn milliseconds(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
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
