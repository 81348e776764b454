//! A publisher on loopback with a key of its own, and an engine folder that trusts it.

use std::{fs, time::Duration};

use camino::{Utf8Path, Utf8PathBuf};
use terrane_agent::{
    EngineKind,
    catalogue::{CatalogueLimits, InstallError, Installed, Installer, Releases, Silent, TrustedKeys, Wish},
    engines::discover,
};

use crate::release_tree::{Publisher, ReleaseTree, archive, program};

/// A publisher, a folder that trusts it, and an engine folder.
pub struct Shop {
    pub tree: ReleaseTree,
    pub publisher: Publisher,
    pub root: Utf8PathBuf,
    pub runtime: tokio::runtime::Runtime,
    _folder: tempfile::TempDir,
}

impl Shop {
    pub fn open() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let root = Utf8Path::from_path(folder.path()).expect("utf-8").to_owned();
        let publisher = Publisher::new();
        fs::create_dir(root.join("keys")).expect("made");
        fs::write(root.join("keys/test.pgp"), publisher.public_key()).expect("written");
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        Self { tree: ReleaseTree::start(), publisher, root, runtime, _folder: folder }
    }

    pub fn engines(&self) -> Utf8PathBuf {
        self.root.join("engines")
    }

    pub fn installer(&self, kind: EngineKind) -> Installer {
        Installer {
            folder: self.engines(),
            releases: Releases::at(kind, &self.tree.url),
            keys: TrustedKeys::of_folder(&self.root.join("keys")).expect("keys"),
            limits: CatalogueLimits { idle_timeout: Duration::from_secs(2), ..CatalogueLimits::default() },
        }
    }

    pub fn release(&self, kind: EngineKind, version: &str) -> String {
        let archive = archive(kind.as_str(), &program(kind, version));
        self.tree.release(&self.publisher, kind, version, archive)
    }

    pub fn install(&self, kind: EngineKind, version: &str) -> Result<Installed, InstallError> {
        self.install_with(&self.installer(kind), version)
    }

    pub fn install_with(&self, installer: &Installer, version: &str) -> Result<Installed, InstallError> {
        let wish = Wish { kind: installer_kind(installer), version: version.to_owned(), go: None };
        self.runtime.block_on(installer.install(&wish, &Silent))
    }

    /// What a server would find.
    pub fn listed(&self) -> Vec<String> {
        let found = discover(&[], &self.engines(), None);
        found.iter().map(|found| format!("{} {}", found.engine.kind, found.engine.version)).collect()
    }

    #[track_caller]
    pub fn refused(&self, kind: EngineKind, version: &str, parts: &[&str]) {
        let error = self.install(kind, version).expect_err("refused").to_string();
        for part in parts {
            assert!(error.contains(part), "{part:?} is not in {error}");
        }
        self.nothing_is_left();
    }

    /// Neither a version nor anything half done.
    #[track_caller]
    pub fn nothing_is_left(&self) {
        let left: Vec<_> = names(&self.engines()).into_iter().filter(|name| name != ".lock").collect();
        assert_eq!(left, [""; 0]);
    }
}

fn installer_kind(installer: &Installer) -> EngineKind {
    installer.releases.kind()
}

pub fn names(folder: &Utf8Path) -> Vec<String> {
    let Ok(entries) = folder.read_dir_utf8() else { return Vec::new() };
    entries.map(|entry| entry.expect("an entry").file_name().to_owned()).collect()
}
