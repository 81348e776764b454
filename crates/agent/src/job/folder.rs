//! Where everything of one job lies.

use std::{fs, io, os::unix::fs::DirBuilderExt};

use camino::{Utf8Path, Utf8PathBuf};
use terrane_wire::Job;

/// The folder of one job. Only the parts named in [`Folder::writable`] and `input` are open to the engine.
#[derive(Debug, Clone)]
pub(crate) struct Folder(Utf8PathBuf);

impl Folder {
    /// Names a folder without touching it.
    pub(crate) fn at(root: impl Into<Utf8PathBuf>) -> Self {
        Self(root.into())
    }

    /// The name of the folder of a job under one lease. A job that was lost may come back to the same agent under
    /// another one, before the agent knows that it was lost.
    pub(crate) fn name_of(job: &Job) -> String {
        match job.lease_epoch {
            ..=1 => job.id.clone(),
            later => format!("{}-{later}", job.id),
        }
    }

    /// Makes the folder of a job; one that exists is an error, because half a folder must not be reused.
    pub(crate) fn create(work_dir: &Utf8Path, name: &str) -> io::Result<Self> {
        let is_plain = !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        if !is_plain {
            return Err(io::Error::other("the job's id is no file name"));
        }
        let folder = Self(work_dir.join(name));
        private(&folder.0)?;
        folder.create_parts()?;
        Ok(folder)
    }

    /// Makes it as it was when the job had just been claimed. Only for a job of which nothing was ever started.
    pub(crate) fn begin_again(&self) -> io::Result<()> {
        let kept = [self.job_file(), self.journal(), self.lock()];
        for entry in self.0.read_dir_utf8()? {
            let entry = entry?;
            if kept.iter().any(|path| path == entry.path()) {
                continue;
            }
            if entry.file_type()?.is_dir() {
                fs::remove_dir_all(entry.path())?;
            } else {
                fs::remove_file(entry.path())?;
            }
        }
        self.create_parts()
    }

    fn create_parts(&self) -> io::Result<()> {
        for name in ["config", "tmp", "data", "home", "out", "logs", "input", "state", "packages"] {
            private(&self.0.join(name))?;
        }
        Ok(())
    }

    /// The folder itself.
    pub(crate) fn root(&self) -> &Utf8Path {
        &self.0
    }

    /// What the job is.
    pub(crate) fn job_file(&self) -> Utf8PathBuf {
        self.0.join("job.json")
    }

    /// What the log is made of.
    pub(crate) fn journal(&self) -> Utf8PathBuf {
        self.0.join("journal.jsonl")
    }

    /// The report, once there is one.
    pub(crate) fn report(&self) -> Utf8PathBuf {
        self.0.join("report.json")
    }

    /// States: the one the engine finds, and those it writes.
    pub(crate) fn states(&self) -> Utf8PathBuf {
        self.0.join("state")
    }

    /// The plan file an apply was given.
    pub(crate) fn given_plan_file(&self) -> Utf8PathBuf {
        self.input().join("plan.tfplan")
    }

    /// The archive as it came.
    pub(crate) fn archive(&self) -> Utf8PathBuf {
        self.0.join("archive.tar.gz")
    }

    /// The unpacked configuration.
    pub(crate) fn config(&self) -> Utf8PathBuf {
        self.0.join("config")
    }

    /// `TMPDIR` of the engine.
    pub(crate) fn tmp(&self) -> Utf8PathBuf {
        self.0.join("tmp")
    }

    /// `TF_DATA_DIR` of the engine.
    pub(crate) fn data(&self) -> Utf8PathBuf {
        self.0.join("data")
    }

    /// `HOME` of the engine.
    pub(crate) fn home(&self) -> Utf8PathBuf {
        self.0.join("home")
    }

    /// What the engine may write to.
    pub(crate) fn writable(&self) -> [Utf8PathBuf; 5] {
        [self.config(), self.tmp(), self.data(), self.home(), self.0.join("out")]
    }

    /// What the engine may read.
    pub(crate) fn input(&self) -> Utf8PathBuf {
        self.0.join("input")
    }

    /// Provider packages that were kept: the engine may read and execute them.
    pub(crate) fn packages(&self) -> Utf8PathBuf {
        self.0.join("packages")
    }

    /// The engine's CLI configuration.
    pub(crate) fn cli_config(&self) -> Utf8PathBuf {
        self.input().join("cli.tfrc")
    }

    /// Variables that are text.
    pub(crate) fn text_variables(&self) -> Utf8PathBuf {
        self.input().join("variables.tfvars.json")
    }

    /// Variables that are HCL expressions.
    pub(crate) fn hcl_variables(&self) -> Utf8PathBuf {
        self.input().join("variables-hcl.tfvars")
    }

    /// The private ssh key for modules.
    pub(crate) fn ssh_key(&self) -> Utf8PathBuf {
        self.input().join("ssh-key")
    }

    /// The host keys that ssh has met in this job.
    pub(crate) fn ssh_known_hosts(&self) -> Utf8PathBuf {
        self.home().join("known-hosts")
    }

    /// The engine's plan file.
    pub(crate) fn plan_file(&self) -> Utf8PathBuf {
        self.0.join("out/plan.tfplan")
    }

    /// Where the engine writes the resources it makes up for `import` blocks. The plan file holds them, too.
    pub(crate) fn generated_configuration(&self) -> Utf8PathBuf {
        self.0.join("out/generated.tf")
    }

    /// What `show -json` printed. Not below `out`: a provider must not be able to write to it.
    pub(crate) fn plan_json(&self) -> Utf8PathBuf {
        self.0.join("logs/plan.json")
    }

    /// What `providers schema -json` printed.
    pub(crate) fn schemas_json(&self) -> Utf8PathBuf {
        self.0.join("logs/schemas.json")
    }

    /// The redacted plan, as this agent makes it.
    pub(crate) fn redacted_json(&self) -> Utf8PathBuf {
        self.0.join("logs/redacted.json")
    }

    /// What one command printed.
    pub(crate) fn log(&self, name: &str) -> Utf8PathBuf {
        self.0.join(format!("logs/{name}.log"))
    }

    /// What the sandbox lacks.
    pub(crate) fn level(&self) -> Utf8PathBuf {
        self.0.join("logs/sandbox.json")
    }

    /// What to run.
    pub(crate) fn spec(&self) -> Utf8PathBuf {
        self.0.join("spec.json")
    }

    /// The pipe for orders to the supervisor.
    pub(crate) fn control(&self) -> Utf8PathBuf {
        self.0.join("ctl")
    }

    /// Locked while the supervisor lives.
    pub(crate) fn lock(&self) -> Utf8PathBuf {
        self.0.join("lock")
    }

    /// Exists once the phase was started.
    pub(crate) fn started(&self) -> Utf8PathBuf {
        self.0.join("started")
    }

    /// How the phase ended.
    pub(crate) fn exit(&self) -> Utf8PathBuf {
        self.0.join("exit.json")
    }

    /// The phase's processes.
    pub(crate) fn processes(&self) -> Utf8PathBuf {
        self.0.join("processes.json")
    }
}

fn private(path: &Utf8Path) -> io::Result<()> {
    fs::DirBuilder::new().mode(0o700).create(path)
}

#[cfg(test)]
mod tests {
    use super::Folder;
    use camino::Utf8Path;

    #[test]
    fn an_id_that_leaves_the_work_dir_is_refused() {
        let dir = tempfile::tempdir().expect("a folder");
        let work_dir = Utf8Path::from_path(dir.path()).expect("utf-8");
        for id in ["", ".", "..", "../x", "a/b", "a b"] {
            assert!(Folder::create(work_dir, id).is_err(), "{id:?}");
        }
        assert!(Folder::create(work_dir, "job-1").is_ok());
        assert!(Folder::create(work_dir, "job-1").is_err(), "a folder is never used twice");
    }
}
